package dev.loop;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks on a future: never inside the call that completes it, in the order of their registration. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DoneCallbackTest {

    private final List<String> order = new ArrayList<>();

    @Test
    @Tag("unseeded") // the place of a callSoon behind them is no promise
    void doneCallbacksRunAfterTheCompletionInTheOrderOfRegistration() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            IntStream.range(0, 10).forEach(i -> promise.addDoneCallback(f -> order.add(f.result() + i)));
            promise.complete("v");
            loop.callSoon(() -> order.add("later"));
            assertThat(order).isEmpty();
            yieldNow();
            assertThat(order).hasSize(11).startsWith("v0", "v1", "v2").endsWith("v9", "later");
        });
    }

    @Test
    void aCallbackRegisteredWhenItIsDoneRunsInTheNextTurn() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.cancel();
            promise.addDoneCallback(f -> order.add("cancelled " + f.isCancelled()));
            EventLoop.current().done().addDoneCallback(_ -> order.add("done"));
            assertThat(order).isEmpty();
            yieldNow();
            assertThat(order).containsExactlyInAnyOrder("cancelled true", "done");
        });
    }

    @Test
    void aCallbackGetsItsOwnFuture() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var seen = new ArrayList<Future<?>>();
            promise.addDoneCallback(seen::add);
            promise.complete("value");
            yieldNow();
            assertThat(seen).singleElement().isSameAs(promise);
        });
    }

    @Test
    void removingACallbackTellsHowOftenItWasRegistered() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Consumer<Future<String>> one = _ -> order.add("one");
            Consumer<Future<String>> two = _ -> order.add("two");
            assertThat(promise.removeDoneCallback(one)).isZero();
            promise.addDoneCallback(one);
            assertThat(promise.removeDoneCallback(two)).isZero();
            assertThat(promise.removeDoneCallback(one)).isEqualTo(1);
            for (int i = 0; i < 3; i++) {
                promise.addDoneCallback(one);
                promise.addDoneCallback(two);
            }
            assertThat(promise.removeDoneCallback(one)).isEqualTo(3);
            promise.complete("value");
            assertThat(promise.removeDoneCallback(two)).isZero();
            yieldNow();
            assertThat(order).containsExactly("two", "two", "two");
        });
    }

    @Test
    void callbacksMayAddAndRemoveCallbacks() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Consumer<Future<String>> last = _ -> order.add("last");
            promise.addDoneCallback(p -> {
                order.add("first");
                p.addDoneCallback(_ -> order.add("added"));
                assertThat(p.removeDoneCallback(last)).isZero(); // it is on its way already
            });
            promise.addDoneCallback(last);
            promise.complete("value");
            yieldNow();
            assertThat(order).containsExactly("first", "last");
            yieldNow();
            assertThat(order).containsExactly("first", "last", "added");
        });
    }
}
