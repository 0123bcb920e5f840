package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static dev.loop.queue.Clause.after;
import static dev.loop.queue.Clause.get;
import static dev.loop.queue.Clause.orElse;
import static dev.loop.queue.Clause.put;
import static dev.loop.queue.Clause.receive;
import static dev.loop.queue.Clause.send;
import static dev.loop.queue.Clause.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Exactly one of several things happens. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SelectTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static Channel<String> channelWith(int capacity, String... items) {
        var channel = new Channel<String>(capacity);
        for (String item : items) {
            assertThat(channel.trySend(item)).isTrue();
        }
        return channel;
    }

    private static void assertNobodyWaits(Channel<?>... channels) {
        for (Channel<?> channel : channels) {
            assertThat(channel.statistics().waitingReceivers()).isZero();
            assertThat(channel.statistics().waitingSenders()).isZero();
        }
    }

    // --- what is ready

    @Test
    void ofThoseThatAreReadyTheFirstOneWins() {
        TestLoop.run(() -> {
            var empty = channelWith(1);
            var one = channelWith(2, "a", "b");
            var two = channelWith(2, "c");
            for (int i = 0; i < 2; i++) {
                order.add(Select.first(
                        receive(empty, x -> "empty " + x),
                        receive(one, x -> "one " + x),
                        receive(two, x -> "two " + x)));
            }
            assertThat(order).containsExactly("one a", "one b");
            assertThat(two.size()).isEqualTo(1);
            assertNobodyWaits(empty, one, two);
        });
    }

    @Test
    void aFairOneTakesTurns() {
        TestLoop.run(() -> {
            var one = channelWith(3, "1", "2", "3");
            var two = channelWith(3, "a", "b", "c");
            Select.Fair fair = Select.fair();
            for (int i = 0; i < 7; i++) {
                order.add(fair.first(receive(one, x -> x), receive(two, x -> x), orElse(() -> "none")));
            }
            assertThat(order).containsExactly("1", "a", "2", "b", "3", "c", "none");
            Choice<String> choice = fair.choose(receive(one, x -> x), send(two, "d", () -> "sent"))
                    .await();
            assertThat(choice.index()).isEqualTo(1);
            assertThat(choice.run()).isEqualTo("sent");
            assertThat(choice).hasToString("Choice[clause 1]");
        });
    }

    @Test
    void whatIsReadyDoesNotGiveWay() {
        TestLoop.run(() -> {
            EventLoop.current().callSoon(() -> order.add("other"));
            var channel = channelWith(1, "a");
            assertThat(Select.<String>first(receive(channel, x -> x), after(SECOND, () -> "late")))
                    .isEqualTo("a");
            assertThat(order).isEmpty();
        });
    }

    @Test
    void ifNothingIsReadyThereIsAnElse() {
        TestLoop.run(() -> {
            var empty = channelWith(1);
            var full = channelWith(1, "a");
            assertThat(Select.<String>first(
                            receive(empty, x -> x), send(full, "b", () -> "sent"), orElse(() -> "nothing is ready")))
                    .isEqualTo("nothing is ready");
            assertThat(Select.<String>first(orElse(() -> "always"))).isEqualTo("always");
            assertNobodyWaits(empty, full);
            assertThat(full.size()).isEqualTo(1);
        });
    }

    // --- what comes

    @Test
    void theFirstThatComesWinsAndTheOthersHaveNotBegun() {
        TestLoop.run(() -> {
            var in = channelWith(1);
            var out = channelWith(1, "full");
            var queue = new Queue<String>(1);
            EventLoop.current().callLater(SECOND, () -> {
                assertThat(out.tryReceive()).isEqualTo("full");
                assertNobodyWaits(in, out); // in the same moment
                assertThat(queue.statistics().getters()).isZero();
                assertThat(in.trySend("too late") && queue.tryPut("too late")).isTrue();
            });
            String won = Select.first(
                    receive(in, x -> "received " + x),
                    get(queue, x -> "got " + x),
                    send(out, "mine", () -> "sent"),
                    after(Duration.ofHours(1), () -> "time"));
            assertThat(won).isEqualTo("sent");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
            assertThat(out.tryReceive()).isEqualTo("mine");
            assertThat(in.tryReceive()).isEqualTo("too late");
            assertThat(queue.tryGet()).isEqualTo("too late");
        });
    }

    @Test
    void aTimeCanBeTheFirst() {
        TestLoop.run(() -> {
            var channel = channelWith(1);
            assertThat(Select.<String>first(receive(channel, x -> x), after(SECOND, () -> "late")))
                    .isEqualTo("late");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
            assertThat(Select.<String>first(receive(channel, x -> x), after(Duration.ZERO, () -> "at once")))
                    .isEqualTo("at once");
            assertNobodyWaits(channel);
        });
    }

    @Test
    void aFutureCanBeTheFirstAndGoesOnIfItIsNot() {
        TestLoop.run(() -> {
            var channel = channelWith(1);
            Task<String> task = spawn(() -> sleep(SECOND, "the task").await());
            assertThat(Select.<String>first(
                            receive(channel, x -> x), after(SECOND.dividedBy(2), () -> "time"), when(task, x -> x)))
                    .isEqualTo("time");
            assertThat(Select.<String>first(receive(channel, x -> x), when(task, x -> x)))
                    .isEqualTo("the task");
            assertThat(Select.<String>first(receive(channel, x -> x), when(task, x -> x)))
                    .isEqualTo("the task");
            assertNobodyWaits(channel);
            Task<String> fails = spawn(() -> {
                throw new IOException("boom");
            });
            assertThatThrownBy(() -> Select.<String>first(receive(channel, x -> x), when(fails, x -> x)))
                    .hasRootCauseMessage("boom");
        });
    }

    @Test
    void twoSelectsMeetAtARendezvous() {
        TestLoop.run(() -> {
            var channel = channelWith(0);
            var other = channelWith(0);
            Task<String> one =
                    spawn(() -> Select.first(receive(other, x -> x), receive(channel, x -> "received " + x)));
            yieldNow();
            Task<String> two = spawn(() -> Select.first(receive(other, x -> x), send(channel, "item", () -> "sent")));
            assertThat(gather(one, two).await()).containsExactly("received item", "sent");
            assertNobodyWaits(channel, other);
        });
    }

    @Test
    void aSelectDoesNotMeetItself() {
        TestLoop.run(() -> {
            var channel = channelWith(0);
            Task<String> one = spawn(
                    () -> Select.first(receive(channel, x -> "received " + x), send(channel, "mine", () -> "sent")));
            sleep(SECOND).await();
            assertThat(one.isDone()).isFalse();
            assertThat(channel.tryReceive()).isEqualTo("mine");
            assertThat(one.await()).isEqualTo("sent");
            assertNobodyWaits(channel);
        });
    }

    @Test
    void queuesOfEveryKindCanStandThere() {
        TestLoop.run(() -> {
            var queue = new PriorityQueue<Integer>(1);
            assertThat(Select.<String>first(get(queue, x -> "got"), put(queue, 1, () -> "put")))
                    .isEqualTo("put");
            assertThat(Select.<String>first(put(queue, 2, () -> "put"), get(queue, x -> "got " + x)))
                    .isEqualTo("got 1");
            queue.shutdown();
            assertThatThrownBy(() -> Select.<String>first(put(queue, 2, () -> "put")))
                    .isInstanceOf(QueueShutdownException.class);
        });
    }

    @Test
    void aComparatorThatGivesWayHidesNothingFromIt() {
        TestLoop.run(() -> {
            var channel = channelWith(2);
            var fill = new boolean[1];
            var queue = new PriorityQueue<Integer>(2, (one, other) -> {
                if (fill[0]) {
                    fill[0] = false;
                    yieldNow();
                }
                return Integer.compare(one, other);
            });
            queue.put(1).await();
            EventLoop.current()
                    .callSoon(() -> assertThat(channel.trySend("meanwhile")).isTrue());
            EventLoop.current().callSoon(() -> assertThat(queue.tryPut(2)).isTrue());
            fill[0] = true;
            String won =
                    Select.first(receive(channel, x -> x), put(queue, 3, () -> "put"), after(SECOND, () -> "late"));
            assertThat(won).isEqualTo("meanwhile");
            assertNobodyWaits(channel);
            assertThat(queue.size()).isEqualTo(2);
        });
    }

    // --- cancels

    @Test
    void aCancelWithdrawsAll() {
        TestLoop.run(() -> {
            var in = channelWith(1);
            var out = channelWith(1, "full");
            Task<String> task = spawn(
                    () -> Select.first(receive(in, x -> x), send(out, "mine", () -> "sent"), after(SECOND, () -> "")));
            yieldNow();
            task.cancel();
            assertNobodyWaits(in, out);
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThatThrownBy(() -> timeout(SECOND, () -> Select.<String>first(receive(in, x -> x))))
                    .isInstanceOf(TimeoutException.class);
            assertNobodyWaits(in, out);
            assertThat(out.tryReceive()).isEqualTo("full");
            assertThat(out.tryReceive()).isNull();
        });
    }

    @Test
    void aTaskCancelledInTheTurnOfTheGrantHasItsItem() {
        TestLoop.run(() -> {
            var one = channelWith(1);
            var two = channelWith(1);
            Task<String> task = spawn(() -> Select.first(receive(one, x -> x), receive(two, x -> x)));
            yieldNow();
            assertThat(two.trySend("a")).isTrue();
            task.cancel();
            assertThat(one.trySend("b")).isTrue();
            assertThat(task.await()).isEqualTo("a");
            assertThat(one.tryReceive()).isEqualTo("b");
        });
    }

    @Test
    void aChoiceThatNobodyHasReadGivesItsItemBack() {
        TestLoop.run(() -> {
            for (int capacity : new int[] {0, 2}) {
                var one = channelWith(capacity);
                var two = channelWith(capacity);
                Future<Choice<String>> choice = Select.choose(receive(one, x -> x), receive(two, x -> x));
                Future<String> next = two.receive();
                assertThat(two.trySend("a")).isTrue();
                assertThat(choice.isDone()).isTrue();
                assertThat(choice.cancel()).isTrue();
                assertThat(next.await()).isEqualTo("a");
                assertNobodyWaits(one, two);
            }
            var ready = channelWith(2, "a", "b");
            Future<Choice<String>> choice = Select.choose(receive(ready, x -> x));
            assertThat(choice.cancel()).isTrue();
            assertThat(ready.tryReceive()).isEqualTo("a");
            Future<Choice<String>> limited = waitFor(Select.choose(receive(ready, x -> x)), SECOND);
            assertThat(limited.cancel()).isTrue();
            assertThat(ready.tryReceive()).isEqualTo("b");
        });
    }

    @Test
    void aChoiceThatHasSentRefusesACancel() {
        TestLoop.run(() -> {
            var out = channelWith(0);
            Future<Choice<String>> choice = Select.choose(send(out, "mine", () -> "sent"), after(SECOND, () -> "time"));
            assertThat(out.tryReceive()).isEqualTo("mine");
            assertThat(choice.cancel()).isFalse();
            assertThat(choice.await().run()).isEqualTo("sent");
            Future<Choice<String>> atOnce = Select.choose(send(channelWith(1), "mine", () -> "sent"));
            assertThat(atOnce.cancel()).isFalse();
            assertThat(atOnce.await().run()).isEqualTo("sent");
        });
    }

    @Test
    void aFutureThatWonIsLeftAloneByACancel() {
        TestLoop.run(() -> {
            Promise<String> theirs = EventLoop.current().promise();
            Future<Choice<String>> choice = Select.choose(when(theirs, x -> x));
            theirs.complete("theirs");
            assertThat(choice.cancel()).isTrue();
            assertThat(theirs.await()).isEqualTo("theirs");
        });
    }

    // --- what was closed

    @Test
    void aClauseOnWhatWasClosedIsReady() {
        TestLoop.run(() -> {
            var empty = channelWith(1);
            var closed = channelWith(1, "last");
            closed.close();
            assertThat(Select.<String>first(receive(empty, x -> x), receive(closed, x -> x)))
                    .isEqualTo("last");
            assertThatThrownBy(() -> Select.<String>first(receive(empty, x -> x), receive(closed, x -> x)))
                    .isInstanceOf(ChannelClosedException.class);
            assertThatThrownBy(() -> Select.<String>first(receive(empty, x -> x), send(closed, "more", () -> "")))
                    .isInstanceOf(ChannelClosedException.class);
            assertNobodyWaits(empty);
        });
    }

    @Test
    void aCloseWhileItWaitsEndsIt() {
        TestLoop.run(() -> {
            var one = channelWith(1);
            var two = channelWith(1);
            Task<String> task = spawn(() -> Select.first(receive(one, x -> x), receive(two, x -> x)));
            yieldNow();
            two.close(new IOException("gone"));
            assertNobodyWaits(one);
            assertThatThrownBy(task::await)
                    .isInstanceOf(ChannelClosedException.class)
                    .hasRootCauseMessage("gone");
        });
    }

    @Test
    void aClauseCanSayWhatToDoAtTheEnd() {
        TestLoop.run(() -> {
            var left = channelWith(1, "left");
            var right = new Channel<String>();
            Sender<String> sender = right.sender();
            EventLoop.current().callLater(SECOND, () -> {
                assertThat(sender.trySend("right")).isTrue();
                sender.close();
            });
            left.close();
            Receiver<String> receiver = right.receiver();
            for (int i = 0; i < 2; i++) {
                order.add(Select.first(receive(left, x -> x, _ -> "left has ended"), receive(receiver, x -> x)));
            }
            for (int i = 0; i < 2; i++) {
                order.add(Select.first(receive(receiver, x -> x, e -> "right has ended, cause " + e.getCause())));
            }
            assertThat(order).containsExactly("left", "left has ended", "right", "right has ended, cause null");
            receiver.close();
            assertThatThrownBy(() -> Select.<String>first(send(sender, "more", () -> "")))
                    .hasMessageContaining("this sender was closed");
        });
    }

    // --- the code of a clause

    @Test
    void theCodeRunsInTheTaskThatSelects() {
        TestLoop.run(() -> {
            var channel = channelWith(0);
            Task<Task<?>> task = spawn(() -> Select.first(receive(channel, _ -> {
                sleep(SECOND).await();
                return dev.loop.Async.currentTask();
            })));
            yieldNow();
            assertThat(channel.trySend("a")).isTrue();
            assertThat(task.await()).isSameAs(task);
        });
    }

    @Test
    void theCodeMayThrowAndTheItemWasReceived() {
        TestLoop.run(() -> {
            var channel = channelWith(1, "a");
            assertThatThrownBy(() -> Select.<String>first(receive(channel, x -> {
                        throw new IllegalArgumentException("boom " + x);
                    })))
                    .hasMessage("boom a");
            assertThat(channel.size()).isZero();
        });
    }

    // --- mistakes

    @Test
    void mistakesAreRefused() {
        TestLoop.run(() -> {
            var channel = channelWith(1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Select.<String>choose().isDone());
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Select.<String>first(orElse(() -> "x"), receive(channel, x -> x)))
                    .withMessageContaining("last");
            var refused = new ArrayList<Throwable>();
            EventLoop.current().callSoon(() -> {
                try {
                    order.add(Select.first(receive(channel, x -> x)));
                } catch (IllegalStateException e) {
                    refused.add(e);
                }
            });
            yieldNow();
            yieldNow();
            assertThat(refused).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("callback"));
            assertNobodyWaits(channel);
        });
        assertThatIllegalStateException().isThrownBy(() -> Select.<String>first(orElse(() -> "x")));
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            var foreign = new Channel<String>(other, 1);
            Promise<String> promise = other.promise();
            TestLoop.run(() -> {
                var channel = channelWith(1);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> Select.<String>first(receive(channel, x -> x), when(promise, x -> x)))
                        .withMessageContaining("other");
                assertNobodyWaits(channel);
                assertThatThrownBy(() -> Select.<String>first(receive(channel, x -> x), receive(foreign, x -> x)))
                        .isInstanceOfAny(IllegalArgumentException.class, WrongThreadException.class);
                assertNobodyWaits(channel, foreign);
            });
        }
    }
}
