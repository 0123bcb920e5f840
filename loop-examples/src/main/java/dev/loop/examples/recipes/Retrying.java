package dev.loop.examples.recipes;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.loop.EventLoop;
import dev.loop.VoidBody;
import dev.loop.examples.cli.CountConverter;
import dev.loop.flow.Jitter;
import dev.loop.flow.Retry;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How is a call that fails now and then tried again? */
@Command(name = "retry", header = "A flaky call is tried again, with a back-off that grows; with --virtual at once.")
public final class Retrying implements Callable<Integer> {

    @Option(
            names = "--failures",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How often the call fails before it succeeds (default: ${DEFAULT-VALUE}).")
    private int failures = 3;

    @Option(
            names = "--attempts",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many attempts are made at most (default: ${DEFAULT-VALUE}).")
    private int attempts = 5;

    @Option(
            names = "--jitter",
            paramLabel = "KIND",
            description = "How much chance is in the delays: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Jitter jitter = Jitter.NONE;

    @Option(names = "--virtual", description = "Run on the test loop: nothing waits, and the times are exact.")
    private boolean virtual;

    private int calls;

    @Override
    public Integer call() {
        VoidBody<RuntimeException> main = this::ask;
        if (virtual) {
            TestLoop.run(main);
        } else {
            EventLoop.run(main);
        }
        return calls > failures ? 0 : 1;
    }

    private void ask() {
        // @start region="main"
        var retry = Retry.builder()
                .attempts(attempts)
                .backoff(ofMillis(100), 2, ofSeconds(5)) // 100 ms, 200 ms, 400 ms, … and never more than 5 s
                .jitter(jitter)
                .retryOn(IOException.class)
                .onFailure(Retrying::tell)
                .build();
        try {
            IO.println("the answer is " + retry.call(this::flakyCall));
        } catch (IOException e) {
            IO.println(e.getSuppressed().length == 0 ? e.getMessage() : e.getSuppressed()[0].getMessage());
        }
        // @end
    }

    private String flakyCall() throws IOException {
        if (++calls <= failures) {
            throw new IOException("no answer to call " + calls);
        }
        return "42";
    }

    private static void tell(Retry.FailedAttempt failed) {
        var next = failed.nextDelay();
        IO.println("%5d ms  attempt %d: %s; %s"
                .formatted(
                        failed.elapsed().toMillis(),
                        failed.attempt(),
                        failed.failure().getMessage(),
                        next == null ? "that was the last one" : "the next one in " + next.toMillis() + " ms"));
    }
}
