package dev.loop.thread;

import static dev.loop.Async.gatherResults;
import static dev.loop.Async.shield;
import static dev.loop.Async.shielded;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.LoopLocal;
import dev.loop.sync.CapacityLimiter;
import java.io.IOException;
import java.io.NotSerializableException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computations in child processes: JVMs of the same java and class path, one job at a time in each, so that what takes the CPU for long
 * takes neither the loop nor its memory.
 *
 * {@snippet class="dev.loop.thread.ThreadSnippetsTest" region="pool"}
 *
 * <p>A job and its result go through pipes by Java serialization. The job is copied when it is submitted, by the thread that submits: what
 * it captures may change after that, and what is large takes the loop the time of that copy. {@link dev.loop.Context} and MDC are not
 * carried. What a job throws is thrown here, its frames marked with the child's process id; what cannot come over as it is arrives as a
 * {@link ChildFailureException}. What a job prints, to {@code System.out} too, is handed over line by line (see
 * {@link ProcessPoolBuilder#output}); it has nothing to read from {@code System.in}.
 *
 * <p>Children are started when they are needed, and never more than the size of the pool. One that crashes fails its job with a
 * {@link ProcessCrashedException}, and the next job gets a new one. A cancel of a job that runs kills its child, and ends when that has
 * ended. Children end when this process does, however it does. They leave INT, TERM and HUP to it. Processes that a job starts are the
 * job's own affair: a kill of the child does not reach them.
 *
 * <p>The channel is two inherited pipes between processes of one user and one program: as far as that is trusted, it is. The classes
 * that may come over are not filtered, except by a filter of the JVM.
 *
 * <p>It belongs to its loop's thread. When the loop closes, the children are killed.
 */
@CheckReturnValue
public final class ProcessPool implements AutoCloseable {

    static final Logger LOG = LoggerFactory.getLogger(ProcessPool.class);

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** The pools of a loop, to be killed with it. */
    private static final LoopLocal<Pools> POOLS = LoopLocal.of(_ -> new Pools());

    private final EventLoop loop;
    private final ProcessPoolBuilder settings;
    private final String name;
    private final CapacityLimiter limiter;
    private final ChildCommand command;

    // the loop's thread
    private final Deque<Child> idle = new ArrayDeque<>(); // the last used one last
    private final Set<Child> children = new LinkedHashSet<>();
    private final Set<ProcessJob<?>> running = new LinkedHashSet<>();
    private final Set<Future<?>> ending = new LinkedHashSet<>(); // of children
    private boolean draining;
    private boolean closed;
    private int started;
    private long done;
    private int placesTaken; // for good, by the drain
    private @Nullable Future<@Nullable Void> end;

    /** Any thread. */
    final AtomicInteger crashes = new AtomicInteger();

    ProcessPool(EventLoop loop, ProcessPoolBuilder settings) {
        this.loop = loop;
        this.settings = settings;
        name = settings.name != null ? settings.name : "processes-" + NUMBERS.incrementAndGet();
        limiter = new CapacityLimiter(loop, settings.size);
        command = new ChildCommand(settings.options(), settings.classPath);
        POOLS.get(loop).pools.add(this);
    }

    /**
     * A pool of the current loop with as many children at most as there are processors.
     *
     * @return a pool, to be closed
     */
    public static ProcessPool create() {
        return builder().build();
    }

    /**
     * A pool of the current loop.
     *
     * @param size how many children there are at most, at least 1
     * @return a pool, to be closed
     */
    public static ProcessPool create(int size) {
        return builder().size(size).build();
    }

    /**
     * A pool with settings of its own.
     *
     * @return a builder
     */
    public static ProcessPoolBuilder builder() {
        return new ProcessPoolBuilder();
    }

    EventLoop loop() {
        return loop;
    }

    // --- jobs

    /**
     * Has a child run a job; first come, first served.
     *
     * @param job what it does, sent as it is now
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, its child is killed, and the cancel is done when that has
     *     ended.
     * @throws JobSerializationException if the job, or something that it captures, is not serializable
     * @throws IllegalStateException if the pool takes no more jobs
     */
    public <T extends @Nullable Object> Future<T> submit(SerializableCallable<? extends T> job) {
        Objects.requireNonNull(job, "job");
        checkOpen();
        return new ProcessJob<T>(this, serialized(job)).submit(limiter, waiter());
    }

    private void checkOpen() {
        loop.checkThread();
        if (draining) {
            throw new IllegalStateException(this + " takes no more jobs: it was closed");
        }
    }

    private String waiter() {
        var task = loop.currentTask();
        return (task == null ? "a callback" : task.name()) + ", for a process";
    }

    private static byte[] serialized(Object job) {
        try {
            return Wire.serialize(job);
        } catch (NotSerializableException e) {
            throw new JobSerializationException(
                    "the job cannot be sent to a child: " + e.getMessage()
                            + " is not Serializable, and the job captures one (a lambda captures the 'this' whose fields it uses)",
                    e);
        } catch (IOException | StackOverflowError e) { // too deep
            throw new JobSerializationException("the job cannot be sent to a child: " + e, e);
        }
    }

    /**
     * Applies a function to many items, each in a job of its own. Twice as many as there are children are on their way at a time, so
     * that neither the items nor the jobs need to fit into the memory at once.
     *
     * @param items gone through by a task of the loop, as the jobs go on
     * @param function sent with each item
     * @param <A> the items, which are serializable
     * @param <R> the results, which are serializable too
     * @return the results in the order of the items. The first failure in that order ends it, as a cancel does: what is on its way is
     *     cancelled then.
     * @throws IllegalStateException if the pool takes no more jobs
     */
    public <A extends @Nullable Object, R extends @Nullable Object> Future<List<R>> map(
            Iterable<? extends A> items, SerializableFunction<? super A, ? extends R> function) {
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(function, "function");
        checkOpen();
        Callable<List<R>> body = () -> mapped(items, function);
        return loop.spawn(name + " map", body);
    }

    private <A extends @Nullable Object, R extends @Nullable Object> List<R> mapped(
            Iterable<? extends A> items, SerializableFunction<? super A, ? extends R> function) {
        var results = new ArrayList<R>();
        var under = new ArrayDeque<Future<R>>();
        try {
            for (A item : items) {
                if (under.size() == 2 * limiter.total()) {
                    results.add(under.element().await());
                    under.remove();
                }
                under.add(this.<R>submit(new Application<A, R>(function, item)));
            }
            while (!under.isEmpty()) {
                results.add(under.element().await());
                under.remove();
            }
            return results;
        } finally {
            if (!under.isEmpty()) {
                under.forEach(job -> job.cancel("another job of this map has failed, or the map was cancelled"));
                shielded(() -> gatherResults(under).await());
            }
        }
    }

    /**
     * A function with its argument.
     *
     * @param function the function
     * @param item the argument
     * @param <A> what it takes
     * @param <R> what it returns
     */
    private record Application<A extends @Nullable Object, R extends @Nullable Object>(
            SerializableFunction<? super A, ? extends R> function, A item) implements SerializableCallable<R> {
        @Override
        public R call() throws Exception {
            return function.apply(item);
        }
    }

    /**
     * Starts all children now, so that no job has to wait for a start.
     *
     * @return done when all of them are ready; fails if one cannot start
     * @throws IllegalStateException if the pool takes no more jobs
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> warmUp() {
        checkOpen();
        var starts = new ArrayList<Future<@Nullable Void>>();
        for (int i = 0; i < limiter.total(); i++) {
            starts.add(new ProcessJob<@Nullable Void>(this, null).submit(limiter, waiter()));
        }
        Callable<@Nullable Void> all = () -> {
            for (var result : gatherResults(starts).await()) {
                result.orThrow();
            }
            return null;
        };
        return loop.spawn(name + " warm-up", all);
    }

    // --- the children; these run under the rules of a CallHook

    /** A child for a job that has its place. */
    Child take(ProcessJob<?> job) {
        if (closed) {
            throw new CancelledException(this + " was closed");
        }
        Child child = takeIdle();
        if (child == null) {
            child = new Child(command, name, settings.output);
            children.add(child);
            started++;
        }
        running.add(job);
        return child;
    }

    private @Nullable Child takeIdle() {
        while (!idle.isEmpty()) {
            Child child = idle.removeLast();
            if (child.idleLimit != null) {
                child.idleLimit.cancel();
                child.idleLimit = null;
            }
            if (child.isUsable()) {
                return child;
            }
            crashes.incrementAndGet(); // nobody has asked it to
            children.remove(child);
        }
        return null;
    }

    /** A job is over. */
    void giveBack(ProcessJob<?> job, Child child) {
        running.remove(job);
        if (job.isWork()) {
            done++;
            child.jobs++;
        }
        if (!child.isUsable()) {
            remove(child);
        } else if (closed || child.jobs >= settings.maxJobsPerChild) {
            remove(child);
        } else {
            idle.addLast(child);
            if (settings.idleTimeout != null) {
                child.idleLimit = loop.callLater(settings.idleTimeout, () -> {
                    if (idle.remove(child)) {
                        remove(child);
                    }
                });
            }
        }
    }

    /** It is used no more, and ends if it has not. */
    private void remove(Child child) {
        children.remove(child);
        ending.removeIf(Future::isDone);
        Callable<@Nullable Void> body = () -> {
            child.end();
            Workers.release();
            return null;
        };
        ending.add(loop.runInExecutor(Workers.of(loop), body));
    }

    // --- the end

    /**
     * Takes no more jobs, and lets those that it has taken run; then its children end.
     *
     * @return done when the last child has ended
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> drain() {
        loop.checkThread();
        draining = true;
        Future<@Nullable Void> e = end;
        if (e == null) {
            Callable<@Nullable Void> body = this::drained;
            end = e = loop.spawn(name + " drain", body);
        }
        return shield(e);
    }

    private @Nullable Void drained() {
        try {
            awaitEnd();
        } catch (CancelledException e) { // the loop closes
            cancelJobs();
            shielded(this::awaitEnd);
        }
        POOLS.get(loop).pools.remove(this);
        return null;
    }

    private void awaitEnd() {
        while (placesTaken < limiter.total()) {
            limiter.acquire(new Object()).await(); // behind every job
            placesTaken++;
        }
        while (!idle.isEmpty()) {
            Child child = idle.removeLast();
            if (child.idleLimit != null) {
                child.idleLimit.cancel();
            }
            remove(child);
        }
        gatherResults(ending).await();
    }

    private void cancelJobs() {
        closed = true;
        new ArrayList<>(running).forEach(job -> job.stop(this + " was closed"));
    }

    /**
     * Takes no more jobs, and cancels those that have not ended: the children that are at work are killed. In a task this waits until all
     * of them have ended, out of the reach of cancels. Harmless when repeated.
     */
    @Override
    public void close() {
        if (loop.isClosed()) {
            return; // they were killed with it
        }
        loop.checkThread();
        cancelJobs();
        Future<@Nullable Void> all = drain();
        if (loop.currentTask() != null) {
            shielded(() -> all.await());
        }
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        loop.checkThread();
        var places = limiter.statistics();
        return new Statistics(
                places.total(),
                children.size(),
                idle.size(),
                running.size(),
                places.waiting(),
                started,
                done,
                crashes.get());
    }

    @Override
    public String toString() {
        return "ProcessPool[" + name + (closed ? ", closed" : draining ? ", draining" : "") + " on " + loop.name()
                + "]";
    }

    /**
     * How a pool stands.
     *
     * @param size how many children there are at most
     * @param children how many there are
     * @param idle how many of them have nothing to do
     * @param running how many jobs run
     * @param waiting how many jobs wait for a child
     * @param started how many children were started so far
     * @param done how many jobs were run so far, in whatever way they ended
     * @param crashed how many children have ended by themselves so far
     */
    public record Statistics(
            int size, int children, int idle, int running, int waiting, int started, long done, int crashed) {}

    /** All pools of a loop. */
    private static final class Pools implements AutoCloseable {
        private final Set<ProcessPool> pools = new LinkedHashSet<>();

        @Override
        public void close() {
            pools.forEach(pool -> pool.children.forEach(Child::kill));
        }
    }
}
