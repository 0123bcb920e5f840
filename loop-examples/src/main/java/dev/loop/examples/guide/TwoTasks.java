package dev.loop.examples.guide;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.examples.cli.Where;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** How do two tasks share a thread, and a variable? */
@Command(name = "two-tasks", header = "Two tasks take turns on one thread and share a variable without a lock.")
public final class TwoTasks implements Callable<Integer> {

    private int total; // both tasks write it; between two waits nobody else runs

    @Override
    public Integer call() {
        // @start region="main"
        EventLoop.run(() -> {
            var one = spawn("one", () -> count("one"));
            var two = spawn("two", () -> count("two"));
            gather(one, two).await();
        });
        // @end
        IO.println("total " + total);
        return 0;
    }

    // @start region="count"
    private void count(String name) {
        for (int i = 1; i <= 3; i++) {
            total++;
            IO.println(name + " " + i + " on thread " + Where.thread());
            sleep(Duration.ofMillis(10)).await(); // the other task runs meanwhile
        }
    }
    // @end
}
