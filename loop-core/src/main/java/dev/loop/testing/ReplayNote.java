package dev.loop.testing;

import java.util.Arrays;

/** Tells, suppressed in a test's failure, how to have it again. It is no failure of its own and has no stack. */
final class ReplayNote extends Exception {

    private static final long serialVersionUID = 1L;

    /** The seed. */
    private final long seed;

    private ReplayNote(long seed) {
        super(text(seed), null, false, false);
        this.seed = seed;
    }

    static String text(long seed) {
        return "seed " + seed + "; replay with -D" + TestLoopBuilder.SEED_PROPERTY + "=" + seed
                + " or TestLoop.builder().seed(" + seed + "L)";
    }

    /** Adds the note to a failure, once for each seed. */
    static void addTo(Throwable failure, long seed) {
        boolean told =
                Arrays.stream(failure.getSuppressed()).anyMatch(s -> s instanceof ReplayNote n && n.seed == seed);
        if (!told) {
            failure.addSuppressed(new ReplayNote(seed));
        }
    }
}
