package dev.loop.testing;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Runner;
import dev.loop.Task;
import dev.loop.VoidBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
 * failures that nobody looked at included, fails the test at {@link #close()}.
 *
 * <p>It belongs to the thread that made it.
 */
public final class TestLoop implements AutoCloseable {

    private final ManualClock clock = new ManualClock();
    private final JumpingPoller poller = new JumpingPoller(clock);
    private final Runner runner = Runner.builder()
            .loop(() -> EventLoop.builder()
                    .name("test-loop")
                    .clock(clock)
                    .poller(poller)
                    .build())
            .signals(false)
            .build();
    private final List<ExceptionContext> reports = new ArrayList<>();

    /** A loop at time zero. */
    public TestLoop() {
        poller.drives(loop());
        loop().setExceptionHandler((_, context) -> reports.add(context));
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
            throw e;
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
     * Closes the loop.
     *
     * @throws AssertionError if anything has reached the loop's exception handler and was not taken off {@link #reports()}
     */
    @Override
    public void close() {
        runner.close();
        poller.takeDeadlock();
        if (!reports.isEmpty()) {
            var error = new AssertionError("the loop's exception handler was told: "
                    + reports.stream().map(TestLoop::line).collect(Collectors.joining("; ")));
            reports.stream().map(ExceptionContext::exception).forEach(e -> {
                if (e != null) {
                    error.addSuppressed(e);
                }
            });
            throw error;
        }
    }

    private static String line(ExceptionContext context) {
        return context.message() + (context.exception() == null ? "" : ": " + context.exception());
    }

    private DeadlockError deadlock() {
        String waiting = loop().allTasks().stream().map(Task::toString).collect(Collectors.joining(", "));
        return new DeadlockError(
                "nothing is ready, no timer runs, and nothing outside is waited for; these tasks wait: " + waiting);
    }
}
