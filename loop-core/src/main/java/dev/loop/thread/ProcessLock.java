package dev.loop.thread;

import static dev.loop.Async.shield;
import static dev.loop.Async.shielded;
import static dev.loop.Async.timeout;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelHook;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.LoopLocal;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TimeoutException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A mutual exclusion between processes, by a lock of the operating system on a file: those of one machine that use the same file, in Java
 * ({@link java.nio.channels.FileLock}) or by {@code fcntl} ({@code lockf}), exclude each other. A process that dies leaves no lock behind.
 *
 * {@snippet class="dev.loop.thread.ThreadSnippetsTest" region="processlock"}
 *
 * <p>Within this program it is a mutual exclusion as well, also between loops, and there it is fair: first come, first served. Between
 * processes the order is the system's. It is not re-entrant. {@link #shared()} locks are held by many at once, but not while somebody has an
 * exclusive one.
 *
 * <p>The file is made if it is missing, and stays. It should serve nothing else: a process loses its lock when it opens and closes the file
 * in any other way, and a file that is deleted and made again is another one. On file systems of a network the lock is as good as theirs.
 *
 * <p>It belongs to its loop's thread; all work on the file is done on worker threads. What is still held when the loop closes is released.
 */
@CheckReturnValue
public final class ProcessLock {

    /** What is held by code of a loop, to be released with it. */
    private static final LoopLocal<HeldLocks> HELD = LoopLocal.of(_ -> new HeldLocks());

    private final EventLoop loop;
    private final Path file;
    private final boolean shared;
    private final boolean owned;
    private final HeldLocks held;

    private @Nullable Path real; // when it is known
    private @Nullable Future<Path> resolving;
    private long acquired;
    private long timedOut;

    /**
     * An exclusive lock of the current loop.
     *
     * @param file the file, in a directory that exists
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public ProcessLock(Path file) {
        this(EventLoop.current(), file);
    }

    /**
     * An exclusive lock of a loop.
     *
     * @param loop whose tasks use it
     * @param file the file, in a directory that exists
     */
    public ProcessLock(EventLoop loop, Path file) {
        this(loop, file.toAbsolutePath(), false, false);
    }

    private ProcessLock(EventLoop loop, Path file, boolean shared, boolean owned) {
        this.loop = loop;
        this.file = file;
        this.shared = shared;
        this.owned = owned;
        held = HELD.get(loop);
    }

    /**
     * A lock on the same file that is held by many at once.
     *
     * @return a shared lock
     */
    public ProcessLock shared() {
        return new ProcessLock(loop, file, true, false);
    }

    /**
     * A lock on the same file whose holder writes its process id there, to be named when somebody else's wait has timed out. What was in
     * the file is lost.
     *
     * @return an exclusive lock
     */
    public ProcessLock withOwner() {
        return new ProcessLock(loop, file, false, true);
    }

    /**
     * Waits for the lock.
     *
     * @return the lock held, to be closed; a cancel before anybody has read it releases it. It fails with an {@link UncheckedIOException}
     *     if the file cannot be used.
     */
    public Future<Held> acquire() {
        return present(new Attempt(true, null).start());
    }

    /**
     * Waits for the lock, but not for ever.
     *
     * @param limit how long; zero or negative asks once, as {@link #tryAcquire()} does
     * @return the lock held, to be closed; after the limit a {@link TimeoutException}, which names the holder if it is known
     */
    public Future<Held> acquire(Duration limit) {
        return present(new Attempt(limit.isPositive(), limit).start());
    }

    /**
     * Takes the lock if it is free. To know that, the system must be asked, on a worker thread.
     *
     * @return the lock held, to be closed; null if somebody else has it
     */
    public Future<@Nullable Held> tryAcquire() {
        return new Attempt(false, null).start();
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // null is only for those who do not wait
    private static Future<Held> present(Future<? extends @Nullable Held> held) {
        return (Future<Held>) held;
    }

    /**
     * How it stands in this program.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        loop.checkThread();
        Path r = real;
        int[] figures = r == null ? new int[2] : LockFile.figures(r);
        return new Statistics(figures[0], figures[1], acquired, timedOut);
    }

    @Override
    public String toString() {
        return "ProcessLock[" + file + (shared ? ", shared" : "") + " on " + loop.name() + "]";
    }

    private <T extends @Nullable Object> Future<T> onWorker(Callable<T> work) {
        Callable<T> released = () -> {
            try {
                return work.call();
            } finally {
                Workers.release();
            }
        };
        return loop.runInExecutor(Workers.of(loop), released);
    }

    /** One wait for it, by a task: of the queue in this program and of the system. */
    private final class Attempt implements CancelHook<@Nullable Held> {
        private final boolean waits;
        private final @Nullable Duration limit;
        private final String who;
        private final Promise<@Nullable Held> outcome = loop.promise(this);
        private @Nullable Task<?> task;
        private String holder = "";

        Attempt(boolean waits, @Nullable Duration limit) {
            this.waits = waits;
            this.limit = limit;
            Task<?> caller = loop.currentTask();
            who = (caller == null ? "a callback" : caller.name()) + " of " + loop.name();
        }

        Future<@Nullable Held> start() {
            task = loop.task().name("lock " + file.getFileName()).spawn(this::run);
            return outcome;
        }

        /** What is under way ends, and lets go of the file; whoever waited need not wait for that. */
        @Override
        public boolean stop(Promise<@Nullable Held> promise, @Nullable String reason) {
            Task<?> t = task;
            if (t != null) {
                t.cancelAndJoin(reason);
            }
            return true;
        }

        @Override
        public boolean takeBack(@Nullable Held held) {
            if (held != null) {
                held.close();
            }
            return true;
        }

        private void run() {
            try {
                Held held = limit == null || !waits ? take() : timeout(limit, this::take);
                if (held == null && limit != null) {
                    throw new TimeoutException("asked once");
                }
                if (held != null) {
                    acquired++;
                }
                if (!outcome.tryComplete(held) && held != null) {
                    held.close();
                }
            } catch (TimeoutException e) {
                timedOut++;
                outcome.tryFail(new TimeoutException(
                        "the lock of " + file + " was not free within " + limit
                                + (holder.isEmpty() ? "" : ": " + holder),
                        e));
            } catch (IOException e) {
                outcome.tryFail(new UncheckedIOException("the lock file " + file + " cannot be used: " + e, e));
            } catch (Throwable e) {
                outcome.tryFail(e);
            }
        }

        private @Nullable Held take() throws IOException {
            var turn = LockFile.enter(realPath(), loop, shared, waits, who);
            if (turn == null) {
                return null;
            }
            boolean first;
            try {
                first = turn.granted().await();
            } catch (CancelledException e) {
                holder = named(turn.holder(), "it is held by ");
                throw e;
            }
            return !first || ask(turn) ? new Held(ProcessLock.this, turn) : null;
        }

        /** Whether the system has granted it. */
        private boolean ask(LockFile.Turn turn) throws IOException {
            Path r = realPath();
            String owner = owned ? "pid " + ProcessHandle.current().pid() + ", " + who : null;
            var call = new ThreadCall<LockFile.@Nullable OsLock>(
                    loop, () -> LockFile.OsLock.ask(r, shared, waits, owner), OnCancel.INTERRUPT, "lock " + r, false);
            LockFile.OsLock lock = null;
            try {
                lock = loop.<LockFile.@Nullable OsLock>runInExecutor(call.begin(), call, call)
                        .await();
            } catch (CancelledException e) {
                if (limit != null) {
                    // nobody of this program has it, so that reading the file does no harm
                    shielded(() -> holder = named(onWorker(() -> owner(r)).await(), "its file says: "));
                }
                throw e;
            } catch (CompletionException e) {
                throw unwrapped(e);
            } finally {
                if (lock != null) {
                    turn.got(lock);
                } else {
                    turn.gaveUp();
                }
            }
            return lock != null;
        }

        private static IOException unwrapped(CompletionException e) {
            if (e.getCause() instanceof IOException io) {
                return io;
            }
            throw e;
        }

        private static String named(String name, String how) {
            return name.isEmpty() ? "" : how + name;
        }

        private static String owner(Path file) {
            try (var in = Files.newInputStream(file)) {
                return new String(in.readNBytes(200), StandardCharsets.UTF_8).strip();
            } catch (IOException e) {
                return "";
            }
        }

        private Path realPath() throws IOException {
            Path r = real;
            if (r == null) {
                try {
                    real = r = resolving().await();
                } catch (CompletionException e) {
                    throw unwrapped(e);
                }
            }
            return r;
        }
    }

    /**
     * One name for one file. It is made if it is missing, and not opened: a close would end a lock that others here have. All who come
     * meanwhile wait for one answer, and so go on in their order.
     */
    private Future<Path> resolving() {
        Future<Path> r = resolving;
        if (r == null || r.isDone()) { // done, and still not known: it has failed, or was cancelled
            resolving = r = onWorker(() -> {
                try {
                    Files.createFile(file);
                } catch (FileAlreadyExistsException e) {
                    // as it should be
                }
                return file.toRealPath();
            });
        }
        return r;
    }

    private Future<@Nullable Void> release(LockFile.Turn turn) {
        LockFile.OsLock lock = turn.leave();
        if (lock == null) {
            return loop.done(); // others share it
        }
        Callable<@Nullable Void> body = () -> {
            try {
                lock.release();
            } finally {
                turn.released();
            }
            return null;
        };
        if (!loop.isClosed()) {
            return shield(onWorker(body)); // nobody can keep it from being released
        }
        try {
            body.call();
        } catch (Exception e) {
            throw new IllegalStateException("the lock of " + file + " could not be released", e);
        }
        return loop.done();
    }

    /**
     * How a lock stands in this program, and what was asked of this object.
     *
     * @param holders how many hold the lock on the file: one, or several that share it
     * @param waiting how many wait for it, the one that waits for another process among them
     * @param acquired how often this object has got it
     * @param timedOut how often this object has waited for it in vain
     */
    public record Statistics(int holders, int waiting, long acquired, long timedOut) {}

    /** A lock that is held, until this is closed. Closing it again is harmless. */
    public static final class Held implements AutoCloseable {
        private final ProcessLock lock;
        private final LockFile.Turn turn;
        private @Nullable Future<@Nullable Void> released;

        private Held(ProcessLock lock, LockFile.Turn turn) {
            this.lock = lock;
            this.turn = turn;
            lock.held.all.add(this);
        }

        /**
         * Releases the lock, and tells when that is done; after {@link #close()}, when it is.
         *
         * @return done when others can have it
         */
        @CanIgnoreReturnValue
        public Future<@Nullable Void> release() {
            lock.loop.checkThread();
            Future<@Nullable Void> r = released;
            if (r == null) {
                lock.held.all.remove(this);
                released = r = lock.release(turn);
            }
            return r;
        }

        /** Releases the lock. It does not wait for the system, whose word takes a moment. */
        @Override
        public void close() {
            release();
        }
    }

    private static final class HeldLocks implements AutoCloseable {
        private final Set<Held> all = new LinkedHashSet<>();

        @Override
        public void close() {
            List.copyOf(all).forEach(Held::close);
        }
    }
}
