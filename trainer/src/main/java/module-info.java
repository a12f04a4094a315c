/** Corpora, metrics and statistics, and the measurements made of them. A program; nothing here is for others. */
module dev.sol.trainer {
    requires static org.jspecify;
    requires com.fasterxml.jackson.databind;
    requires dev.sol.policy;
    requires dev.sol.runtime;
    requires info.picocli;
    requires me.tongfei.progressbar;
    requires org.tukaani.xz;

    // picocli writes the fields of commands.
    opens dev.sol.trainer.knobs to
            info.picocli;
}
