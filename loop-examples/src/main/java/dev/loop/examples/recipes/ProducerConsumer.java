package dev.loop.examples.recipes;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.TaskGroup;
import dev.loop.examples.cli.CountConverter;
import dev.loop.queue.Channel;
import dev.loop.queue.Receiver;
import dev.loop.queue.Sender;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How do quick producers wait for slow consumers, and how do all of them end? */
@Command(
        name = "producer-consumer",
        header = "Producers that wait for consumers over a bounded channel, and an orderly end.")
public final class ProducerConsumer implements Callable<Integer> {

    private static final Duration TO_MAKE = ofMillis(10); // quicker than the consumers
    private static final Duration TO_USE = ofMillis(50);

    @Option(
            names = "--producers",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many produce (default: ${DEFAULT-VALUE}).")
    private int producers = 3;

    @Option(
            names = "--consumers",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many consume (default: ${DEFAULT-VALUE}).")
    private int consumers = 2;

    @Option(
            names = "--items",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many items each of them makes (default: ${DEFAULT-VALUE}).")
    private int items = 3;

    @Option(
            names = "--capacity",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many items fit between them (default: ${DEFAULT-VALUE}).")
    private int capacity = 2;

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    private long begin;
    private long waited; // milliseconds that the producers have waited for room; all of them count here, on one thread
    private int consumed;

    @Override
    public Integer call() {
        if (virtual) {
            TestLoop.run(this::run);
        } else {
            EventLoop.run(this::run);
        }
        return 0;
    }

    // @start region="ends"
    private void run() {
        begin = EventLoop.current().time();
        var channel = new Channel<String>(capacity);
        try (var group = TaskGroup.open()) {
            for (int p = 1; p <= producers; p++) {
                int number = p;
                Sender<String> sender = channel.sender(); // the channel ends when the last of these is closed
                group.spawn("producer " + number, () -> produce(number, sender));
            }
            for (int c = 1; c <= consumers; c++) {
                String name = "consumer " + c;
                Receiver<String> receiver = channel.receiver();
                group.spawn(name, () -> consume(name, receiver));
            }
            group.join();
        }
        IO.println("%d of %d items arrived, at most %d were under way; the producers waited %d ms for room"
                .formatted(consumed, producers * items, channel.statistics().peak(), waited));
    }
    // @end

    // @start region="produce"
    private void produce(int number, Sender<String> sender) {
        String name = "producer " + number;
        try (sender) {
            for (int i = 1; i <= items; i++) {
                sleep(TO_MAKE).await();
                String item = number + "." + i;
                long before = EventLoop.current().time();
                sender.send(item).await(); // back-pressure: it waits here while the channel is full
                long wait = (EventLoop.current().time() - before) / 1_000_000;
                waited += wait;
                say(name, "sent " + item + (wait == 0 ? "" : " after " + wait + " ms"), sender.channel());
            }
        }
        say(name, "has ended", sender.channel());
    }
    // @end

    // @start region="consume"
    private void consume(String name, Receiver<String> receiver) {
        try (receiver) {
            for (String item : receiver) { // until the last producer has ended and nothing is left
                sleep(TO_USE).await();
                consumed++;
                say(name, "used " + item, receiver.channel());
            }
        }
        say(name, "has ended", receiver.channel());
    }
    // @end

    private void say(String who, String what, Channel<?> channel) {
        Channel.Statistics now = channel.statistics();
        IO.println("%4d ms  %-12s%-24s[%-8s] %d waiting"
                .formatted(
                        (EventLoop.current().time() - begin) / 1_000_000,
                        who,
                        what,
                        "#".repeat(Math.min(8, now.items())),
                        now.waitingSenders()));
    }
}
