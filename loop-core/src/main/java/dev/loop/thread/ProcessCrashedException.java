package dev.loop.thread;

import java.util.List;

/**
 * A child process ended before its job did: by a signal, a {@code System.exit}, a crash of the JVM; or it could not start. What the job
 * has done until then is not known. The pool starts another child for the next job.
 */
public final class ProcessCrashedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Numbers of signals that processes die of, as Linux has them; Java gives 128 more as the exit code. */
    private static final String[] SIGNALS = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM"
    };

    /** The process. */
    private final long pid;

    /** How it ended. */
    private final int exitCode;

    /** What it said last. */
    private final transient List<String> lastLines;

    ProcessCrashedException(String what, long pid, int exitCode, List<String> lastLines) {
        super(what + ": " + describe(exitCode)
                + (lastLines.isEmpty() ? "" : "; the last it said:\n  " + String.join("\n  ", lastLines)));
        this.pid = pid;
        this.exitCode = exitCode;
        this.lastLines = List.copyOf(lastLines);
    }

    /** An exit code in words. */
    static String describe(int exitCode) {
        int signal = exitCode - 128;
        return "exit code " + exitCode
                + (signal > 0 && signal < SIGNALS.length ? ", which is that of SIG" + SIGNALS[signal] : "");
    }

    /**
     * The child.
     *
     * @return its process id
     */
    public long pid() {
        return pid;
    }

    /**
     * How it ended.
     *
     * @return its exit code; 128 and the number of the signal if one has ended it
     */
    public int exitCode() {
        return exitCode;
    }

    /**
     * The last lines that it wrote to its standard output and error, twenty at most.
     *
     * @return the lines, the oldest first
     */
    public List<String> lastLines() {
        return lastLines;
    }
}
