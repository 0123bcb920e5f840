package dev.loop.thread;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.LoopLocal;
import dev.loop.LoopPortal;
import dev.loop.VoidBody;
import dev.loop.sync.CapacityLimiter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Blocking calls on worker threads, with a limit to how many run at a time, a policy for their cancel, and a way back into the loop.
 * {@link dev.loop.Async#toThread} is the plain form of it.
 *
 * {@snippet class="dev.loop.thread.ThreadSnippetsTest" region="threads"}
 *
 * <p>{@link #run(Callable)} belongs to tasks and callbacks; {@link #portal()} and {@link #checkCancelled()} are for the code that runs
 * on the worker. It runs in the context of whoever has called, with what the loop carries along. Workers are daemon threads of their
 * loop, used again, and gone after ten seconds without work or when the loop has closed; an interrupt never outlives the call that it
 * was meant for.
 *
 * <p>In a test on virtual time, time stands still for the tasks while a call runs, and goes on as on the wall.
 */
@CheckReturnValue
public final class Threads {

    /** How many calls of one loop run at a time if nothing else is said. */
    public static final int DEFAULT_LIMIT = 40;

    private static final LoopLocal<CapacityLimiter> LIMITER =
            LoopLocal.of(loop -> new CapacityLimiter(loop, DEFAULT_LIMIT));

    private Threads() {}

    /**
     * Runs blocking code on a worker thread, when the loop's {@link #limiter()} has a place for it; first come, first served. The
     * call is on its way when this returns.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, the cancel is held until it has ended
     *     ({@link OnCancel#WAIT}).
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T extends @Nullable Object> Future<T> run(Callable<? extends T> blocking) {
        return ThreadOptions.DEFAULT.run(blocking);
    }

    /**
     * Runs blocking code on a worker thread; as {@link #run(Callable)}.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @return its end
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<@Nullable Void> run(VoidBody<? extends Exception> blocking) {
        return ThreadOptions.DEFAULT.run(blocking);
    }

    /**
     * Calls with other settings: another limiter, another policy, a name, virtual threads.
     *
     * @return the settings of {@link #run(Callable)}, to go on from
     */
    public static ThreadOptions options() {
        return ThreadOptions.DEFAULT;
    }

    /**
     * What limits the calls of the current loop for which nothing else was said. Its total is 40 until somebody changes it.
     *
     * @return the same limiter each time
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static CapacityLimiter limiter() {
        return LIMITER.get();
    }

    /**
     * What limits the calls of a loop for which nothing else was said.
     *
     * @param loop a loop that the caller may touch
     * @return the same limiter each time
     */
    public static CapacityLimiter limiter(EventLoop loop) {
        return LIMITER.get(loop);
    }

    // --- for the code on the worker

    /**
     * The way back into the loop that has asked for this call, which goes on meanwhile: {@code Threads.portal().call(() -> …)} runs a
     * task there and waits for it. It is closed when this call ends. When this call is cancelled, the tasks that it has on the loop are
     * cancelled by their scopes, and the portal takes no more; who must reach the loop all the same makes a portal of the loop's own.
     *
     * @return the same portal each time
     * @throws IllegalStateException on a thread that runs no such call
     * @throws dev.loop.CancelledException if this call was cancelled
     */
    public static LoopPortal portal() {
        return ThreadCall.current("Threads.portal()").portal();
    }

    /**
     * Ends this call if it was cancelled: for calls that take long and have places where they can stop. The outcome is a cancel then.
     *
     * @throws dev.loop.CancelledException if this call was cancelled; with its reason
     * @throws IllegalStateException on a thread that runs no such call
     */
    public static void checkCancelled() {
        ThreadCall.current("Threads.checkCancelled()").checkCancelled();
    }

    /**
     * Whether this call was cancelled.
     *
     * @return true from the first cancel on
     * @throws IllegalStateException on a thread that runs no such call
     */
    public static boolean isCancelled() {
        return ThreadCall.current("Threads.isCancelled()").isCancelled();
    }
}
