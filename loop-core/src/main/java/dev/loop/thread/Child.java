package dev.loop.thread;

import dev.loop.TimerHandle;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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

    private static final int LAST_LINES = 20;
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

    // whoever works on a job
    private @Nullable DataOutputStream out;
    private @Nullable DataInputStream in;
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
        out = new DataOutputStream(p.getOutputStream());
        in = new DataInputStream(p.getInputStream());
        reader = Thread.ofPlatform()
                .daemon()
                .name(pool + "-child-" + p.pid() + "-output")
                .start(() -> readLines(p));
        try {
            Wire.Frame frame = Wire.read(in);
            if (frame == null || frame.kind() != Wire.HELLO) {
                throw crashed("child " + p.pid() + " of " + pool + " could not start");
            }
        } catch (IOException e) {
            throw crashed("child " + p.pid() + " of " + pool + " could not start (" + e.getMessage() + ")");
        } finally {
            Files.deleteIfExists(started.arguments());
        }
    }

    /** Has it do a job. */
    Wire.Frame call(byte[] job) throws IOException {
        start();
        String when = "child " + pid() + " of " + pool + " ended in the middle of a job";
        if (out == null || in == null) {
            throw crashed(when); // only start() leaves both
        }
        try {
            Wire.write(out, Wire.JOB, job);
            Wire.Frame answer = Wire.read(in);
            if (answer != null) {
                return answer;
            }
        } catch (Wire.StrayOutputException e) {
            throw crashed("child " + pid() + " of " + pool + " was ended: " + e.getMessage());
        } catch (IOException e) {
            // its end of a pipe is closed
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
        awaitLines();
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
        try (BufferedReader from = p.errorReader()) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                keep(line);
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

    private void tell(long pid, String line) {
        try {
            lines.accept(pid, line);
        } catch (RuntimeException e) { // the user's; a pipe that nobody reads would block the child
            ProcessPool.LOG.error("the output of child {} of {} could not be told: {}", pid, pool, line, e);
        }
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
