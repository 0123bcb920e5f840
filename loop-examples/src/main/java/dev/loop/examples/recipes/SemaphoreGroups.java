package dev.loop.examples.recipes;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.examples.cli.CountConverter;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.sync.BoundedSemaphore;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How do tasks go ahead a few at a time? */
@Command(name = "semaphore-groups", header = "Tasks that go ahead in groups of three, two seconds apart.")
public final class SemaphoreGroups implements Callable<Integer> {

    @Option(
            names = "--tasks",
            paramLabel = "COUNT",
            defaultValue = "9",
            converter = CountConverter.class,
            description = "How many tasks there are (default: ${DEFAULT-VALUE}).")
    private int tasks;

    @Option(
            names = "--group",
            paramLabel = "COUNT",
            defaultValue = "3",
            converter = CountConverter.class,
            description = "How many go ahead together (default: ${DEFAULT-VALUE}).")
    private int group;

    @Option(
            names = "--pause",
            paramLabel = "SECONDS",
            defaultValue = "2",
            converter = SecondsConverter.class,
            description = "How long each of them takes (default: ${DEFAULT-VALUE}).")
    private Duration pause = Duration.ofSeconds(2);

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    @Override
    public Integer call() {
        if (virtual) {
            TestLoop.run(this::groups);
        } else {
            EventLoop.run(this::groups);
        }
        return 0;
    }

    private void groups() {
        // @start region="groups"
        long begin = EventLoop.current().time();
        var permits = new BoundedSemaphore(group);
        var all = new ArrayList<Task<?>>();
        for (int i = 1; i <= tasks; i++) {
            String name = "task " + i;
            all.add(spawn(name, () -> {
                try (var _ = permits.acquire().await()) { // first come, first served
                    say(begin, name);
                    sleep(pause).await();
                }
            }));
        }
        gather(all).await();
        say(begin, "all done");
        // @end
    }

    private static void say(long begin, String what) {
        long passed = EventLoop.current().time() - begin;
        IO.println("%3d.%d s  %s".formatted(passed / 1_000_000_000, passed / 100_000_000 % 10, what));
    }
}
