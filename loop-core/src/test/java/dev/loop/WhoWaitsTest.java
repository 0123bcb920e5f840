package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a future is made of, what a task waits for, and where it stands. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WhoWaitsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    // --- what a future is made of

    @Test
    void aCombinatorNamesWhatItStillWaitsForOnceAndInTheOrderOfTheArguments() {
        TestLoop.run(() -> {
            Promise<String> a = EventLoop.current().promise();
            Promise<String> b = EventLoop.current().promise();
            Future<?> all = gather(b, a, EventLoop.current().done(), b);
            assertThat(all.dependencies()).containsExactly(b, a);
            b.complete("value");
            assertThat(all.dependencies()).containsExactly(a);
            a.complete("value");
            assertThat(all.dependencies()).isEmpty();
        });
    }

    @Test
    void aLimitAndAShieldNameTheOneInside() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<String> limited = waitFor(promise, SECOND);
            Future<String> shield = shield(promise);
            assertThat(limited.dependencies()).containsExactly(promise);
            assertThat(shield.dependencies()).containsExactly(promise);
            shield.cancel();
            assertThat(shield.dependencies()).isEmpty();
            promise.complete("value");
        });
    }

    @Test
    void whatIsNotMadeOfFuturesNamesNone() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(SECOND).await());
            yieldNow();
            assertThat(task.dependencies()).isEmpty();
            assertThat(EventLoop.current().promise().dependencies()).isEmpty();
        });
    }

    // --- what a task waits for

    @Test
    void aTaskNamesTheFutureOfTheWaitThatItIsIn() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<String> task = spawn(() -> promise.await());
            assertThat(task.awaiting()).as("before its first step").isNull();
            yieldNow();
            assertThat(task.awaiting()).isSameAs(promise);
            promise.complete("value");
            assertThat(task.awaiting()).as("ready").isNull();
            assertThat(currentTask().awaiting()).as("running").isNull();
            task.await();
            assertThat(task.awaiting()).as("done").isNull();
        });
    }

    @Test
    void aTaskThatWasCancelledOutOfAWaitWaitsForItNoMore() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.addWaiter(_ -> {});
            Task<String> task = spawn(() -> promise.await());
            yieldNow();
            task.cancel();
            assertThat(task.awaiting()).isNull();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
        });
    }

    // --- where it stands

    private static void inner() {
        sleep(SECOND).await();
    }

    private static List<String> methods(List<StackTraceElement> stack) {
        return stack.stream().map(StackTraceElement::getMethodName).toList();
    }

    @Test
    void theStackIsThatOfTheBodyAlone() {
        TestLoop.run(() -> {
            Task<?> task = spawn(WhoWaitsTest::inner);
            assertThat(task.stack()).as("before its first step").isEmpty();
            yieldNow();
            assertThat(methods(task.stack())).containsExactly("await", "inner");
            task.await();
            assertThat(task.stack()).as("done").isEmpty();
        });
    }

    @Test
    void aTaskSeesItsOwnStack() {
        TestLoop.run(() -> {
            Task<List<StackTraceElement>> task = spawn(WhoWaitsTest::own);
            assertThat(methods(task.await())).containsExactly("own");
        });
    }

    private static List<StackTraceElement> own() {
        return currentTask().stack();
    }

    @Test
    void aTaskThatGivesWayHasAStackToo() {
        TestLoop.run(() -> {
            var seen = new ArrayList<String>();
            Task<?> task = spawn(WhoWaitsTest::givesWay);
            EventLoop.current().callSoon(() -> seen.addAll(methods(task.stack())));
            task.await();
            assertThat(seen).containsExactly("yieldNow", "givesWay");
        });
    }

    private static void givesWay() {
        yieldNow();
    }
}
