package dev.loop;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What belongs to a loop ends when the loop closes, by tasks that may still await. */
class OnCloseTest {

    private final List<String> events = new ArrayList<>();

    @Test
    @Tag("both-engines")
    void aClosersWaitsWorkAndTheOtherTasksAreCancelledAfterIt() {
        var test = new TestLoop();
        test.loop().onClose(() -> {
            events.add("closing");
            sleep(Duration.ofSeconds(1)).await();
            events.add("closed");
        });
        test.runMain(() -> {
            Async.spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } finally {
                    events.add("cancelled");
                }
            });
            Async.yieldNow();
        });
        test.close();
        assertThat(events).containsExactly("closing", "closed", "cancelled");
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aCloserRunsOnALoopThatNeverRan() {
        var loop = EventLoop.create();
        loop.onClose(() -> events.add("closed"));
        loop.close();
        assertThat(events).containsExactly("closed");
    }

    @Test
    void aCloserThatWasTakenBackDoesNotRun() {
        try (var test = new TestLoop()) {
            Runnable takeBack = test.loop().onClose(() -> events.add("closed"));
            takeBack.run();
        }
        assertThat(events).isEmpty();
    }

    @Test
    void aCloserThatDoesNotEndHoldsTheCloseForTheLimitOnly() {
        var test = new TestLoop();
        test.loop().onClose(() -> sleep(Duration.ofHours(1)).await());
        test.loop().setExceptionHandler((_, context) -> events.add(context.message()));
        test.close();
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(10));
        assertThat(events).singleElement().asString().contains("did not end within PT10S");
    }

    @Test
    void aFailureOfACloserIsReported() {
        var test = new TestLoop();
        test.loop().onClose(() -> {
            throw new IllegalArgumentException("no");
        });
        assertThatThrownBy(test::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("IllegalArgumentException: no");
    }

    @Test
    void aTaskThatABlockedCallbackWaitsForIsCancelledBeforeTheClosersEnd() {
        var lock = new ReentrantLock();
        var test = new TestLoop();
        test.loop().onClose(() -> {
            Promise<String> answer = test.loop().promise();
            test.loop().callSoon(() -> answer.complete("from a callback"));
            events.add(answer.await());
        });
        test.runMain(() -> {
            Async.spawn(() -> {
                lock.lock();
                try {
                    sleep(Duration.ofHours(1)).await();
                } finally {
                    lock.unlock();
                }
            });
            Async.yieldNow();
            test.loop().callSoon(() -> {
                lock.lock(); // parks until the task is cancelled
                lock.unlock();
            });
            Async.yieldNow();
        });
        test.close();
        assertThat(events).containsExactly("from a callback");
        assertThat(test.elapsed()).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aClosedLoopTakesNoMoreClosers() {
        var loop = EventLoop.create();
        loop.close();
        assertThatThrownBy(() -> loop.onClose(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
