package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A loop as the guest of a host that owns the thread: Swing, JavaFX, a game loop, Netty, an executor with one thread. The host
 * drives the loop in the three parts of a turn, and does its own work between them.
 *
 * <p>Either it leaves that to {@link #start}: a helper thread waits, and whenever there is something to do it hands a short slice of
 * work to the host's executor. Or it calls the parts itself, in this order and as often as it likes:
 *
 * <ol>
 *   <li>{@link #pollEvents} waits. Another thread may do that while the host does other things; it runs nothing.
 *   <li>{@link #processEvents} lets ready channels, other threads' work and due timers make entries ready.
 *   <li>{@link #processReady} runs the entries that are ready.
 * </ol>
 *
 * {@snippet class="dev.loop.GuestModeTest" region="gameloop"}
 *
 * <h2>Whose the loop is</h2>
 *
 * <p>From the first part on the loop belongs to the <em>host thread</em>, the one that has made the last {@code process} call.
 * Between the parts the host thread may call the loop as its owner (spawn, {@code callSoon}, complete promises, cancel, stop, close),
 * and whatever it does ends a wait that is going on, so that it is looked at. It may not {@code await()}: the loop would stand still
 * meanwhile. All other threads are refused as by a loop that runs; they use what is thread-safe. A host that changes threads is legal;
 * the next {@code process} call or {@link EventLoop#close()} on another thread takes the loop over, unless it was {@linkplain #start
 * started}. {@link EventLoop#current()} is null between the parts.
 *
 * <p>Tasks and callbacks run on the host's thread as their carrier, so the host stands still while they run and they share its data
 * without a lock; but {@link Thread#currentThread()} is a virtual thread there, and a host that insists on its own thread (JavaFX,
 * {@code SwingUtilities.isEventDispatchThread()}, Netty's {@code inEventLoop()}) is reached by
 * {@code Future.from(CompletableFuture.supplyAsync(work, host)).await()}. The host's thread must be a platform thread.
 *
 * <p>An interrupt of the host's thread is the host's: it stops nothing here, and the flag is set again when the part returns.
 */
@CheckReturnValue
public final class GuestMode {

    private static final Duration SLICE = Duration.ofMillis(5);

    private final EventLoop loop;
    private final Guest guest;

    GuestMode(EventLoop loop, Guest guest) {
        this.loop = loop;
        this.guest = guest;
    }

    // --- the parts of a turn

    /**
     * Waits until there is something to process.
     *
     * @return true; false if this thread was interrupted, whose flag stays set
     * @see #pollEvents(Duration)
     */
    @CanIgnoreReturnValue
    public boolean pollEvents() {
        guest.refuseWhileDriven();
        while (!guest.await(-1)) {
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Waits until there is something to process: an entry is ready, a channel is, a timer is due, another thread has left work, or
     * the host has touched the loop since the last part. Any one thread may call, and a virtual thread too; it runs nothing of the
     * loop. A part that begins meanwhile ends the wait. On a closed loop it returns at once.
     *
     * @param limit how long to wait at most; zero or negative does not wait
     * @return whether there is something to process; false if the time is up, if this thread was interrupted, whose flag stays set, or
     *     without a cause
     * @throws IllegalStateException in code of this loop, while another thread waits here, or while the loop is
     *     {@linkplain #start started}
     */
    @CanIgnoreReturnValue
    public boolean pollEvents(Duration limit) {
        guest.refuseWhileDriven();
        return guest.await(Durations.nanos(limit));
    }

    /**
     * Lets everything that has happened make entries ready, without waiting: channels that are ready complete their promises, what
     * other threads have left is taken in, and due timers fire. On the host thread.
     *
     * @throws IllegalStateException in code of this loop, on a loop that runs, has closed or is {@linkplain #start started}, while
     *     another thread processes it, on a thread that runs another loop, or on a virtual thread
     * @throws java.io.UncheckedIOException if the operating system refuses to poll, for good
     */
    public void processEvents() {
        guest.refuseWhileDriven();
        guest.events();
    }

    /**
     * Runs the entries that are ready now, in their order; what they add is left for the next call. On the host thread.
     *
     * @return whether entries are ready now
     * @throws IllegalStateException as {@link #processEvents()}
     * @throws Error a fatal error of a task or callback ({@link VirtualMachineError}, {@link LinkageError}); every other failure goes
     *     where it goes in any loop
     */
    @CanIgnoreReturnValue
    public boolean processReady() {
        return processReady(Integer.MAX_VALUE);
    }

    /**
     * Runs some of the entries that are ready, in their order. On the host thread.
     *
     * @param entries how many at most; at least 1
     * @return whether entries are ready now
     * @throws IllegalStateException as {@link #processEvents()}
     * @throws Error a fatal error of a task or callback
     */
    @CanIgnoreReturnValue
    public boolean processReady(int entries) {
        if (entries < 1) {
            throw new IllegalArgumentException("processReady(" + entries + "): at least one entry has to run");
        }
        guest.refuseWhileDriven();
        guest.ready(entries);
        return !loop.ready.isEmpty();
    }

    // --- for a host with frames of its own

    /**
     * Whether {@link #processReady} has something to run. What has happened since {@link #processEvents()} does not count. On the host
     * thread.
     *
     * @return true if entries are ready
     */
    public boolean hasReady() {
        guest.refuseStrangers();
        return !loop.ready.isEmpty();
    }

    /**
     * How long the host may sleep for all that the loop's timers care. On the host thread.
     *
     * @return the time until the next timer is due, zero if one is; null if there is none
     */
    public @Nullable Duration untilNextTimer() {
        guest.refuseStrangers();
        TimerNode first = loop.timers.peek();
        return first == null ? null : Duration.ofNanos(Math.max(0, first.deadline() - loop.now()));
    }

    /**
     * Whether {@link EventLoop#stop()} was called since the loop became a guest. The parts can go on after it; {@link #start} forgets
     * it. On the host thread.
     *
     * @return true after a stop, once the batch that it was called in is over
     */
    public boolean isStopped() {
        guest.refuseStrangers();
        return guest.isStopped();
    }

    /**
     * Whether a host drives the loop by {@link #start} or {@link #run}. Thread-safe.
     *
     * @return true until that has ended
     */
    public boolean isDriven() {
        return guest.isDriven();
    }

    // --- a driver

    /**
     * Drives the loop on a host until it is stopped or closed, in slices of five milliseconds at most.
     *
     * @param host runs what it is given on the host thread, later and one at a time
     * @return as {@link #start(Executor, Duration)}
     */
    public CompletableFuture<@Nullable Void> start(Executor host) {
        return start(host, SLICE);
    }

    /**
     * Drives the loop on a host until it is stopped or closed. A daemon thread waits for the loop; when there is something to do, and
     * only then, the host is given one slice of work: turns until nothing is ready or the time is up. One slice at a time is with the
     * host, so whatever else the host has to do comes between two of them. A slice lasts as long as was allowed, and one step of a task
     * or callback longer: nothing can interrupt a step that computes.
     *
     * <p>The caller is whoever owns the loop. From here on that is the host: others are refused, also before the first slice.
     *
     * @param host runs what it is given on the host thread, later and one at a time: {@code EventQueue::invokeLater},
     *     {@code Platform::runLater}, an executor with one thread. It must outlive the loop: stop or close the loop first.
     * @param slice how long the loop may keep the host, in real time
     * @return is done on the host thread, between its slices, when the loop was stopped or has closed, and the loop is then whoever's
     *     who owns it again; it fails with a fatal error of the loop, an error of the poller, or what the host threw. To end it, call
     *     {@link EventLoop#stop()} on the loop; a cancel of this future ends nothing.
     * @throws IllegalStateException on a loop that runs, has closed or is started already
     */
    public CompletableFuture<@Nullable Void> start(Executor host, Duration slice) {
        checkStart(host, slice);
        var done = new CompletableFuture<@Nullable Void>();
        guest.start(new GuestDriver(loop, guest, host, Durations.nanos(slice), error -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        }));
        return done;
    }

    /**
     * Drives the loop on a host until a task has ended. The loop is not closed then; whoever owns it goes on, or closes it.
     *
     * @param host as for {@link #start(Executor, Duration)}
     * @param main the body of the task
     * @param <T> what it returns
     * @return what the body returned or threw, done on the host thread, between its slices; it fails too if the loop is stopped first,
     *     or for the reasons of {@code start}. A cancel of it cancels the task.
     * @throws IllegalStateException on a loop that runs, has closed or is started already
     */
    public <T extends @Nullable Object> CompletableFuture<T> run(Executor host, Callable<? extends T> main) {
        checkStart(host, SLICE);
        Task<T> task = loop.spawn("main", main);
        var result = new CompletableFuture<T>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                boolean cancelled = super.cancel(mayInterruptIfRunning);
                if (cancelled) {
                    loop.submit(() -> task.cancel("the CompletableFuture of its guest run was cancelled"));
                }
                return cancelled;
            }
        };
        var run = new GuestDriver(loop, guest, host, Durations.nanos(SLICE), error -> {
            if (error != null) {
                result.completeExceptionally(error);
            } else if (task.outcome == null) {
                result.completeExceptionally(
                        new IllegalStateException("the event loop was stopped before its main task was done: " + task));
            } else {
                ForeignWait.transfer(task, result);
            }
        });
        // an entry of its own: what else was waiting for the task runs in the same turn
        task.addListener(_ -> loop.ready.add(() -> {
            if (guest.isDrivenBy(run)) {
                loop.turns.stop();
            }
        }));
        guest.start(run);
        return result;
    }

    /**
     * Drives the loop on a host until a task has ended. The loop is not closed then; whoever owns it goes on, or closes it.
     *
     * @param host as for {@link #start(Executor, Duration)}
     * @param main the body of the task
     * @return as {@link #run(Executor, Callable)}
     * @throws IllegalStateException on a loop that runs, has closed or is started already
     */
    public CompletableFuture<@Nullable Void> run(Executor host, VoidBody<? extends Exception> main) {
        return run(host, EventLoop.callable(main));
    }

    private void checkStart(Executor executor, Duration slice) {
        Objects.requireNonNull(executor, "host");
        if (slice.isNegative() || slice.isZero()) {
            throw new IllegalArgumentException("a slice of " + slice + ": the loop needs some of the host's time");
        }
        guest.refuseInside();
        guest.refuseWhileDriven();
        loop.checkUsable();
    }
}
