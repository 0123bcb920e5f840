package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Points in a loop's time: what is left, which is nearer, and the one that does not come. */
@Tag("both-engines")
class DeadlineTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void itSaysWhatIsLeftAndWhetherItHasCome() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Deadline deadline = Deadline.after(SECOND);
                assertThat(deadline.when()).isEqualTo(SECOND.toNanos());
                assertThat(deadline.remaining()).isEqualTo(SECOND);
                assertThat(deadline.hasPassed()).isFalse();
                test.clock().advance(SECOND);
                assertThat(deadline.hasPassed()).isTrue();
                test.clock().advance(SECOND);
                assertThat(deadline.remaining()).isEqualTo(SECOND.negated());
            });
        }
    }

    @Test
    void theOneThatDoesNotComeIsNoPointInTime() {
        TestLoop.run(() -> {
            Deadline tooLong = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE));
            assertThat(tooLong).isSameAs(Deadline.never());
            assertThat(tooLong.isNever()).isTrue();
            assertThat(tooLong.hasPassed()).isFalse();
            assertThat(tooLong.remaining()).isEqualTo(Duration.ofSeconds(Long.MAX_VALUE));
            assertThatIllegalStateException().isThrownBy(tooLong::when).withMessageContaining("isNever()");
        });
    }

    @Test
    void theNearerOfTwo() {
        Deadline near = Deadline.at(1);
        Deadline far = Deadline.at(2);
        assertThat(near.orEarlier(far)).isSameAs(near);
        assertThat(far.orEarlier(near)).isSameAs(near);
        assertThat(far.orEarlier(Deadline.never())).isSameAs(far);
        assertThat(Deadline.never().orEarlier(far)).isSameAs(far);
        // clocks count in nanoseconds that may wrap
        assertThat(Deadline.at(Long.MAX_VALUE).orEarlier(Deadline.at(Long.MIN_VALUE)))
                .isEqualTo(Deadline.at(Long.MAX_VALUE));
    }

    @Test
    void equalPointsAreEqualAndNoneEqualsNever() {
        assertThat(Deadline.at(0)).isEqualTo(Deadline.at(0)).hasSameHashCodeAs(Deadline.at(0));
        assertThat(Deadline.at(0)).isNotEqualTo(Deadline.never()).isNotEqualTo(Deadline.at(1));
    }

    @Test
    void outsideOfALoopThereIsNoNow() {
        assertThatIllegalStateException().isThrownBy(() -> Deadline.after(SECOND));
        assertThatIllegalStateException().isThrownBy(() -> Deadline.at(1).remaining());
    }
}
