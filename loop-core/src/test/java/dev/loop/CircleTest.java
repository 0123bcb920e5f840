package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that wait for each other: a cancel breaks the circle, and tells of nothing that was only its own doing. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CircleTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    /** Two tasks, the first of which waits for the other with a limit; it is cancelled. */
    private static List<ExceptionContext> reportsAfter(VoidBody<Exception> answer) {
        var test = new TestLoop();
        test.runMain(() -> {
            var tasks = new Task<?>[2];
            tasks[0] = spawn("limited", () -> waitFor(tasks[1], SECOND).await());
            tasks[1] = spawn("plain", () -> {
                try {
                    tasks[0].await();
                } catch (CancelledException e) {
                    answer.run();
                }
            });
            yieldNow();
            tasks[0].cancel("break it");
            yieldNow();
            assertThat(tasks[0].isCancelled()).isTrue();
            tasks[1].join().await();
            sleep(SECOND).await();
            assertThat(EventLoop.current().timers.size()).isZero();
        });
        catchThrowable(test::close);
        return test.reports();
    }

    @Test
    void theLimitOfAWaitThatWasLeftIsOfNoInterest() {
        assertThat(reportsAfter(() -> sleep(SECOND.multipliedBy(3)).await())).isEmpty();
    }

    @Test
    void norIsItsCancel() {
        assertThat(reportsAfter(() -> {
                    throw new CancelledException("too");
                }))
                .isEmpty();
    }

    @Test
    void aFailureThatTheWaitWouldHaveTakenIsTheTasksOwn() {
        assertThat(reportsAfter(() -> {
                    throw BOOM;
                }))
                .singleElement()
                .satisfies(report -> {
                    assertThat(report.exception()).isSameAs(BOOM);
                    assertThat(report.message()).contains("Task[plain");
                });
    }
}
