package dev.loop.examples.recipes;

import static dev.loop.Async.asCompleted;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.examples.cli.CountConverter;
import dev.loop.thread.ProcessPool;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How does a loop use all processors, and go on meanwhile? */
@Command(
        name = "process-pool",
        header = "Child processes count primes, while the loop shows the progress and serves a ticker.")
public final class ProcessPoolExample implements Callable<Integer> {

    @Option(
            names = "--below",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "Counts the primes below this number (default: ${DEFAULT-VALUE}).")
    private int below = 1_000_000;

    @Option(
            names = "--parts",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many ranges it is cut into (default: ${DEFAULT-VALUE}).")
    private int parts = 8;

    @Option(
            names = "--processes",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many children there are (default: one for each processor).")
    private int processes = Runtime.getRuntime().availableProcessors();

    private int ticks; // the ticker and the main task share it, without a lock

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            var ticker = spawn(() -> {
                while (true) {
                    ticks++;
                    sleep(ofMillis(10)).await();
                }
            });
            // @start region="main"
            try (var pool = ProcessPool.create(processes)) {
                var jobs = new ArrayList<Future<Integer>>();
                for (int i = 0; i < parts; i++) {
                    int from = bound(i);
                    int to = bound(i + 1);
                    jobs.add(pool.submit(() -> primes(from, to))); // runs in a JVM of its own
                }
                int total = 0;
                int done = 0;
                for (Future<Integer> job : asCompleted(jobs)) { // the loop goes on while this waits
                    total += job.result();
                    IO.println(++done + " of " + parts + " ranges done, " + total + " primes so far");
                }
                IO.println(total + " primes below " + below + ", counted by "
                        + pool.statistics().started() + " child processes");
            }
            // @end
            ticker.cancel();
            IO.println("the ticker went on meanwhile: " + (ticks > 1));
        });
        return 0;
    }

    private int bound(int i) {
        return (int) ((long) below * i / parts);
    }

    private static int primes(int from, int to) {
        int count = 0;
        for (int n = Math.max(from, 2); n < to; n++) {
            boolean prime = true;
            for (int d = 2; prime && (long) d * d <= n; d++) {
                prime = n % d != 0;
            }
            count += prime ? 1 : 0;
        }
        return count;
    }
}
