package dev.sol.runtime.bench;

import dev.sol.runtime.gguf.TensorType;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The model that is measured, and what goes with it.
 *
 * @param name for the results
 * @param bare the same model with FFNs that have hardly a neuron left; empty if there is none
 * @param bareShare neurons that it has, as a share
 * @param predictor a gate predictor; empty if there is none
 */
record Subject(
        String name, Path file, boolean synthetic, Optional<Path> bare, double bareShare, Optional<Path> predictor) {

    /** A file of the user. */
    static Subject of(String name, Path file, Optional<Path> predictor) {
        return new Subject(name, file, false, Optional.empty(), 0, predictor);
    }

    /** The files of a random model, before they are made. */
    record Synthetic(SyntheticFile model, SyntheticFile bare, double bareShare, SyntheticFile predictor, Shape shape) {

        static Synthetic of(Shape shape, WeightType type) {
            int least = leastFfn(type.type());
            return new Synthetic(
                    SyntheticFile.model(shape, type),
                    SyntheticFile.model(shape.withFfn(least), type),
                    least / (double) shape.ffn(),
                    SyntheticFile.predictor(shape),
                    shape);
        }

        /** The rows of {@code ffn_down} are whole blocks, of 32 neurons at least. */
        private static int leastFfn(TensorType type) {
            return Math.max(32, type.blockElements());
        }

        /**
         * Writes those of the files that are not there.
         *
         * @param needed what the cases need
         * @param say told what is written
         */
        Subject make(Path folder, Needs needed, Consumer<String> say) {
            return new Subject(
                    model.name(),
                    make(model, folder, say),
                    true,
                    needed.bare() ? Optional.of(make(bare, folder, say)) : Optional.empty(),
                    bareShare,
                    needed.predictor() ? Optional.of(make(predictor, folder, say)) : Optional.empty());
        }

        private static Path make(SyntheticFile file, Path folder, Consumer<String> say) {
            if (!file.in(folder).toFile().exists()) {
                say.accept("writing %s, %s".formatted(file.in(folder), Bytes.text(file.bytes())));
            }
            return file.make(folder);
        }

        /** What it takes. */
        Footprint footprint(Needs needed) {
            return new Footprint(
                    shape.context(),
                    model.parameters(),
                    model.bytes(),
                    model.bytes("ffn_down"),
                    shape.kvElements(),
                    needed.bare() ? bare.bytes() : 0,
                    needed.predictor() ? predictor.bytes() : 0);
        }
    }

    /**
     * What cases need beside the model.
     *
     * @param bare the model without FFNs
     * @param predictor a gate predictor
     */
    record Needs(boolean bare, boolean predictor) {}
}
