/** Corpora, metrics and statistics, and the measurements made of them. A program; nothing here is for others. */
@SuppressWarnings("requires-automatic") // DJL and EJML have no module descriptors
module dev.sol.trainer {
    requires static org.jspecify;
    requires VectorGraphics2D;
    requires ai.djl.api;
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.csv;
    requires dev.sol.policy;
    requires dev.sol.runtime;
    requires ejml.core;
    requires ejml.ddense;
    requires info.picocli;
    requires java.desktop;
    requires me.tongfei.progressbar;
    requires org.jfree.jfreechart;
    requires org.tukaani.xz;

    // picocli writes the fields of commands.
    opens dev.sol.trainer.cli to
            info.picocli;
    opens dev.sol.trainer.eval to
            info.picocli;
    opens dev.sol.trainer.knobs to
            info.picocli;
    opens dev.sol.trainer.prepare to
            info.picocli;
    opens dev.sol.trainer.report to
            info.picocli;
    opens dev.sol.trainer.rollout to
            info.picocli;
    opens dev.sol.trainer.train to
            info.picocli;
}
