package dev.loop.examples.guide;

import static dev.loop.Async.sleep;
import static dev.loop.Async.timeout;
import static java.time.Duration.ofMillis;

import dev.loop.EventLoop;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** In which order do timers fire, and how is code that waits tested without waiting? */
@Command(
        name = "timers",
        header = "Timers by deadline, a cancelled one, a time-out; with --virtual on a clock that jumps.")
public final class Timers implements Callable<Integer> {

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    @Override
    public Integer call() {
        // @start region="both"
        if (virtual) {
            TestLoop.run(this::timers);
        } else {
            EventLoop.run(this::timers);
        }
        // @end
        return 0;
    }

    private void timers() {
        EventLoop loop = EventLoop.current();
        long begin = loop.time();

        loop.callLater(ofMillis(100), () -> say(begin, "a timer of 100 ms"));
        loop.callLater(ofMillis(50), () -> say(begin, "a timer of 50 ms, set later"));
        var cancelled = loop.callLater(ofMillis(20), () -> say(begin, "never printed"));
        cancelled.cancel();

        sleep(ofMillis(200)).await();
        say(begin, "a task that slept for 200 ms");

        try {
            timeout(ofMillis(50), () -> sleep(Duration.ofDays(1)).await());
        } catch (TimeoutException e) {
            say(begin, "a sleep of a day: " + e.getMessage());
        }
    }

    private static void say(long begin, String what) {
        long now = EventLoop.current().time();
        IO.println("%4d ms  %s".formatted((now - begin) / 1_000_000, what));
    }
}
