package dev.loop.generator;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What the Javadoc of this package shows. */
class GeneratorSnippetsTest {

    @Test
    void aGeneratorThatIsSentValues() {
        // @start region="generator"
        Generator<Double, Double, String> average = Generator.of(out -> {
            double sum = 0;
            int count = 0;
            Double sent = out.yield(0.0); // stops here until somebody asks again
            while (sent != null) {
                sum += sent;
                sent = out.yield(sum / ++count);
            }
            return count + " values";
        });
        average.next(); // runs to the first yield
        double first = average.send(10.0);
        double second = average.send(20.0);
        boolean more = average.hasNext(); // sends nothing, so the body ends
        String result = average.result();
        // @end
        assertThat(first).isEqualTo(10);
        assertThat(second).isEqualTo(15);
        assertThat(more).isFalse();
        assertThat(result).isEqualTo("2 values");
    }

    @Test
    void aGeneratorThatAwaits() {
        var seen = new ArrayList<Integer>();
        TestLoop.run(() -> {
            // @start region="async"
            try (var ticks = AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 1; ; i++) {
                    sleep(Duration.ofSeconds(1)).await();
                    out.yield(i);
                }
            })) {
                for (int tick : ticks) { // waits with the body
                    seen.add(tick);
                    if (tick == 3) {
                        break; // the end of the try block closes the generator
                    }
                }
            }
            // @end
        });
        assertThat(seen).containsExactly(1, 2, 3);
    }
}
