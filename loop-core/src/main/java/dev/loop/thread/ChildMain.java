package dev.loop.thread;

import dev.loop.spi.ProcessSignals;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The program of a child: it reads jobs, runs one at a time and answers each, until its input ends. Then its parent has no use for it
 * any more, or has died, and it ends too, also in the middle of a job: nothing is left to answer to.
 */
final class ChildMain {

    private static final int ORPHAN = 86;
    private static final int UNABLE = 87;
    private static final int MOST_SECONDS_OF_HOOKS = 5;

    private final DataOutputStream out;
    private volatile boolean busy;

    private ChildMain(DataOutputStream out) {
        this.out = out;
    }

    static void main(String... args) {
        var in = new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
        var out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        // the two pipes are the pool's alone: what jobs print goes where errors go, and they have nothing to read
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
        leaveSignalsToTheParent();
        new ChildMain(out).serve(in);
    }

    /** A terminal, or a service manager, sends its signal to all processes of a program; what is to end then is the parent's to say. */
    private static void leaveSignalsToTheParent() {
        for (String signal : List.of("INT", "TERM", "HUP")) {
            try {
                ProcessSignals.listen(List.of(signal), (_, _) -> true);
            } catch (IllegalArgumentException e) {
                // java was started with -Xrs: they end this process
            }
        }
    }

    private void serve(DataInputStream in) {
        ExecutorService jobs = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("job").factory());
        try {
            Wire.write(out, Wire.HELLO);
            while (true) {
                Wire.Frame frame = Wire.read(in);
                if (frame == null) {
                    end();
                    return;
                }
                busy = true;
                jobs.execute(() -> run(frame.bytes()));
            }
        } catch (Throwable e) { // the pipe is broken, or not even a frame has room in the memory
            Runtime.getRuntime().halt(busy ? ORPHAN : UNABLE);
        }
    }

    private void end() {
        if (busy) {
            Runtime.getRuntime().halt(ORPHAN); // its hooks could wait for the job
        }
        Thread.ofPlatform().daemon().start(() -> {
            try {
                new CountDownLatch(1).await(MOST_SECONDS_OF_HOOKS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                // then at once
            }
            Runtime.getRuntime().halt(ORPHAN);
        });
        System.exit(0);
    }

    private void run(byte[] job) {
        try {
            answer(job);
        } catch (Throwable e) {
            // no answer can be given: an ended process is one
            Runtime.getRuntime().halt(UNABLE);
        }
    }

    private void answer(byte[] job) throws IOException {
        byte kind;
        byte[] bytes;
        try {
            bytes = serialized(callable(job).call());
            kind = Wire.VALUE;
        } catch (Throwable e) {
            bytes = Wire.serialize(Thrown.of(e));
            kind = Wire.THROWN;
        }
        Thread.interrupted(); // the next job's thread is this one
        busy = false; // before the parent can know, and end this process in return
        Wire.write(out, kind, bytes);
    }

    private static Callable<?> callable(byte[] job) {
        try {
            return Objects.requireNonNull((Callable<?>) Wire.deserialize(job));
        } catch (ClassNotFoundException e) {
            throw new JobSerializationException(
                    "the job cannot be read in the child, whose class path lacks " + e.getMessage(), e);
        } catch (IOException e) {
            throw new JobSerializationException("the job cannot be read in the child: " + e, e);
        }
    }

    private static byte[] serialized(@Nullable Object value) {
        try {
            return Wire.serialize(value);
        } catch (NotSerializableException e) {
            throw new JobSerializationException(
                    "the result of the job cannot come back: " + e.getMessage() + " is not Serializable", e);
        } catch (IOException e) {
            throw new JobSerializationException("the result of the job cannot come back: " + e, e);
        }
    }
}
