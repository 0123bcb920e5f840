package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Callbacks that wait for an outcome, and grants that pass through a limit; what the Reactor adapters stand on. */
@Tag("both-engines")
class AddWaiterTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void aWaiterIsCalledInTurnWithTheOtherCallbacks() {
        test.runMain(() -> {
            Promise<String> promise = loop.promise();
            promise.addDoneCallback(f -> trail.add("callback " + f.result()));
            promise.addWaiter(f -> trail.add("waiter " + f.result()));
            promise.complete("a");
            promise.addWaiter(f -> trail.add("late waiter " + f.result()));
            Async.yieldNow();
            Async.yieldNow();
        });
        assertThat(trail).containsExactly("callback a", "waiter a", "late waiter a");
    }

    @Test
    void aCancelledTaskOnlyLeavesAFutureWithAWaiterAndTakesOneWithACallbackAlong() {
        test.runMain(() -> {
            Promise<String> waitedFor = loop.promise();
            waitedFor.addWaiter(_ -> {});
            Promise<String> watched = loop.promise();
            watched.addDoneCallback(_ -> {});
            for (Promise<String> promise : List.of(waitedFor, watched)) {
                Task<String> task = Async.spawn(() -> promise.await());
                Async.yieldNow();
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            }
            assertThat(waitedFor.isDone()).isFalse();
            assertThat(watched.isCancelled()).isTrue();
        });
    }

    @Test
    void aFailureWithAWaiterIsNotReportedUntilTheWaiterIsTakenBack() {
        Consumer<Future<?>> waiter = _ -> {};
        Promise<String> waitedFor = loop.promise();
        waitedFor.addWaiter(waiter);
        waitedFor.fail(new IllegalStateException("somebody waits"));
        Promise<String> left = loop.promise();
        left.addWaiter(waiter);
        assertThat(left.removeDoneCallback(waiter)).isEqualTo(1);
        left.fail(new IllegalStateException("nobody waits"));
        loop.close();
        assertThat(test.reports()).extracting(r -> r.exception().getMessage()).containsExactly("nobody waits");
        test.reports().clear();
    }

    @Test
    void aGrantThatPassedALimitGoesBackUntilItIsRead() {
        var queue = new Queue<String>(loop, 10);
        test.runMain(() -> {
            Future<String> unread = Async.waitFor(queue.get(), Duration.ofSeconds(1));
            Future<String> read = Async.waitFor(queue.get(), Duration.ofSeconds(1));
            assertThat(queue.tryPut("a")).isTrue();
            assertThat(queue.tryPut("b")).isTrue();
            assertThat(read.await()).isEqualTo("b");
            assertThat(read.cancel()).isFalse();
            assertThat(unread.cancel()).isTrue();
            assertThat(unread.isCancelled()).isTrue();
            assertThat(queue.tryGet()).isEqualTo("a");
            assertThat(unread.cancel()).isFalse();
        });
    }
}
