package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A learned policy as it is kept: weights, and a header that says what they are for. The file is a safetensors file; its
 * metadata is described in docs/policy.md. Immutable.
 */
public record PolicyFile(PolicyWeights weights, Header header) {
    /** In bytes; what is larger, a model for instance, is not read at all. */
    private static final long LARGEST = 1 << 30;

    /**
     * What a policy is for and where it comes from.
     *
     * @param targets those that it was trained on
     * @param split the best static targets found for the model, by ascending {@link Budget#net()}; may be empty
     * @param model the one that it was trained with
     * @param provenance how it came about, as JSON values; free
     */
    public record Header(Targets targets, List<Budget> split, Model model, Map<String, Object> provenance) {
        /** @throws IllegalArgumentException if the split does not ascend */
        public Header {
            split = List.copyOf(split);
            provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance)); // JSON has null
            for (int i = 1; i < split.size(); i++) {
                if (!(split.get(i - 1).net() < split.get(i).net())) {
                    throw new IllegalArgumentException("the split must ascend, but is " + split);
                }
            }
        }

        /**
         * Checks that the policy is for this model.
         *
         * @param architecture as {@link Model#architecture()}
         * @param tensors as {@link Model#tensors()}
         * @throws PolicyFileException if it is not
         */
        public void requireModel(String architecture, String tensors) {
            if (!model.architecture().equals(architecture) || !model.tensors().equals(tensors)) {
                throw new PolicyFileException(
                        ("the policy was trained for another model: for %s (%s, tensors %s), not for this one (%s, tensors %s); train"
                                        + " one for it with ./sol train --model")
                                .formatted(
                                        model.name(),
                                        model.architecture(),
                                        abbreviated(model.tensors()),
                                        architecture,
                                        abbreviated(tensors)));
            }
        }

        private static String abbreviated(String hash) {
            return hash.length() <= 12 ? hash : hash.substring(0, 12) + "…";
        }
    }

    /** A range per axis: from the values of {@code low} to those of {@code high}. */
    public record Targets(Budget low, Budget high) {
        /** @throws IllegalArgumentException if a range is empty */
        public Targets {
            for (Axis axis : Axis.values()) {
                if (low.get(axis) > high.get(axis)) {
                    throw new IllegalArgumentException("the targets of %s must ascend, but are %s and %s"
                            .formatted(axis.key(), low.get(axis), high.get(axis)));
                }
            }
        }

        /** The whole grid. */
        public static Targets of(ActionGrid grid) {
            return new Targets(
                    new Budget(grid.minimum(Axis.ATTN), grid.minimum(Axis.MLP), grid.minimum(Axis.BITS)),
                    new Budget(grid.maximum(Axis.ATTN), grid.maximum(Axis.MLP), grid.maximum(Axis.BITS)));
        }
    }

    /**
     * The model that a policy belongs to.
     *
     * @param architecture {@code general.architecture}
     * @param tensors SHA-256, in hex, over names and shapes of the tensors, not their types: quantisations of one model share
     *     their policies
     * @param name for people
     */
    public record Model(String architecture, String tensors, String name) {}

    /**
     * Reads a file whole.
     *
     * @throws PolicyFileException if it is not there, no policy, damaged, truncated, of a newer version, or has weights of wrong
     *     shapes or that are not finite
     */
    public static PolicyFile read(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new Safetensors.FormatException(
                        "is too large for a policy: it has %d bytes".formatted(Files.size(file)));
            }
            Safetensors container = Safetensors.decode(Files.readAllBytes(file));
            PolicyMetadata metadata = PolicyMetadata.decode(container.metadata());
            SortedMap<String, float[]> tensors = new TreeMap<>();
            for (Map.Entry<String, Safetensors.Tensor> entry :
                    container.tensors().entrySet()) {
                PolicyMetadata.requireShape(
                        metadata.spec(), entry.getKey(), entry.getValue().shape());
                tensors.put(entry.getKey(), entry.getValue().values());
            }
            return new PolicyFile(new PolicyWeights(metadata.spec(), tensors), metadata.header());
        } catch (NoSuchFileException e) {
            throw new PolicyFileException("there is no policy file " + file, e);
        } catch (IOException e) {
            throw new PolicyFileException("the policy file %s cannot be read: %s".formatted(file, e), e);
        } catch (Safetensors.FormatException e) {
            throw new PolicyFileException(
                    "the policy file %s %s; copy or train it again".formatted(file, e.getMessage()), e);
        } catch (PolicyMetadata.VersionException e) {
            throw new PolicyFileException("the policy file %s %s".formatted(file, e.getMessage()), e);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new PolicyFileException(
                    "the policy file %s is not usable: %s; copy or train it again".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Writes the file, or replaces it as a whole: a crash leaves the old one or the new one. Equal policies give equal bytes.
     *
     * @throws IOException if it cannot be written; what was there before is then still there
     */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, encode());
    }

    private byte[] encode() {
        SortedMap<String, Safetensors.Tensor> tensors = new TreeMap<>();
        weights.spec()
                .shapes()
                .forEach((name, shape) -> tensors.put(name, new Safetensors.Tensor(shape, weights.shared(name))));
        return new Safetensors(new PolicyMetadata(weights.spec(), header).encode(), tensors).encode();
    }
}
