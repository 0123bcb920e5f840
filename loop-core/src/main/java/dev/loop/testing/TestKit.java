package dev.loop.testing;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.VoidBody;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a test's tasks ask and assert, as static methods; made to be imported statically. */
@CheckReturnValue
public final class TestKit {

    private TestKit() {}

    /**
     * Waits until every other task of the test loop is blocked: nothing is ready and no timer is due. Time has not moved then. A test
     * that has started something lets it come as far as it can by this, instead of by a sleep.
     *
     * {@snippet class="dev.loop.SnippetsTest" region="blocked"}
     *
     * <p>A task that waits for a channel, a helper thread or a call of the JDK is blocked too. If several tasks wait here, all go on
     * together.
     *
     * @return done when only time, or something outside of the loop, can wake it
     * @throws IllegalStateException outside of a {@link TestLoop}
     */
    public static Future<@Nullable Void> waitAllTasksBlocked() {
        return waitAllTasksBlocked(Duration.ZERO);
    }

    /**
     * Waits until every other task of the test loop has been blocked for some time, in which no timer was due. If several tasks wait
     * here, those with the shortest time go on, and it begins anew for the others.
     *
     * @param cushion how long, on the loop's clock; not negative
     * @return done when so much time has passed in which nothing happened
     * @throws IllegalStateException outside of a {@link TestLoop}
     */
    public static Future<@Nullable Void> waitAllTasksBlocked(Duration cushion) {
        return TestLoop.current().blocked(cushion);
    }

    /**
     * Runs code and asserts that it passed a checkpoint: that it gave way to others at least once, or met a cancel. A body that throws
     * is not judged.
     *
     * @param body the code, run in the calling task
     * @param <X> what it throws
     * @throws X as the body does
     * @throws AssertionError if nothing else could run meanwhile
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void assertCheckpoints(VoidBody<X> body) throws X {
        Task<?> task = Async.currentTask();
        int before = task.checkpoints();
        body.run();
        if (task.checkpoints() == before) {
            throw new AssertionError("no checkpoint: " + task.name()
                    + " never gave way here, so others starve and a cancel is not noticed; Async.yieldNow() gives way");
        }
    }

    /**
     * Runs code and asserts that it passed no checkpoint: that it gave way nowhere, met no cancel, and nothing else ran in between. So
     * the state of the loop is after it as it was before, but for what the code itself has changed.
     *
     * @param body the code, run in the calling task
     * @param <X> what it throws
     * @throws X as the body does
     * @throws AssertionError if anything else could run meanwhile; what the body threw is suppressed in it
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void assertNoCheckpoints(VoidBody<X> body) throws X {
        Task<?> task = Async.currentTask();
        int before = task.checkpoints();
        try {
            body.run();
        } catch (Throwable e) {
            checkNone(task, before, e);
            throw e;
        }
        checkNone(task, before, null);
    }

    private static void checkNone(Task<?> task, int before, @Nullable Throwable thrown) {
        int passed = task.checkpoints() - before;
        if (passed == 0) {
            return;
        }
        var error =
                new AssertionError(task.name() + " passed " + (passed == 1 ? "a checkpoint" : passed + " checkpoints")
                        + " where none may be: others ran in the middle, or a cancel was met");
        if (thrown != null) {
            error.addSuppressed(thrown);
        }
        throw error;
    }
}
