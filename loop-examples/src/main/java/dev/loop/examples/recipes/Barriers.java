package dev.loop.examples.recipes;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.examples.cli.CountConverter;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.sync.Barrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How do tasks wait for each other before they go on together? */
@Command(name = "barrier", header = "Three hikers who wait for each other at every hut.")
public final class Barriers implements Callable<Integer> {

    private static final List<String> HIKERS = List.of("anna", "bert", "cleo");

    @Option(
            names = "--huts",
            paramLabel = "COUNT",
            defaultValue = "2",
            converter = CountConverter.class,
            description = "How many huts there are (default: ${DEFAULT-VALUE}).")
    private int huts;

    @Option(
            names = "--pace",
            paramLabel = "SECONDS",
            defaultValue = "0.1",
            converter = SecondsConverter.class,
            description = "How long the quickest hiker walks from hut to hut (default: ${DEFAULT-VALUE}).")
    private Duration pace = Duration.ofMillis(100);

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            // @start region="barrier"
            var hut = new Barrier(HIKERS.size());
            var hikers = new ArrayList<Task<?>>();
            for (int i = 0; i < HIKERS.size(); i++) {
                String name = HIKERS.get(i);
                Duration walk = pace.multipliedBy(i + 1L);
                hikers.add(spawn(name, () -> {
                    for (int h = 1; h <= huts; h++) {
                        sleep(walk).await();
                        IO.println(name + " arrives at hut " + h);
                        int place = hut.arrive().await(); // goes on when all three are there
                        if (place == HIKERS.size() - 1) {
                            IO.println("  all are at hut " + h + ", " + name + " was last");
                        }
                    }
                }));
            }
            gather(hikers).await();
            // @end
        });
        return 0;
    }
}
