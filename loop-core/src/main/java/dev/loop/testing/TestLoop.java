package dev.loop.testing;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.LoopBuilder;
import dev.loop.Runner;
import dev.loop.VoidBody;
import dev.loop.debug.CallGraph;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An event loop on virtual time: when nothing is ready, the clock jumps to the next deadline. A test of hours runs in
 * milliseconds, and asserts exact instants.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="testloop"}
 *
 * <p>Time jumps only while nothing but time can wake the loop. With real sockets, or a task in a blocking JDK call, it runs as
 * on the wall. Tasks that wait for what can never come are a {@link DeadlockError}. What reaches the loop's exception handler,
 * failures that nobody looked at included, fails the test at {@link #close()}; so does a task that waits on real time.
 *
 * <p>With a {@linkplain TestLoopBuilder#seed seed} it varies what is promised to nobody; {@link #explore} does so many times.
 *
 * <p>It belongs to the thread that made it.
 */
public final class TestLoop implements AutoCloseable {

    /** Which test loop drives a loop. Values are weak too: a test loop holds its loop, and would keep it in the map for ever. */
    private static final Map<EventLoop, WeakReference<TestLoop>> DRIVEN =
            Collections.synchronizedMap(new WeakHashMap<>());

    private final ManualClock clock = new ManualClock();
    private final @Nullable Long seed;
    private final IdleWaits idleWaits = new IdleWaits();
    private final RealTimeWaits realTimeWaits;
    private final JumpingPoller poller;
    private final Runner runner;
    private final List<ExceptionContext> reports = new ArrayList<>();

    /** A loop at time zero; seeded if the system property {@code dev.loop.seed} is set. */
    public TestLoop() {
        this(builder());
    }

    TestLoop(TestLoopBuilder builder) {
        seed = builder.seed;
        realTimeWaits = new RealTimeWaits(builder.realTimeAllowed);
        poller = new JumpingPoller(clock, idleWaits, realTimeWaits, seed);
        LoopBuilder loops = EventLoop.builder().name(builder.name).clock(clock).poller(poller);
        if (seed != null) {
            loops.seed(seed);
        }
        runner = Runner.builder().loop(loops::build).signals(false).build();
        poller.drives(loop());
        loop().setExceptionHandler((_, context) -> reports.add(context));
        DRIVEN.put(loop(), new WeakReference<>(this));
    }

    /**
     * A test loop with a seed, a name, or other rules.
     *
     * @return a builder
     */
    public static TestLoopBuilder builder() {
        return new TestLoopBuilder();
    }

    /**
     * The test loop that runs the calling task or callback.
     *
     * @return the test loop
     * @throws IllegalStateException if the calling thread runs no loop, or one that is no test's
     */
    public static TestLoop current() {
        EventLoop loop = EventLoop.current();
        WeakReference<TestLoop> known = DRIVEN.get(loop);
        TestLoop test = known == null ? null : known.get();
        if (test == null) {
            throw new IllegalStateException(loop + " is driven by no TestLoop: run this by TestLoop.run(…)");
        }
        return test;
    }

    /**
     * Runs a test body as a task of a new loop.
     *
     * @param body the test
     */
    public static void run(VoidBody<? extends Exception> body) {
        try (var test = new TestLoop()) {
            test.runMain(body);
        }
    }

    /**
     * Runs a test body under many seeds, each time as a task of a new loop, until it fails: what is promised to nobody comes in another
     * order each time, so a race that the usual order hides shows itself. The seed of a failure is suppressed in it, or part of its
     * message; with {@code -Ddev.loop.seed} set to it, this runs the body under that seed alone.
     *
     * {@snippet class="dev.loop.SnippetsTest" region="explore"}
     *
     * @param seeds how many, at least 1; they begin at 0
     * @param body the test; it begins from nothing each time
     * @throws RuntimeException as the body does
     */
    public static void explore(int seeds, VoidBody<? extends Exception> body) {
        builder().explore(seeds, body);
    }

    /**
     * The loop.
     *
     * @return the loop that the test drives
     */
    public EventLoop loop() {
        return runner.loop();
    }

    /**
     * The clock.
     *
     * @return the loop's clock
     */
    public ManualClock clock() {
        return clock;
    }

    /**
     * What varies the order of what is promised to nobody.
     *
     * @return the seed, or null if there is none
     */
    public @Nullable Long seed() {
        return seed;
    }

    /**
     * The virtual time since the beginning.
     *
     * @return how far the clock has moved
     */
    public Duration elapsed() {
        return clock.elapsed();
    }

    /**
     * What has reached the loop's exception handler so far. Taking it off this list says that it was expected.
     *
     * @return the reports, in order; the list is live
     */
    public List<ExceptionContext> reports() {
        return reports;
    }

    /**
     * Runs a task until it ends.
     *
     * @param main its body
     * @param <T> what it returns
     * @return what the body returned
     * @throws DeadlockError if it waits for what can never come
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T runMain(Callable<? extends T> main) {
        try {
            return runner.run(main);
        } catch (IllegalStateException e) {
            if (poller.takeDeadlock()) {
                throw deadlock();
            }
            note(e);
            throw e;
        } catch (RuntimeException | Error e) {
            note(e);
            throw e;
        }
    }

    private void note(Throwable failure) {
        if (seed != null) {
            ReplayNote.addTo(failure, seed);
        }
    }

    /**
     * Runs a task until it ends.
     *
     * @param main its body
     * @throws DeadlockError if it waits for what can never come
     */
    public void runMain(VoidBody<? extends Exception> main) {
        Callable<@Nullable Void> callable = () -> {
            main.run();
            return null;
        };
        runMain(callable);
    }

    /**
     * Runs the loop for some virtual time: everything that is due until then, with all that follows from it at that instant, and
     * nothing that is due later.
     *
     * @param time how long
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a clock does not go backwards: " + time);
        }
        poller.stopAt(Math.addExact(clock.nanoTime(), time.toNanos()));
        try {
            loop().runForever();
        } finally {
            poller.stopAt(-1); // a stop() may have come first
        }
    }

    /**
     * Runs the loop until it has nothing to do at this instant: all that is ready, with all that follows from it, and work on helper
     * threads and in calls of the JDK, which takes real time. Virtual time does not move.
     */
    public void runUntilIdle() {
        poller.stopWhenIdle(true);
        try {
            loop().runForever();
        } finally {
            poller.stopWhenIdle(false);
        }
    }

    /**
     * Closes the loop.
     *
     * @throws AssertionError if anything has reached the loop's exception handler and was not taken off {@link #reports()}, or a task
     *     has waited on real time and that was not {@linkplain TestLoopBuilder#allowRealTime allowed}
     */
    @Override
    public void close() {
        runner.close();
        poller.takeDeadlock();
        var problems = new ArrayList<String>();
        var causes = new ArrayList<Throwable>(realTimeWaits.all());
        realTimeWaits.all().forEach(wait -> problems.add(wait.getMessage()));
        if (!reports.isEmpty()) {
            problems.add("the loop's exception handler was told: "
                    + reports.stream().map(TestLoop::line).collect(Collectors.joining("; ")));
            reports.stream()
                    .map(ExceptionContext::exception)
                    .filter(Objects::nonNull)
                    .forEach(causes::add);
        }
        if (!problems.isEmpty()) {
            var error = new AssertionError(String.join("; ", problems) + replay());
            causes.forEach(error::addSuppressed);
            throw error;
        }
    }

    Future<@Nullable Void> blocked(Duration cushion) {
        return idleWaits.add(loop(), cushion);
    }

    /** The end of a failure's message. */
    private String replay() {
        return seed == null ? "" : " (" + ReplayNote.text(seed) + ")";
    }

    private static String line(ExceptionContext context) {
        return context.message() + (context.exception() == null ? "" : ": " + context.exception());
    }

    private DeadlockError deadlock() {
        return new DeadlockError("nothing is ready, no timer runs, and nothing outside is waited for" + replay()
                + "; these tasks wait:\n" + CallGraph.captureAll(loop()).format());
    }
}
