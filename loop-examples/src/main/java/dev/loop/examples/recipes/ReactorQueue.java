package dev.loop.examples.recipes;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.TaskGroup;
import dev.loop.queue.Queue;
import dev.loop.reactor.Fluxes;
import dev.loop.reactor.Monos;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import reactor.core.publisher.Flux;

/** How does back-pressure go through a queue, from a Flux to tasks and from tasks to a Flux? */
@Command(
        name = "reactor-queue",
        header = "A Flux fills a bounded queue, tasks take from it, and another queue is a Flux with demand.")
public final class ReactorQueue implements Callable<Integer> {

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            fluxToTasks();
            tasksToFlux();
        });
        return 0;
    }

    private static void fluxToTasks() {
        // @start region="into"
        var queue = new Queue<Integer>(2); // room for two: that is what the Flux is asked for
        var numbers = Flux.range(1, 6).doOnRequest(n -> IO.println("the Flux is asked for " + n));
        TaskGroup.run(group -> {
            group.spawn(() -> Monos.await(Fluxes.intoAndShutdown(numbers, queue)));
            for (String name : new String[] {"left", "right"}) {
                group.spawn(() -> {
                    for (int number : queue) { // until the queue was shut down and is empty
                        IO.println("  " + name + " takes " + number);
                        sleep(ofMillis(10)).await();
                    }
                });
            }
        });
        // @end
    }

    private static void tasksToFlux() {
        // @start region="from"
        var queue = new Queue<String>(2);
        TaskGroup.run(group -> {
            group.spawn(() -> {
                for (String word : List.of("never", "more", "than", "you", "ask", "for")) {
                    queue.put(word).await(); // waits while the Flux is not asked for more
                }
                queue.shutdown(); // completes the Flux
            });
            var sentence = Fluxes.from(queue)
                    .doOnRequest(n -> IO.println("the queue is asked for " + n))
                    .limitRate(3)
                    .delayUntil(_ -> Monos.sleep(ofMillis(10)))
                    .reduce((before, word) -> before + " " + word);
            IO.println("the words: " + Monos.await(sentence));
        });
        // @end
    }
}
