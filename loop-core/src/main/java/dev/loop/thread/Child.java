package dev.loop.thread;

import dev.loop.TimerHandle;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One child process, seen from its parent. The loop hands it from job to job; whoever works on a job has it alone, and only
 * {@link #kill()} may come in between.
 *
 * <pre>
 *   NEW -> started -> idle <-> busy -> ended by itself (crashed), killed, or asked to end
 * </pre>
 */
final class Child {

    private static final int MOST_LOGGED = 200;
    private static final int LAST_LINES = 20;

    /** What is longer comes in pieces: a child that never ends its line must not fill the memory of this JVM. */
    private static final int LONGEST_LINE = 8192;

    private static final Object NO_MORE = new Object();
    private static final Duration LINES_LIMIT = Duration.ofSeconds(1);
    private static final int END_SECONDS = 5;

    private final ChildCommand command;
    private final String pool;
    private final BiConsumer<? super Long, ? super String> lines;
    private final Deque<String> lastLines = new ArrayDeque<>(); // guarded by itself

    // any thread
    private volatile @Nullable Process process;
    private volatile boolean killed;
    private volatile boolean ending; // it is to end, or whoever works on a job tells how it did
    private volatile boolean spent;

    /** Frames, then {@link #NO_MORE} or what has kept them from being read. */
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

    // whoever works on a job
    private @Nullable DataOutputStream out;
    private @Nullable Thread reader;

    // the loop's thread
    int jobs;

    @Nullable TimerHandle idleLimit;

    Child(ChildCommand command, String pool, BiConsumer<? super Long, ? super String> lines) {
        this.command = command;
        this.pool = pool;
        this.lines = lines;
    }

    long pid() {
        Process p = process;
        return p == null ? -1 : p.pid();
    }

    /** Whether it may get another job. */
    boolean isUsable() {
        Process p = process;
        return !killed && !spent && !ending && p != null && p.isAlive();
    }

    // --- on a worker thread

    /** Starts the process, if there is none. */
    void start() throws IOException {
        if (process != null) {
            return;
        }
        var started = command.start();
        Process p = started.process();
        process = p;
        if (killed) {
            kill(); // whoever did it has seen no process
        }
        try {
            out = new DataOutputStream(p.getOutputStream());
            reader = thread(p, "output", () -> readLines(p));
            thread(p, "answers", () -> receive(p));
            Wire.Frame frame = next();
            if (frame == null || frame.kind() != Wire.HELLO) {
                throw crashed("child " + p.pid() + " of " + pool + " could not start");
            }
        } catch (IOException e) {
            throw crashed("child " + p.pid() + " of " + pool + " could not start (" + e.getMessage() + ")");
        } catch (Throwable e) { // the system has no thread left
            kill();
            throw e;
        } finally {
            Files.deleteIfExists(started.arguments());
        }
    }

    private Thread thread(Process p, String what, Runnable body) {
        return Thread.ofPlatform()
                .daemon()
                .name(pool + "-child-" + p.pid() + "-" + what)
                .start(body);
    }

    /**
     * Reads on a thread of its own, which alone stays behind when another process, started by a job, holds the pipe open longer than the
     * child lives.
     */
    private void receive(Process p) {
        var _ = p.onExit()
                .thenRunAsync(
                        () -> received.add(NO_MORE),
                        CompletableFuture.delayedExecutor(LINES_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        try {
            var in = new DataInputStream(p.getInputStream());
            for (Wire.Frame frame = Wire.read(in); frame != null; frame = Wire.read(in)) {
                received.add(frame);
            }
            received.add(NO_MORE);
        } catch (Throwable e) { // a broken pipe, or no memory for the frame
            received.add(e);
        }
    }

    /** What the child says next; null if it has nothing more to say. */
    private Wire.@Nullable Frame next() throws IOException {
        Object what;
        try {
            what = received.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the wait for the child was interrupted");
        }
        if (what instanceof Throwable e) {
            throw e instanceof IOException io ? io : new IOException("its answer could not be read: " + e, e);
        }
        return what instanceof Wire.Frame frame ? frame : null;
    }

    /** Has it do a job. */
    Wire.Frame call(byte[] job) throws IOException {
        start();
        String when = "child " + pid() + " of " + pool + " ended in the middle of a job";
        if (out == null) {
            throw crashed(when); // only start() leaves it
        }
        try {
            Wire.write(out, Wire.JOB, job);
        } catch (IOException e) {
            throw crashed(when); // its end of the pipe is closed
        }
        try {
            Wire.Frame answer = next();
            if (answer != null) {
                return answer;
            }
        } catch (IOException e) {
            throw crashed("child " + pid() + " of " + pool + " was ended: " + e.getMessage());
        }
        throw crashed(when);
    }

    /** It is not to be used after this job. */
    void spend() {
        spent = true;
    }

    private ProcessCrashedException crashed(String what) {
        ending = true;
        Process p = process;
        if (p == null) {
            throw new IllegalStateException("no process has crashed");
        }
        p.toHandle().destroyForcibly(); // one that has only closed its output
        p.onExit().join();
        if (!killed) {
            awaitLines();
        }
        synchronized (lastLines) {
            return new ProcessCrashedException(what, p.pid(), p.exitValue(), List.copyOf(lastLines));
        }
    }

    /** What it has written may still be in the pipe; a process that it has started may keep that open for ever. */
    private void awaitLines() {
        Thread r = reader;
        if (r != null) {
            try {
                r.join(LINES_LIMIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends it in an orderly way: its input ends. Returns when it is gone. */
    void end() {
        ending = true;
        Process p = process;
        if (p == null) {
            return;
        }
        try {
            p.getOutputStream().close();
        } catch (IOException e) {
            // it has ended already
        }
        try {
            if (!p.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                p.toHandle().destroyForcibly();
                p.waitFor();
            }
        } catch (InterruptedException e) {
            p.toHandle().destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    // --- its output

    private void readLines(Process p) {
        try (Reader from = p.errorReader(StandardCharsets.UTF_8)) {
            var line = new StringBuilder();
            boolean cut = false; // what comes belongs to a line of which there was a piece
            for (int c = from.read(); c >= 0; c = from.read()) {
                if (c == '\n') {
                    if (!cut || !line.isEmpty()) {
                        tell(p.pid(), line);
                    }
                    cut = false;
                } else if (c != '\r') {
                    line.append((char) c);
                    if (line.length() == LONGEST_LINE) {
                        tell(p.pid(), line);
                        cut = true;
                    }
                }
            }
            if (!line.isEmpty()) {
                tell(p.pid(), line);
            }
        } catch (IOException e) {
            // the pipe was closed with the process
        }
        p.onExit().join();
        if (!ending && !killed) {
            ProcessPool.LOG.warn(
                    "child {} of {} ended by itself: {}",
                    p.pid(),
                    pool,
                    ProcessCrashedException.describe(p.exitValue()));
        }
    }

    private void tell(long pid, StringBuilder text) {
        String line = text.toString();
        text.setLength(0);
        keep(line);
        try {
            lines.accept(pid, line);
        } catch (Throwable e) { // the user's; a pipe that nobody reads would block the child
            ProcessPool.LOG.error("the output of child {} of {} could not be told: {}", pid, pool, brief(line), e);
        }
    }

    /** Enough of it to know it again: a piece of a line can be thousands of characters long. */
    private static String brief(String line) {
        return line.length() <= MOST_LOGGED ? line : line.substring(0, MOST_LOGGED) + "…";
    }

    private void keep(String line) {
        synchronized (lastLines) {
            if (lastLines.size() == LAST_LINES) {
                lastLines.removeFirst();
            }
            lastLines.addLast(line);
        }
    }

    // --- any thread

    /** Ends it at once, in whatever it is doing. It does not wait. */
    void kill() {
        killed = true;
        Process p = process;
        if (p != null) {
            p.toHandle().destroyForcibly(); // the process alone: Process.destroyForcibly waits for its pipes
        }
    }
}
