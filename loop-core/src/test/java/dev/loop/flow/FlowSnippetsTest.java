package dev.loop.flow;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the Javadoc shows, run. */
@Tag("both-engines")
class FlowSnippetsTest {

    private int calls;

    private String fetch() throws IOException {
        if (++calls < 3) {
            throw new IOException("no answer");
        }
        return "answer";
    }

    @Test
    void retry() {
        TestLoop.run(() -> {
            // @start region="retry"
            var retry = Retry.builder()
                    .attempts(5)
                    .backoff(ofMillis(200), 2, ofSeconds(10)) // 200 ms, 400 ms, 800 ms, …
                    .jitter(Jitter.FULL) // anything up to that
                    .retryOn(IOException.class)
                    .within(ofMinutes(1)) // all of it
                    .build();
            String answer = retry.call(() -> fetch()); // the same policy for any number of calls
            // @end
            assertThat(answer).isEqualTo("answer");
            assertThat(calls).isEqualTo(3);
        });
    }

    private void ping() {
        calls++;
    }

    private void clean() {
        calls += 1000;
    }

    @Test
    void periodic() {
        TestLoop.run(() -> {
            // @start region="periodic"
            try (var heartbeat = Periodic.atFixedRate(ofSeconds(30)).start(() -> ping());
                    var cleaning = Periodic.cron("0 4 * * MON-FRI").start(() -> clean())) {
                sleep(ofMinutes(10)).await(); // the program
                assertThat(heartbeat.statistics().runs()).isPositive();
            } // waits for a run that is under way
            // @end
            assertThat(calls % 1000).isBetween(20, 21);
        });
    }

    @Test
    void rate() {
        TestLoop.run(() -> {
            var instants = new ArrayList<Long>();
            // @start region="rate"
            var limiter = new RateLimiter(10, ofSeconds(1), 3); // ten in a second, three of them at once
            for (int i = 0; i < 5; i++) {
                limiter.acquire().await(); // three times at once, then every 100 ms
                instants.add(EventLoop.current().time() / 1_000_000);
            }
            // @end
            assertThat(instants).containsExactly(0L, 0L, 0L, 100L, 200L);
        });
    }
}
