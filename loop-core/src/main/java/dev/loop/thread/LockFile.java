package dev.loop.thread;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file that somebody in this JVM has locked or wants to lock. The system grants a lock to a process, not to whoever in it has asked,
 * and a process loses it when it closes <em>any</em> channel of that file. So all who want it here stand in one queue, whatever their
 * loops; the first one asks the system, with the only channel that there is, and those who share it share that.
 *
 * <pre>
 *   FREE -> ASKING (the first of the queue asks the system) -> HELD, n -> CLOSING -> FREE
 *                                                           -> FREE, if it gives up
 * </pre>
 *
 * <p>One lock guards all of them. It is held for moments, and nothing waits and no user code runs inside.
 */
final class LockFile {

    private static final Object LOCK = new Object();

    // guarded by LOCK, as all of the fields are
    private static final Map<Path, LockFile> FILES = new HashMap<>();

    private final Path path;
    private final Deque<Turn> waiting = new ArrayDeque<>();
    private @Nullable Turn asking;
    private @Nullable OsLock os;
    private int holders;
    private boolean shared;
    private boolean closing;
    private String holder = "";

    private LockFile(Path path) {
        this.path = path;
    }

    /** The lock of the system, and the channel that it lives with. */
    record OsLock(FileChannel channel, FileLock lock, boolean owned) {

        /** Asks the system, and waits if need be; an interrupt ends that. Null if it does not wait, and another process has it. */
        static @Nullable OsLock ask(Path path, boolean shared, boolean waits, @Nullable String owner)
                throws IOException {
            FileChannel channel = FileChannel.open(
                    path,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE); // or was deleted
            try {
                FileLock lock =
                        waits ? channel.lock(0, Long.MAX_VALUE, shared) : channel.tryLock(0, Long.MAX_VALUE, shared);
                if (lock == null) {
                    channel.close();
                    return null;
                }
                if (owner != null) {
                    channel.truncate(0);
                    channel.write(ByteBuffer.wrap((owner + "\n").getBytes(StandardCharsets.UTF_8)), 0);
                }
                return new OsLock(channel, lock, owner != null);
            } catch (OverlappingFileLockException e) {
                channel.close();
                throw new IllegalStateException(
                        "other code of this program has locked " + path
                                + " without a ProcessLock: leave it to one of both",
                        e);
            } catch (Throwable e) {
                channel.close();
                throw e;
            }
        }

        void release() {
            try (channel) {
                if (owned) {
                    channel.truncate(0);
                }
                lock.release();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** One who wants it. */
    static final class Turn implements CancelHook<Boolean> {
        private final LockFile file;
        private final EventLoop loop;
        private final boolean shared;
        private final String who;
        private final Promise<Boolean> granted;

        private Turn(LockFile file, EventLoop loop, boolean shared, String who) {
            this.file = file;
            this.loop = loop;
            this.shared = shared;
            this.who = who;
            granted = loop.promise(this);
        }

        /** Done when it is its turn: true if it is to ask the system, false if it shares what there is. */
        Future<Boolean> granted() {
            return granted;
        }

        @Override
        public boolean stop(Promise<Boolean> promise, @Nullable String reason) {
            synchronized (LOCK) {
                if (!file.waiting.remove(this)) {
                    return false; // the word of its grant is on the way
                }
                if (file.shared && file.holders > 0) {
                    file.letInSharers(); // who have stood behind it
                }
                return true;
            }
        }

        /** The system has granted it. */
        void got(OsLock lock) {
            synchronized (LOCK) {
                file.asking = null;
                file.os = lock;
                file.shared = shared;
                file.letIn(this);
                if (shared) {
                    file.letInSharers();
                }
            }
        }

        /** It wants it no more; the next one may ask. */
        void gaveUp() {
            synchronized (LOCK) {
                file.asking = null;
                file.next();
            }
        }

        /** It holds it no more. Gives what is to be released, if it was the last; {@link #released} has to follow then. */
        @Nullable OsLock leave() {
            synchronized (LOCK) {
                OsLock lock = file.os;
                if (--file.holders > 0 || lock == null) {
                    return null;
                }
                file.os = null;
                file.closing = true;
                return lock;
            }
        }

        void released() {
            synchronized (LOCK) {
                file.closing = false;
                file.next();
            }
        }

        /** Who holds it in this program; empty if nobody does. */
        String holder() {
            synchronized (LOCK) {
                return file.holders > 0 ? file.holder : "";
            }
        }
    }

    /** Stands in the queue, if there is one; null if it does not want to wait for others in this program. */
    static @Nullable Turn enter(Path path, EventLoop loop, boolean shared, boolean waits, String who) {
        synchronized (LOCK) {
            LockFile file = FILES.computeIfAbsent(path, LockFile::new);
            var turn = new Turn(file, loop, shared, who);
            if (file.isFree()) {
                file.asking = turn;
                turn.granted.completeThreadsafe(true);
            } else if (shared && file.shared && file.holders > 0 && file.waiting.isEmpty()) {
                file.letIn(turn);
                turn.granted.completeThreadsafe(false);
            } else if (waits) {
                file.waiting.add(turn);
            } else {
                return null;
            }
            return turn;
        }
    }

    private boolean isFree() {
        return holders == 0 && asking == null && !closing && waiting.isEmpty();
    }

    private void letInSharers() {
        for (Turn next = first(); next != null && next.shared; next = first()) {
            waiting.remove();
            letIn(next);
            next.granted.completeThreadsafe(false);
        }
    }

    private void letIn(Turn turn) {
        holders++;
        holder = turn.who;
    }

    /** The first one who waits; those whose loops have closed meanwhile wait no more. */
    private @Nullable Turn first() {
        while (!waiting.isEmpty() && waiting.element().loop.isClosed()) {
            waiting.remove();
        }
        return waiting.peek();
    }

    private void next() {
        Turn turn = first();
        if (turn != null) {
            waiting.remove();
            asking = turn;
            turn.granted.completeThreadsafe(true);
        } else if (isFree()) {
            FILES.remove(path);
        }
    }

    /** How many hold it and wait for it in this program. */
    static int[] figures(Path path) {
        synchronized (LOCK) {
            LockFile file = FILES.get(path);
            return file == null
                    ? new int[2]
                    : new int[] {file.holders, file.waiting.size() + (file.asking == null ? 0 : 1)};
        }
    }
}
