package dev.loop.examples.guide;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.examples.cli.CountConverter;
import dev.loop.examples.cli.SecondsConverter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What happens when a task calls something of the JDK that blocks? */
@Command(name = "blocking-calls", header = "A thousand tasks call Thread.sleep on one thread, and end together.")
public final class BlockingCalls implements Callable<Integer> {

    @Option(
            names = "--tasks",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many tasks (default: ${DEFAULT-VALUE}).")
    private int tasks = 1000;

    @Option(
            names = "--sleep",
            paramLabel = "SECONDS",
            converter = SecondsConverter.class,
            defaultValue = "0.25",
            description = "How long each of them sleeps (default: ${DEFAULT-VALUE}).")
    private Duration time = Duration.ofMillis(250);

    private int asleep; // the tasks share it
    private int most;

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            long begin = EventLoop.current().time();
            // @start region="main"
            var sleepers = new ArrayList<Task<?>>();
            for (int i = 0; i < tasks; i++) {
                sleepers.add(spawn(() -> {
                    most = Math.max(most, ++asleep);
                    Thread.sleep(time); // parks this task, not the loop
                    asleep--;
                }));
            }
            gather(sleepers).await();
            // @end
            var took = Duration.ofNanos(EventLoop.current().time() - begin);
            IO.println(tasks + " tasks slept " + seconds(time) + " each, " + most + " of them at the same time");
            IO.println("all of it took " + seconds(took) + "; one after another it would be "
                    + seconds(time.multipliedBy(tasks)));
        });
        return 0;
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.2f s", time.toNanos() / 1e9);
    }
}
