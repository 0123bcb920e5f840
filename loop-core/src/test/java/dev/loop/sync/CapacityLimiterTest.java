package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitOn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens that are lent, one to each borrower. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CapacityLimiterTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void soManyTasksAtATime() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(2);
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 6; i++) {
                tasks.add(spawn(() -> {
                    try (var token = limiter.acquire().await()) {
                        assertThat(token.borrower()).isSameAs(currentTask());
                        assertThat(limiter.borrowed()).isLessThanOrEqualTo(2);
                        sleep(SECOND).await();
                    }
                }));
            }
            waitOn(tasks).await();
            tasks.forEach(task -> assertThat(task.exception()).isNull());
            assertThat(EventLoop.current().time())
                    .isEqualTo(Duration.ofSeconds(3).toNanos());
        });
    }

    @Test
    void aBorrowerHasOneTokenAndTheErrorNamesIt() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(1);
            CapacityLimiter.Token token = limiter.acquire("request 7").await();
            assertThatIllegalStateException()
                    .isThrownBy(() -> limiter.acquire(token.borrower()))
                    .withMessageContaining("request 7 has a token of CapacityLimiter[1 of 1 lent");
            var waits = new Object();
            Future<CapacityLimiter.Token> wait = limiter.acquire(waits);
            assertThatIllegalStateException()
                    .isThrownBy(() -> limiter.tryAcquire(waits))
                    .withMessageContaining("waits for a token");
            wait.cancel();
            Future<CapacityLimiter.Token> again = limiter.acquire(waits);
            token.close();
            token.close();
            assertThat(again.isDone()).isTrue();
            assertThat(again.cancel()).isTrue();
            assertThat(limiter.tryAcquire(waits)).isNotNull();
        });
    }

    @Test
    void outsideOfATaskTheBorrowerIsNamed() {
        try (EventLoop loop = EventLoop.create()) {
            var limiter = new CapacityLimiter(loop, 1);
            assertThatIllegalStateException()
                    .isThrownBy(limiter::tryAcquire)
                    .withMessageContaining("name the borrower");
            assertThat(limiter.tryAcquire("host")).isNotNull();
            assertThat(limiter.holders()).isEmpty();
            assertThat(limiter.holds()).hasSize(1);
        }
    }

    @Test
    void theTotalMayChangeWhileItIsInUse() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(2);
            var a = limiter.acquire("a").await();
            var b = limiter.acquire("b").await();
            Future<CapacityLimiter.Token> c = limiter.acquire("c");
            Future<CapacityLimiter.Token> d = limiter.acquire("d");
            limiter.setTotal(3);
            assertThat(c.isDone()).isTrue();
            limiter.setTotal(1);
            assertThat(limiter.borrowed()).isEqualTo(3);
            assertThat(limiter.available()).isZero();
            a.close();
            b.close();
            assertThat(d.isDone()).isFalse();
            c.await().close();
            assertThat(d.isDone()).isTrue();
            limiter.setTotal(0);
            assertThat(limiter.total()).isZero();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> limiter.setTotal(-1))
                    .withMessageContaining("-1 tokens");
        });
    }

    @Test
    void itTellsToWhomItHasLent() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(2);
            var token = limiter.acquire("a").await();
            assertThat(limiter.statistics()).isEqualTo(new CapacityLimiter.Statistics(2, 1, List.of("a"), 0));
            assertThat(limiter).hasToString("CapacityLimiter[1 of 2 lent, 0 waiting on test-loop]");
            assertThat(limiter.holders()).containsExactly(currentTask());
            token.close();
        });
    }
}
