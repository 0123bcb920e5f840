package dev.loop.examples.guide;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.TaskGroup;
import dev.loop.TaskGroup.Policy;
import dev.loop.TaskGroupException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** How do tasks end together, whatever happens to one of them? */
@Command(name = "task-groups", header = "Tasks that end before their block is left, whatever happens to one of them.")
public final class TaskGroups implements Callable<Integer> {

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            all();
            first();
            failure();
            readiness();
            outOfTime();
        });
        return 0;
    }

    // @start region="all"
    private void all() {
        try (var group = TaskGroup.open()) {
            Task<Integer> price = group.spawn(() -> ask("price", 20, 7));
            Task<Integer> stock = group.spawn(() -> ask("stock", 30, 5));
            group.join(); // both have ended
            IO.println("all: " + price.result() * stock.result());
        }
    }
    // @end

    // @start region="first"
    private void first() {
        try (var group = TaskGroup.open(Policy.FIRST_SUCCESS)) {
            group.spawn("slow mirror", () -> ask("mirror", 1_000, 1));
            group.spawn("quick mirror", () -> ask("mirror", 20, 2));
            group.join(); // one has a value, and the other was cancelled
            Task<?> winner = group.winner();
            IO.println("first: " + (winner == null ? "nobody" : winner.name()));
        }
    }
    // @end

    private void failure() {
        try {
            TaskGroup.run(group -> {
                group.spawn("sibling", () -> {
                    try {
                        return ask("sibling", 1_000, 1);
                    } finally {
                        shielded(() -> sleep(ofMillis(10)).await()); // cleaning up may wait
                        IO.println("failure: the sibling has cleaned up");
                    }
                });
                sleep(ofMillis(10)).await();
                throw new IllegalStateException("the body gives up");
            });
        } catch (TaskGroupException e) {
            IO.println("failure: " + e.failures());
        }
    }

    private void readiness() {
        TaskGroup.run(group -> {
            int port = group.<Integer>start("server", started -> {
                        sleep(ofMillis(10)).await(); // binding
                        started.started(8080);
                        sleep(Duration.ofDays(1)).await(); // serving
                    })
                    .await();
            IO.println("readiness: listening on port " + port);
            group.cancel("enough");
        });
    }

    private void outOfTime() {
        boolean ended = moveOn(
                ofMillis(20), () -> TaskGroup.run(group -> group.spawn(() -> ask("a server that hangs", 60_000, 0))));
        IO.println("out of time: " + (ended ? "it ended after all" : "moved on"));
    }

    private static int ask(String what, int millis, int answer) {
        sleep(ofMillis(millis)).await();
        IO.println("  " + what + " says " + answer);
        return answer;
    }
}
