package dev.sol.runtime;

import dev.sol.bindings.Llama;
import dev.sol.bindings.ModelHandle;
import dev.sol.bindings.ModelParams;
import dev.sol.bindings.NativeLibraryException;
import dev.sol.bindings.Sol;
import dev.sol.bindings.SolException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * A loaded model: weights and tokenizer. May be used by several threads at once.
 *
 * <p>After {@link #close}, and while it waits for calls that are running, every use throws {@link ClosedException}. Contexts
 * that are still open go on working: the weights are freed when the last of them is closed too.
 */
public final class Model implements AutoCloseable {
    private final SharedModel shared;
    private final Owned<SharedModel> owned;
    private final Path file;
    private final ModelOptions options;
    private final ModelInfo info;
    private final Tokenizer tokenizer;

    private Model(SharedModel shared, Path file, ModelOptions options, ModelInfo info) {
        this.file = file;
        this.options = options;
        this.info = info;
        this.tokenizer = new Tokenizer(this);
        this.shared = shared;
        this.owned = new Owned<>(this, "model", shared, SharedModel::release);
    }

    /**
     * Loads a GGUF file (of a split one: its first part).
     *
     * @throws ModelException if there is no such file, it is no GGUF, damaged, or of an unsupported kind; or if that is so of the
     *     predictor, or it is not one for this model
     * @throws EngineException if there is not enough memory, or this machine cannot use the native library; the message says
     *     what to do
     */
    public static Model load(Path file, ModelOptions options) {
        try {
            ModelHandle handle = Sol.loadModel(
                    file, new ModelParams(options.gpuLayers(), options.mmap(), false, options.predictor()));
            return new Model(new SharedModel(handle), file, options, ModelInfo.of(handle));
        } catch (NativeLibraryException e) {
            throw new EngineException(String.valueOf(e.getMessage()), e);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        }
    }

    /** The file that it was loaded from. */
    public Path file() {
        return file;
    }

    /** How it was loaded. */
    public ModelOptions options() {
        return options;
    }

    /** What the model is. */
    public ModelInfo info() {
        call(_ -> "");
        return info;
    }

    /** The model's tokenizer, for any thread, as long as the model is open. */
    public Tokenizer tokenizer() {
        call(_ -> "");
        return tokenizer;
    }

    /**
     * Makes a context, which the caller closes.
     *
     * @throws RequestException if the options are out of range or do not fit the model
     * @throws EngineException if there is not enough memory
     */
    public InferenceContext newContext(ContextOptions options) {
        return owned.call(model -> {
            model.retain();
            try {
                return new InferenceContext(model, options, info);
            } catch (RuntimeException e) {
                model.release();
                throw e;
            }
        });
    }

    /**
     * Copies the row of {@code token} in the input embedding, without a scale that an architecture may apply.
     *
     * @param out {@link ModelInfo#embeddingLength()} floats
     * @throws IllegalArgumentException if there is no such token, or the array has another length
     */
    public void tokenEmbedding(int token, float[] out) {
        call(handle -> {
            Sol.tokenEmbedding(handle, token, out);
            return "";
        });
    }

    /**
     * Makes room for {@code rows} distributions over the vocabulary, 4 bytes for each token and row, which the caller closes.
     *
     * @throws IllegalArgumentException if {@code rows} is not positive
     * @throws EngineException if there is not enough memory
     */
    public LogProbabilities newLogProbabilities(int rows) {
        return call(handle -> new LogProbabilities(Sol.createLogProbabilities(handle, rows), rows));
    }

    /**
     * Bytes of memory that the model's contexts have needed beside its weights so far, and share: for {@link Execution#SKIP} the
     * down projections in another order, and the predictor.
     */
    public long extraBytes() {
        return call(Sol::extraBytes);
    }

    /** The chat template (Jinja) of the file; empty without one. */
    public Optional<String> chatTemplate() {
        return call(handle -> Optional.ofNullable(Llama.chatTemplate(handle, null)));
    }

    /**
     * Another chat template of the file.
     *
     * @param name such as {@code tool_use}, the one for requests with tools
     */
    public Optional<String> chatTemplate(String name) {
        return call(handle -> Optional.ofNullable(Llama.chatTemplate(handle, name)));
    }

    /** One more holder of the native model, who releases it. Called within {@link #call}. */
    SharedModel retain() {
        shared.retain();
        return shared;
    }

    /** Runs {@code use} on the native model, which is not freed meanwhile. */
    <T> T call(Function<ModelHandle, T> use) {
        return owned.call(model -> use.apply(model.handle()));
    }

    /** Waits for running calls. A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }

    @Override
    public String toString() {
        return info.description();
    }
}
