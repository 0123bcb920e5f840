package dev.loop.examples.recipes;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static java.time.Duration.ofSeconds;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.examples.cli.CountConverter;
import dev.loop.flow.RateLimiter;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How do many tasks call something no more often than it allows? */
@Command(name = "rate-limit", header = "Many tasks share a limit of calls in a second; with --virtual at once.")
public final class RateLimited implements Callable<Integer> {

    @Option(
            names = "--rate",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many calls in a second (default: ${DEFAULT-VALUE}).")
    private int rate = 10;

    @Option(
            names = "--burst",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many are saved up while nobody calls (default: ${DEFAULT-VALUE}).")
    private int burst = 3;

    @Option(
            names = "--calls",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many tasks call, each once (default: ${DEFAULT-VALUE}).")
    private int calls = 8;

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    @Override
    public Integer call() {
        VoidBody<RuntimeException> main = this::callAll;
        if (virtual) {
            TestLoop.run(main);
        } else {
            EventLoop.run(main);
        }
        return 0;
    }

    private void callAll() {
        long begin = EventLoop.current().time();
        // @start region="main"
        var limiter = new RateLimiter(rate, ofSeconds(1), burst);
        var tasks = new ArrayList<Task<?>>();
        for (int i = 1; i <= calls; i++) {
            int call = i;
            tasks.add(spawn(() -> {
                limiter.acquire().await(); // first come, first served
                say(begin, "call " + call);
            }));
        }
        gather(tasks).await();
        // @end
        IO.println(limiter.statistics().granted() + " calls, " + rate + " in a second and " + burst + " at once");
    }

    private static void say(long begin, String what) {
        long now = EventLoop.current().time();
        IO.println("%5d ms  %s".formatted((now - begin) / 1_000_000, what));
    }
}
