package dev.loop.thread;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What a new {@link ProcessPool} is like. Not thread-safe. */
public final class ProcessPoolBuilder {

    int size = Runtime.getRuntime().availableProcessors();

    @Nullable String name;

    String classPath = ChildCommand.OWN_CLASS_PATH;

    @Nullable Duration idleTimeout;

    int maxJobsPerChild = Integer.MAX_VALUE;

    BiConsumer<? super Long, ? super String> output = (pid, line) -> ProcessPool.LOG.info("child {}: {}", pid, line);

    private List<String> jvmOptions = List.of();
    private boolean warm;
    private boolean runsLoops;

    ProcessPoolBuilder() {}

    /**
     * Sets how many children there are at most.
     *
     * @param size at least 1; by default as many as there are processors
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder size(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("a pool has at least 1 process, not " + size);
        }
        this.size = size;
        return this;
    }

    /**
     * Names the pool, for messages and threads.
     *
     * @param name by default {@code processes-} and a number
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Gives options to the JVMs of the children, such as {@code -Xmx512m}. None of this JVM's own are handed on.
     *
     * @param options as on the command line of java
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder jvmOptions(String... options) {
        jvmOptions = List.of(options);
        return this;
    }

    /**
     * Says that jobs run event loops of their own: their JVMs are started with {@code --add-opens java.base/java.lang=ALL-UNNAMED}, so that
     * tasks are virtual threads there.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder runsLoops() {
        runsLoops = true;
        return this;
    }

    /**
     * Sets the class path of the children.
     *
     * @param path entries as {@code java -cp} takes them, Loop and all classes of the jobs among them; by default that of this JVM
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder classPath(String path) {
        classPath = Objects.requireNonNull(path, "path");
        return this;
    }

    /**
     * Has all children start with the pool, as {@link ProcessPool#warmUp()} does.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder warm() {
        warm = true;
        return this;
    }

    /**
     * Has a child end when it had nothing to do for some time.
     *
     * @param limit how long, on the loop's clock, zero or longer; by default they stay
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder idleTimeout(Duration limit) {
        if (limit.isNegative()) {
            throw new IllegalArgumentException("the time that a child may be idle is zero or longer, not " + limit);
        }
        idleTimeout = limit;
        return this;
    }

    /**
     * Has a child end after so many jobs: against leaks in code that is not one's own.
     *
     * @param count at least 1; by default there is no limit
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder maxJobsPerChild(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a child runs at least 1 job, not " + count);
        }
        maxJobsPerChild = count;
        return this;
    }

    /**
     * Sets who gets what the children write to their standard output and error.
     *
     * @param lines gets the process id and a line, of which what is very long comes in pieces, on a thread of its own for each child; by
     *     default they are logged as information
     * @return this
     */
    @CanIgnoreReturnValue
    public ProcessPoolBuilder output(BiConsumer<? super Long, ? super String> lines) {
        output = Objects.requireNonNull(lines, "lines");
        return this;
    }

    List<String> options() {
        var all = new ArrayList<String>();
        if (runsLoops) {
            all.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
        }
        all.addAll(jvmOptions);
        return List.copyOf(all);
    }

    /**
     * Makes a pool of the current loop.
     *
     * @return a pool, to be closed
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public ProcessPool build() {
        return build(EventLoop.current());
    }

    /**
     * Makes a pool.
     *
     * @param loop whose tasks submit jobs
     * @return a pool, to be closed
     */
    public ProcessPool build(EventLoop loop) {
        var pool = new ProcessPool(loop, this);
        if (warm) {
            pool.warmUp();
        }
        return pool;
    }
}
