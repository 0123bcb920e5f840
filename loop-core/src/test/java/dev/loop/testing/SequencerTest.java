package dev.loop.testing;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Steps of several tasks in one order. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SequencerTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void stepsRunInTheOrderOfTheirNumbersWhoeverComesFirst() {
        TestLoop.explore(20, () -> {
            order.clear();
            var sequence = new Sequencer();
            var tasks = new ArrayList<Task<?>>();
            for (int i = 9; i >= 0; i--) {
                int n = i;
                tasks.add(spawn(() -> {
                    sequence.at(n);
                    order.add("" + n);
                }));
            }
            gather(tasks).await();
            assertThat(order).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        });
    }

    @Test
    void aStepWithABodyHoldsTheNextOneBackUntilItHasEnded() {
        TestLoop.run(() -> {
            var sequence = new Sequencer();
            var second = spawn(() -> sequence.at(1, () -> order.add("1")));
            sequence.at(0, () -> {
                order.add("0 begins");
                sleep(Duration.ofSeconds(1)).await();
                order.add("0 ends");
            });
            second.await();
            assertThat(order).containsExactly("0 begins", "0 ends", "1");
        });
    }

    @Test
    void aStepThatFailsPassesTheTurnOnAllTheSame() {
        TestLoop.run(() -> {
            var sequence = new Sequencer();
            var second = spawn(() -> sequence.at(1, () -> order.add("1")));
            assertThatIllegalStateException()
                    .isThrownBy(() -> sequence.at(0, () -> {
                        throw new IllegalStateException("step");
                    }))
                    .withMessage("step");
            second.await();
            assertThat(order).containsExactly("1");
        });
    }

    @Test
    void aNumberIsForOneStep() {
        TestLoop.run(() -> {
            var sequence = new Sequencer();
            sequence.at(0);
            assertThatIllegalStateException().isThrownBy(() -> sequence.at(0)).withMessageContaining("two steps at 0");
            var waits = spawn(() -> sequence.at(2));
            yieldNow();
            assertThatIllegalStateException().isThrownBy(() -> sequence.at(2)).withMessageContaining("two steps at 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> sequence.at(-1))
                    .withMessageContaining("-1");
            sequence.at(1);
            waits.await();
            assertThat(sequence).hasToString("Sequencer[at 3, 0 waiting]");
        });
    }

    @Test
    void aCancelledWaitBreaksTheSequenceSoThatNobodyHangs() {
        TestLoop.run(() -> {
            var sequence = new Sequencer();
            var cancelled = spawn("cancelled", () -> sequence.at(1));
            var later = spawn(() -> sequence.at(2));
            yieldNow();
            cancelled.cancel();
            assertThatThrownBy(cancelled::await).isInstanceOf(CancelledException.class);
            assertThatIllegalStateException()
                    .isThrownBy(later::await)
                    .withMessageContaining("broken")
                    .withMessageContaining("1")
                    .withMessageContaining("cancelled");
            assertThatIllegalStateException().isThrownBy(() -> sequence.at(0)).withMessageContaining("broken");
        });
    }

    @Test
    void aTurnThatNobodyTakesIsADeadlock() {
        assertThatThrownBy(() -> TestLoop.run(() -> new Sequencer().at(1))).isInstanceOf(DeadlockError.class);
    }

    @Test
    void itNeedsALoop() {
        assertThatIllegalStateException().isThrownBy(Sequencer::new).withMessageContaining("no event loop");
        try (var test = new TestLoop()) {
            var sequence = new Sequencer(test.loop());
            test.runMain(() -> sequence.at(0));
            assertThat(EventLoop.currentOrNull()).isNull();
        }
    }
}
