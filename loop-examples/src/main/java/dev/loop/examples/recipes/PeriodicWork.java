package dev.loop.examples.recipes;

import dev.loop.EventLoop;
import dev.loop.VoidBody;
import dev.loop.examples.cli.CountConverter;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.flow.Periodic;
import dev.loop.flow.PeriodicBuilder;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How is something done again and again, at a fixed rate and by the calendar? */
@Command(name = "periodic", header = "A fixed rate and a cron expression side by side; with --virtual at once.")
public final class PeriodicWork implements Callable<Integer> {

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--count",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many runs at the fixed rate (default: ${DEFAULT-VALUE}).")
    private int count = 8;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            converter = SecondsConverter.class,
            defaultValue = "0.4",
            description = "How far apart they are (default: ${DEFAULT-VALUE}).")
    private Duration interval = Duration.ofMillis(400);

    @Option(
            names = "--cron",
            paramLabel = "EXPRESSION",
            description = "Second, minute, hour, day of month, month, day of week (default: ${DEFAULT-VALUE}).")
    private String cron = "* * * * * ?";

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    private int runs;

    @Override
    public Integer call() {
        PeriodicBuilder atRate;
        PeriodicBuilder byCalendar;
        try {
            atRate = Periodic.atFixedRate(interval);
            byCalendar = Periodic.quartzCron(cron);
        } catch (IllegalArgumentException e) {
            throw spec == null ? e : new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        VoidBody<RuntimeException> main = () -> both(atRate, byCalendar);
        if (virtual) {
            TestLoop.run(main);
        } else {
            EventLoop.run(main);
        }
        return 0;
    }

    private void both(PeriodicBuilder atRate, PeriodicBuilder byCalendar) {
        // @start region="main"
        try (var calendar = byCalendar.start(() -> say("cron " + cron))) {
            var rate = new Periodic[1];
            rate[0] = atRate.start(() -> {
                say("run " + ++runs + " of " + count);
                if (runs == count) {
                    rate[0].stop(); // in a run: the run itself goes on to its end
                }
            });
            rate[0].join().await();
            IO.println(runs + " runs at a fixed rate, " + calendar.statistics().runs() + " by the calendar");
        } // close() stops the other one, and would wait for a run of it
        // @end
    }

    private static void say(String what) {
        var now = EventLoop.current().clock().now().atZone(ZoneId.systemDefault());
        IO.println(CLOCK.format(now) + "  " + what);
    }
}
