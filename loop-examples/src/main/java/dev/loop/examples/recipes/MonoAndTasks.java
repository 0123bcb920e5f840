package dev.loop.examples.recipes;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.examples.cli.Where;
import dev.loop.queue.Queue;
import dev.loop.reactor.LoopScheduler;
import dev.loop.reactor.Monos;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import reactor.core.publisher.Mono;

/** How do tasks and Reactor's Mono work together? */
@Command(name = "mono-and-tasks", header = "A task awaits a Mono, a Mono runs a task, and both share a queue.")
public final class MonoAndTasks implements Callable<Integer> {

    private int steps; // tasks and operators both count here: they run on one thread

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            monoInTask(loop);
            taskAsMono(loop);
            sharedQueue();
        });
        IO.println(steps + " steps counted without a lock");
        return 0;
    }

    private void monoInTask(EventLoop loop) {
        // @start region="mono-in-task"
        var greeting = Mono.just("hello")
                .delayElement(ofMillis(10), LoopScheduler.of(loop)) // on the loop's timers, not on a pool
                .map(word -> step(word + ", Mono"));
        IO.println("a task awaited a Mono: " + Monos.await(greeting));
        // @end
    }

    private void taskAsMono(EventLoop loop) {
        // @start region="task-as-mono"
        Mono<Integer> answer = Monos.task(
                loop,
                () -> { // cold: a task for each subscriber
                    sleep(ofMillis(10)).await();
                    return step(21);
                });
        var sum = Mono.zip(answer, answer, Integer::sum);
        IO.println("two tasks behind a Mono gave " + Monos.await(sum));
        // @end
    }

    private void sharedQueue() {
        // @start region="queue"
        var queue = new Queue<String>(1); // room for one: the producer waits for the consumer
        var producer = spawn(() -> {
            for (String word : new String[] {"one", "two", "three"}) {
                queue.put(step(word)).await();
            }
        });
        var words = Monos.from(queue::get).repeat(2).map(this::step).collectList();
        IO.println("a queue between both gave " + Monos.await(words));
        producer.await();
        // @end
    }

    private <T> T step(T value) {
        steps++;
        IO.println("  step " + steps + " with " + value + " on thread " + Where.thread());
        return value;
    }
}
