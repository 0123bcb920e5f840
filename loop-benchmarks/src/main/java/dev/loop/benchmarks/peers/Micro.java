package dev.loop.benchmarks.peers;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;

import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Random;

/**
 * The in-process work of the peers' micro programs, as the main task of one loop.
 *
 * <p>Usage: {@code Micro [digits]}, the digits naming the work: 1 spawn and join, 2 queue ping-pong, 3 yield, 4 a hundred thousand
 * sleepers, 5 callbacks, 6 lock hand-off, 7 gather; all of it if there are none. For each it prints its name, the nanoseconds for
 * one operation and a note, with tabs between them.
 */
public final class Micro {

    private static final int MILLION = 1_000_000;

    private final String only;
    private final int divisor;
    private final PrintStream out;

    /**
     * The work, made smaller for a test.
     *
     * @param only the digits of what is to be run; empty for all
     * @param divisor every count is divided by it, and every sleep
     * @param out where the figures go
     */
    Micro(String only, int divisor, PrintStream out) {
        this.only = only;
        this.divisor = divisor;
        this.out = out;
    }

    /**
     * Runs the work and prints what it cost.
     *
     * @param args the digits
     */
    public static void main(String[] args) {
        String digits = String.join("", args);
        if (!digits.matches("[1-7]*")) {
            throw Program.fail(
                    "'" + String.join(" ", args) + "' is not a list of the digits 1 to 7; usage: Micro [digits]");
        }
        Program.run(() -> new Micro(digits, 1, System.out).runAll());
    }

    /** Runs what was asked for; in a task. */
    void runAll() throws IOException {
        measure("1_spawn_join", "spawn + await", 1, this::spawnAndJoin);
        measure("2_queue_pingpong", "Queue", 1, this::pingPong);
        measure("3_yield", "yieldNow", 1, this::yieldInTurn);
        sleepers("4_sleepers_100k", 100_000 / divisor);
        measure("5_call_soon_1000_chains", "callSoon, the handle included", 10, n -> callSoon(n, 1000));
        measure("5b_call_soon_1_chain", "callSoon, a turn for each", 1, n -> callSoon(n, 1));
        measure("6_lock_handoff", "Lock, yieldNow inside", 1, this::lockHandOff);
        measure("7_gather_10k_x100", "spawn 10k + gather", 1, this::gatherAll);
    }

    /** Three short runs for the JIT, one that counts: as many millions of operations. */
    private void measure(String name, String note, int millions, Work work) {
        if (!isWanted(name)) {
            return;
        }
        int count = millions * MILLION / divisor;
        for (int i = 0; i < 3; i++) {
            work.run(count / 5);
        }
        long begun = System.nanoTime();
        work.run(count);
        print(name, count, System.nanoTime() - begun, note);
    }

    private boolean isWanted(String name) {
        return only.isEmpty() || only.indexOf(name.charAt(0)) >= 0;
    }

    private void print(String name, int count, long nanos, String note) {
        out.printf(Locale.ROOT, "%s\t%.1f\t%s%n", name, (double) nanos / count, note);
    }

    private void spawnAndJoin(int count) {
        for (int i = 0; i < count; i++) {
            spawn(() -> 1).await();
        }
    }

    private void pingPong(int count) {
        var there = new Queue<Integer>();
        var back = new Queue<Integer>();
        var pong = spawn(() -> {
            for (int i = 0; i < count; i++) {
                back.put(there.get().await()).await();
            }
        });
        for (int i = 0; i < count; i++) {
            there.put(i).await();
            back.get().await();
        }
        pong.await();
    }

    private void yieldInTurn(int count) {
        VoidBody<RuntimeException> half = () -> {
            for (int i = 0; i < count / 2; i++) {
                yieldNow();
            }
        };
        var one = spawn(half);
        var other = spawn(half);
        one.await();
        other.await();
    }

    private void callSoon(int count, int chains) {
        EventLoop loop = EventLoop.current();
        Promise<Integer> end = loop.promise();
        var link = new Runnable() {
            int left = count;

            @Override
            public void run() {
                if (--left > 0) {
                    loop.callSoon(this);
                } else if (left == 0) {
                    end.complete(count);
                }
            }
        };
        for (int i = 0; i < chains; i++) {
            loop.callSoon(link);
        }
        end.await();
    }

    private void lockHandOff(int count) {
        var lock = new Lock();
        var tasks = new ArrayList<Task<?>>(100);
        for (int t = 0; t < 100; t++) {
            tasks.add(spawn(() -> {
                for (int i = 0; i < count / 100; i++) {
                    try (var _ = lock.acquire().await()) {
                        yieldNow();
                    }
                }
            }));
        }
        gather(tasks).await();
    }

    private void gatherAll(int count) {
        int batch = Math.min(count, 10_000);
        for (int done = 0; done < count; done += batch) {
            var tasks = new ArrayList<Task<Integer>>(batch);
            for (int i = 0; i < batch; i++) {
                int value = i;
                tasks.add(spawn(() -> value));
            }
            gather(tasks).await();
        }
    }

    /** Without a warm-up: what counts is the memory while all of them sleep. */
    private void sleepers(String name, int count) throws IOException {
        if (!isWanted(name)) {
            return;
        }
        var random = new Random(42);
        var tasks = new ArrayList<Task<?>>(count);
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            var nap = Duration.of((long) (random.nextDouble() * MILLION / divisor), ChronoUnit.MICROS);
            tasks.add(spawn(() -> sleep(nap).await()));
        }
        yieldNow();
        long asleep = mebibytes("VmRSS");
        for (Task<?> task : tasks) {
            task.await();
        }
        long nanos = System.nanoTime() - begun;
        print(
                name,
                count,
                nanos,
                "wall_ms=" + nanos / MILLION + " rss_while_sleeping_MiB=" + asleep + " peak_rss_MiB="
                        + mebibytes("VmHWM"));
    }

    /** This process's memory, as Linux tells it. */
    private static long mebibytes(String key) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(key + ":")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IOException("/proc/self/status has no " + key);
    }

    /** So many operations, in a task. */
    @FunctionalInterface
    private interface Work {
        void run(int count);
    }
}
