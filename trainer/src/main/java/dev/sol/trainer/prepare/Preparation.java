package dev.sol.trainer.prepare;

import dev.sol.runtime.MlpGate;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufValue;
import dev.sol.runtime.gguf.Quantisation;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One run: a text goes through the model ({@link Calibration}); from what the MLPs did, a plan is made for each layer ({@link Planner});
 * the plans are written ({@link ModelWriter}) and measured ({@link Evaluation}).
 */
final class Preparation {
    private static final int LONGEST_WINDOW = 512;
    private static final int LEAST_WINDOWS = 2;

    /** Of the windows, the last ones are held out: this part. */
    private static final int HELD_OUT_PART = 8;

    private static final int RESAMPLES = 10_000;
    private static final double CONFIDENCE = .95;

    private final GgufFile file;
    private final ModelOptions options;
    private final Settings settings;
    private final PrintWriter report;
    private final Progress progress;
    private final Cancellation cancellation;
    private final String architecture;

    /**
     * @param file the model
     * @param options how it is loaded
     * @throws RequestException if the file does not say what model it is
     */
    Preparation(
            GgufFile file,
            ModelOptions options,
            Settings settings,
            PrintWriter report,
            Progress progress,
            Cancellation cancellation) {
        this.file = file;
        this.options = options;
        this.settings = settings;
        this.report = report;
        this.progress = progress;
        this.cancellation = cancellation;
        this.architecture = text(file, "general.architecture");
    }

    /**
     * Makes the files, and prints reports.
     *
     * @throws RequestException if the model or a text does not do; the message says why
     * @throws IOException if a file cannot be read or written
     * @throws java.util.concurrent.CancellationException if the work was cancelled
     */
    void run() throws IOException {
        GatedMlp.Found found = mlps();
        int rank = settings.predictor() == null ? 0 : rank(found.mlps());
        found.leftAlone().forEach(line -> report.println("left alone: " + line));
        if (settings.predictor() != null) {
            found.mlps().stream()
                    .filter(GatedMlp::hasGateBias)
                    .forEach(mlp ->
                            report.println("no predictor: layer %d: its gate has a bias".formatted(mlp.layer())));
        }
        report.flush();

        List<int[]> scored = List.of();
        List<LayerPlan> plans;
        try (Model model = Model.load(file.file(), options)) {
            int window = Math.min(
                    model.info().contextLength() == 0
                            ? LONGEST_WINDOW
                            : model.info().contextLength(),
                    LONGEST_WINDOW);
            TextTokenizer tokenizer = TextTokenizer.of(model.tokenizer());
            List<int[]> windows = new Corpus(settings.corpus())
                    .windows(tokenizer, window, LEAST_WINDOWS, Math.ceilDiv(settings.tokens(), window));
            if (settings.evaluate() != null) {
                scored = new Corpus(settings.evaluate())
                        .windows(
                                tokenizer,
                                window,
                                LEAST_WINDOWS,
                                Evaluation.windows(settings.evaluateTokens(), window));
            }
            plans = plans(model, found.mlps(), windows, rank);
        }
        report.print(Report.of(plans));
        report.flush();

        write(plans);
        if (settings.evaluate() != null) {
            report.print(evaluate(scored));
        }
    }

    private static String text(GgufFile file, String key) {
        return file.metadata(key)
                .map(GgufValue::asString)
                .orElseThrow(() -> RequestException.invalid("model", file.file() + " has no " + key));
    }

    private GatedMlp.Found mlps() {
        if (file.metadata("split.count").map(GgufValue::asLong).orElse(1L) > 1) {
            throw RequestException.invalid(
                    "model",
                    file.file() + " is a part of a split model: merge it first, with llama-gguf-split --merge");
        }
        String key = architecture + ".block_count";
        long layers = file.metadata(key)
                .map(GgufValue::asLong)
                .orElseThrow(() -> RequestException.invalid("model", file.file() + " has no " + key));
        GatedMlp.Found found = GatedMlp.find(file, Math.toIntExact(layers));
        for (GatedMlp mlp : found.mlps()) {
            if (mlp.isQuantised()) {
                throw RequestException.invalid(
                        "model",
                        "%s is quantised (%s): neurons are put in order before that. Prepare the model in F16, BF16 or F32, with --quantize %s"
                                .formatted(file.file(), mlp.gate().type(), "Q4_0"));
            }
            if (mlp.neurons() % settings.group() != 0) {
                throw RequestException.invalid(
                        "group",
                        "layer %d has %d neurons, which are no groups of %d"
                                .formatted(mlp.layer(), mlp.neurons(), settings.group()));
            }
        }
        if (found.mlps().isEmpty()) {
            throw RequestException.invalid(
                    "model",
                    "%s has no MLP whose neurons can be put in order: %s".formatted(file.file(), found.leftAlone()));
        }
        return found;
    }

    private int rank(List<GatedMlp> mlps) {
        int width = mlps.getFirst().inputs();
        if (settings.rank() > width || width % Q8.BLOCK != 0) {
            throw RequestException.invalid(
                    "rank", "the model's width is %d: --rank must be a multiple of 32 up to that".formatted(width));
        }
        return settings.rank() > 0 ? settings.rank() : GatePredictor.defaultRank(width);
    }

    private List<LayerPlan> plans(Model model, List<GatedMlp> mlps, List<int[]> windows, int rank) throws IOException {
        int window = windows.getFirst().length;
        int heldOut = Math.max(1, windows.size() / HELD_OUT_PART);
        int fitted = Calibration.recorded(windows.size() - heldOut, window);
        try (Records records = new Records(settings.folder(), mlps, Calibration.recorded(windows.size(), window))) {
            try (Calibration calibration = new Calibration(model, window, settings.threads())) {
                cancellation.use(calibration::cancel);
                progress.begin("calibration", (double) windows.size() * window);
                calibration.run(windows, mlps, records, progress::step);
                progress.end();
            } finally {
                cancellation.use(null);
            }
            Planner planner = new Planner(
                    file,
                    records,
                    Activation.of(architecture),
                    fitted,
                    settings.out() == null ? 0 : settings.group(),
                    rank,
                    settings.seed());
            return Planning.run(planner, mlps, settings.threads(), progress, cancellation::check);
        }
    }

    private void write(List<LayerPlan> plans) throws IOException {
        Path out = settings.out();
        Path predictor = settings.predictor();
        progress.begin("writing", 1);
        if (out != null && settings.quantize().isEmpty()) {
            ModelWriter.writeModel(file, plans, settings.group(), out, cancellation::check);
        } else if (out != null) {
            Path ordered = temporary(out, "ordered");
            Path quantised = temporary(out, "quantised");
            try {
                ModelWriter.writeModel(file, plans, settings.group(), ordered, cancellation::check);
                Quantisation.run(ordered, quantised, settings.quantize(), settings.threads());
                cancellation.check();
                Files.move(quantised, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(ordered);
                Files.deleteIfExists(quantised);
            }
        }
        if (predictor != null) {
            ModelWriter.writePredictor(architecture, plans, predictor);
        }
        progress.end();
    }

    private static Path temporary(Path file, String what) {
        return file.toAbsolutePath()
                .resolveSibling(".%s.%s.%d.tmp"
                        .formatted(
                                file.getFileName(),
                                what,
                                ProcessHandle.current().pid()));
    }

    private String evaluate(List<int[]> windows) {
        Path out = settings.out();
        Path predictor = settings.predictor();
        Evaluation evaluation = new Evaluation(
                windows,
                settings.threads(),
                new PairedBootstrap(RESAMPLES, CONFIDENCE, settings.seed()),
                progress,
                cancellation);
        List<Evaluation.Losses> measured = new ArrayList<>();
        try (Model model = Model.load(file.file(), options)) {
            measured.add(evaluation.measure("before", model, MlpGate.EXACT, settings.group()));
        }
        if (out != null) {
            try (Model model = Model.load(out, options)) {
                measured.add(evaluation.measure("after", model, MlpGate.EXACT, settings.group()));
            }
        }
        if (predictor != null) {
            try (Model model =
                    Model.load(Objects.requireNonNullElse(out, file.file()), options.withPredictor(predictor))) {
                measured.add(evaluation.measure("predicted gate", model, MlpGate.PREDICTED, settings.group()));
            }
        }
        return evaluation.table(measured);
    }
}
