package dev.loop.testing;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.VoidBody;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a new {@link TestLoop} is like. Not thread-safe. */
public final class TestLoopBuilder {

    /** Seeds every test loop of the JVM that has no seed of its own. */
    static final String SEED_PROPERTY = "dev.loop.seed";

    String name = "test-loop";

    @Nullable Long seed = seedOfTheRun();

    boolean realTimeAllowed;

    TestLoopBuilder() {}

    /**
     * Names the loop.
     *
     * @param name the name; by default {@code test-loop}
     * @return this
     */
    @CanIgnoreReturnValue
    public TestLoopBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Varies what is promised to nobody, as {@link dev.loop.LoopBuilder#seed} says, and the turn in which a busy loop hears of a ready
     * channel. The seed stands in every failure.
     *
     * @param seed any number; by default that of the system property {@code dev.loop.seed}, and without it none
     * @return this
     */
    @CanIgnoreReturnValue
    public TestLoopBuilder seed(long seed) {
        this.seed = seed;
        return this;
    }

    /**
     * Has the loop run first come, first served, whatever the system property {@code dev.loop.seed} says: for tests of that order.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public TestLoopBuilder unseeded() {
        seed = null;
        return this;
    }

    /**
     * Lets tasks wait on real time, in {@link Thread#sleep} or a call of the JDK with a limit, which fails a test otherwise.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public TestLoopBuilder allowRealTime() {
        realTimeAllowed = true;
        return this;
    }

    /**
     * Makes the loop.
     *
     * @return a loop at time zero, to be closed
     */
    public TestLoop build() {
        return new TestLoop(this);
    }

    /**
     * Runs a test body as a task of a new loop.
     *
     * @param body the test
     * @see TestLoop#run
     */
    public void run(VoidBody<? extends Exception> body) {
        try (var test = build()) {
            test.runMain(body);
        }
    }

    /**
     * Runs a test body under the seeds 0, 1, 2 and so on, each time as a task of a new loop, until it fails. If the run has a seed (the
     * system property {@code dev.loop.seed}, or {@link #seed}), it runs under that one alone: so a failure is replayed.
     *
     * @param seeds how many, at least 1
     * @param body the test; it begins from nothing each time
     * @throws RuntimeException as the body does; the seed is in it, or suppressed in it
     * @see TestLoop#explore
     */
    public void explore(int seeds, VoidBody<? extends Exception> body) {
        if (seeds < 1) {
            throw new IllegalArgumentException("an exploration needs at least 1 seed, not " + seeds);
        }
        Long only = seed;
        if (only != null) {
            run(body);
            return;
        }
        try {
            for (long s = 0; s < seeds; s++) {
                seed(s).run(body);
            }
        } finally {
            seed = null;
        }
    }

    private static @Nullable Long seedOfTheRun() {
        String text = System.getProperty(SEED_PROPERTY);
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            return Long.valueOf(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "-D" + SEED_PROPERTY + "=" + text + " is no seed: take a whole number of 64 bits", e);
        }
    }
}
