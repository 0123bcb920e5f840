package dev.loop.thread;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.sync.CapacityLimiter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * How calls run on worker threads. Immutable: each setting gives new options, which can be kept and used for many calls. Any thread may
 * make them.
 *
 * {@snippet class="dev.loop.thread.ThreadSnippetsTest" region="options"}
 */
@CheckReturnValue
public final class ThreadOptions {

    static final ThreadOptions DEFAULT = new ThreadOptions(null, OnCancel.WAIT, null, false);

    private final @Nullable CapacityLimiter limiter;
    private final OnCancel onCancel;
    private final @Nullable String name;
    private final boolean virtual;

    private ThreadOptions(
            @Nullable CapacityLimiter limiter, OnCancel onCancel, @Nullable String name, boolean virtual) {
        this.limiter = limiter;
        this.onCancel = onCancel;
        this.name = name;
        this.virtual = virtual;
    }

    /**
     * Sets who limits how many of the calls run at the same time.
     *
     * @param newLimiter by default {@link Threads#limiter()}, that of the loop
     * @return new options
     */
    public ThreadOptions limiter(CapacityLimiter newLimiter) {
        return new ThreadOptions(Objects.requireNonNull(newLimiter, "limiter"), onCancel, name, virtual);
    }

    /**
     * Sets what a cancel does to a call that has begun.
     *
     * @param policy by default {@link OnCancel#WAIT}
     * @return new options
     */
    public ThreadOptions onCancel(OnCancel policy) {
        return new ThreadOptions(limiter, Objects.requireNonNull(policy, "policy"), name, virtual);
    }

    /**
     * Names the calls: their threads show it in brackets while they work.
     *
     * @param newName by default the name of the task that calls
     * @return new options
     */
    public ThreadOptions name(String newName) {
        return new ThreadOptions(limiter, onCancel, Objects.requireNonNull(newName, "name"), virtual);
    }

    /**
     * Has the calls run on virtual threads of the JDK, one for each, in place of platform threads: for many calls that block in what a
     * virtual thread can leave, such as sockets.
     *
     * @return new options
     */
    public ThreadOptions virtual() {
        return new ThreadOptions(limiter, onCancel, name, true);
    }

    /**
     * Runs blocking code on a worker thread, as {@link Threads#run(Callable)} does.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome
     * @throws IllegalArgumentException if the limiter belongs to another loop
     */
    public <T extends @Nullable Object> Future<T> run(Callable<? extends T> blocking) {
        Objects.requireNonNull(blocking, "blocking");
        EventLoop loop = EventLoop.current();
        CapacityLimiter l = limiter == null ? Threads.limiter(loop) : limiter;
        if (l.loop() != loop) {
            throw new IllegalArgumentException(l + " limits the calls of its own loop, not those of " + loop);
        }
        Task<?> task = loop.currentTask();
        String label = name != null ? name : task != null ? task.name() : "a callback";
        return new ThreadCall<T>(loop, blocking, onCancel, label, virtual).submit(l, label + ", for a thread");
    }

    /**
     * Runs blocking code on a worker thread, as {@link Threads#run(VoidBody)} does.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @return its end
     * @throws IllegalArgumentException if the limiter belongs to another loop
     */
    public Future<@Nullable Void> run(VoidBody<? extends Exception> blocking) {
        Objects.requireNonNull(blocking, "blocking");
        return run(() -> {
            blocking.run();
            return null;
        });
    }

    @Override
    public String toString() {
        return "ThreadOptions[" + (name == null ? "" : name + ", ") + (virtual ? "virtual, " : "") + onCancel
                + (limiter == null ? "" : ", " + limiter) + "]";
    }
}
