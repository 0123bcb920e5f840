package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
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

/** A channel: what waits, what comes back, how it ends. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<Integer> seen = new ArrayList<>();

    private static <T> List<T> drain(Channel<T> channel) {
        var items = new ArrayList<T>();
        for (T item = channel.tryReceive(); item != null; item = channel.tryReceive()) {
            items.add(item);
        }
        return items;
    }

    // --- room

    @Test
    void sendsWaitWhileThereIsNoRoom() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(2);
            assertThat(channel.send(1)).isSameAs(EventLoop.current().done());
            assertThat(channel.trySend(2)).isTrue();
            assertThat(channel.trySend(3)).isFalse();
            Future<?> three = channel.send(3);
            Future<?> four = channel.send(4);
            sleep(SECOND).await();
            assertThat(three.isDone()).isFalse();
            assertThat(channel.receive().await()).isEqualTo(1);
            assertThat(three.isDone()).isTrue();
            assertThat(four.isDone()).isFalse();
            assertThat(drain(channel)).containsExactly(2, 3, 4);
        });
    }

    @Test
    void receivesWaitInTheirOrder() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            assertThat(channel.tryReceive()).isNull();
            var waits = List.of(channel.receive(), channel.receive(), channel.receive());
            for (int i = 0; i < 3; i++) {
                assertThat(channel.trySend(i)).isTrue();
            }
            assertThat(gather(waits).await()).containsExactly(0, 1, 2);
            assertThat(channel.size()).isZero();
        });
    }

    @Test
    void itHasRoomForSixteenIfNothingElseIsSaid() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            assertThat(channel.capacity()).isEqualTo(16);
            for (int i = 0; i < 16; i++) {
                assertThat(channel.trySend(i)).isTrue();
            }
            assertThat(channel.trySend(16)).isFalse();
        });
    }

    @Test
    void oneWithoutABoundNeverMakesASenderWait() {
        TestLoop.run(() -> {
            var channel = Channel.<Integer>unlimited();
            for (int i = 0; i < 10_000; i++) {
                assertThat(channel.trySend(i)).isTrue();
            }
            assertThat(channel.capacity()).isEqualTo(Integer.MAX_VALUE);
            assertThat(channel.statistics().peak()).isEqualTo(10_000);
            assertThat(channel.toString()).startsWith("Channel[10000 of any items");
        });
    }

    // --- rendezvous

    @Test
    void aSendAtARendezvousIsDoneWhenAReceiveWasGrantedItsItem() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(0);
            assertThat(channel.trySend(1)).isFalse();
            Future<?> one = channel.send(1);
            Future<?> two = channel.send(2);
            sleep(SECOND).await();
            assertThat(one.isDone()).isFalse();
            Future<Integer> receive = channel.receive();
            assertThat(one.isDone()).isTrue(); // granted; nobody has read it yet
            assertThat(two.isDone()).isFalse();
            assertThat(receive.await()).isEqualTo(1);
            assertThat(channel.tryReceive()).isEqualTo(2);
            Future<Integer> waits = channel.receive();
            assertThat(channel.trySend(3)).isTrue();
            assertThat(waits.await()).isEqualTo(3);
        });
    }

    @Test
    void anItemThatComesBackToARendezvousWaitsAtItsHead() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(0);
            Future<?> one = channel.send(1);
            Future<?> two = channel.send(2);
            Future<Integer> receive = channel.receive();
            assertThat(receive.cancel()).isTrue();
            assertThat(one.isDone()).isTrue(); // it stays sent
            assertThat(channel.size()).isEqualTo(1);
            assertThat(channel.trySend(3)).isFalse();
            assertThat(two.isDone()).isFalse();
            assertThat(drain(channel)).containsExactly(1, 2);
            assertThat(two.isDone()).isTrue();
        });
    }

    @Test
    void twoTasksMeetInTurns() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(0);
            Task<?> producer = spawn(() -> {
                for (int i = 0; i < 1000; i++) {
                    channel.send(i).await();
                    assertThat(channel.size()).isZero();
                }
                channel.close();
            });
            channel.forEach(seen::add);
            producer.await();
            assertThat(seen).hasSize(1000).isSorted().doesNotHaveDuplicates();
        });
    }

    // --- cancels

    @Test
    void aReceiveThatIsCancelledUnreadPassesItsItemOn() {
        TestLoop.run(() -> {
            for (int capacity : new int[] {0, 1, 16}) {
                var channel = new Channel<Integer>(capacity);
                Future<Integer> one = channel.receive();
                Future<Integer> two = channel.receive();
                assertThat(channel.trySend(1)).isTrue();
                assertThat(one.cancel()).isTrue();
                assertThat(two.await()).isEqualTo(1);
            }
        });
    }

    @Test
    void itemsThatComeBackKeepTheirOrder() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(4);
            for (int i = 0; i < 4; i++) {
                assertThat(channel.trySend(i)).isTrue();
            }
            var gets = List.of(channel.receive(), channel.receive(), channel.receive());
            assertThat(channel.trySend(4)).isTrue();
            gets.reversed().forEach(get -> assertThat(get.cancel()).isTrue());
            assertThat(channel.size()).isEqualTo(5); // one more than fits: what came back is kept
            assertThat(channel.trySend(5)).isFalse();
            assertThat(drain(channel)).containsExactly(0, 1, 2, 3, 4);
        });
    }

    @Test
    void aSendThatIsCancelledHasNotHappened() {
        TestLoop.run(() -> {
            for (int capacity : new int[] {0, 1}) {
                var channel = new Channel<Integer>(capacity);
                while (channel.trySend(0)) {
                    // until it is full
                }
                Task<?> one = spawn(() -> channel.send(1).await());
                Task<?> two = spawn(() -> timeout(SECOND, () -> channel.send(2).await()));
                Task<?> three = spawn(() -> channel.send(3).await());
                yieldNow();
                one.cancel();
                assertThatThrownBy(two::await).isInstanceOf(TimeoutException.class);
                assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
                assertThat(drain(channel)).doesNotContain(1, 2).endsWith(3);
                three.await();
            }
        });
    }

    @Test
    void aSendWhoseItemWasTakenRefusesACancel() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(0);
            Future<?> send = channel.send(1);
            Future<Integer> receive = channel.receive();
            assertThat(send.cancel()).isFalse();
            assertThat(receive.await()).isEqualTo(1);
        });
    }

    // --- the end

    @Test
    void aCloseLetsOutWhatIsInAndWhoWaitsToSend() {
        TestLoop.run(() -> {
            for (int capacity : new int[] {0, 1, 2}) {
                var channel = new Channel<Integer>(capacity);
                var sends = List.of(channel.send(1), channel.send(2), channel.send(3));
                channel.close();
                channel.close();
                assertThat(channel.isClosed()).isTrue();
                assertThatThrownBy(() -> channel.trySend(4)).isInstanceOf(ChannelClosedException.class);
                assertThatThrownBy(() -> channel.send(4).await())
                        .isInstanceOf(ChannelClosedException.class)
                        .hasMessageContaining("was closed")
                        .hasNoCause();
                var all = new ArrayList<Integer>();
                channel.forEach(all::add);
                assertThat(all).containsExactly(1, 2, 3);
                gather(sends).await();
                assertThatThrownBy(channel::tryReceive).isInstanceOf(ChannelClosedException.class);
                assertThatThrownBy(() -> channel.receive().await()).isInstanceOf(ChannelClosedException.class);
            }
        });
    }

    @Test
    void aCloseEndsWhoWaitsToReceive() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            Task<?> one = spawn(() -> channel.receive().await());
            Task<?> two = spawn(() -> channel.forEach(seen::add));
            yieldNow();
            channel.close();
            assertThatThrownBy(one::await).isInstanceOf(ChannelClosedException.class);
            two.await();
            assertThat(seen).isEmpty();
        });
    }

    @Test
    void aCloseWithAFailureReachesWhoeverReceives() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            var failure = new IOException("the disk is full");
            assertThat(channel.trySend(1)).isTrue();
            channel.close(failure);
            channel.close(new IOException("too late"));
            assertThatThrownBy(() -> channel.forEach(seen::add))
                    .isInstanceOf(ChannelClosedException.class)
                    .hasCause(failure);
            assertThat(seen).containsExactly(1);
            assertThatThrownBy(() -> channel.trySend(2)).hasCause(failure);
        });
    }

    @Test
    void aCloseAtOnceTakesOutWhatIsInAndFailsWhoWaitsToSend() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(2);
            assertThat(channel.trySend(1)).isTrue();
            assertThat(channel.trySend(2)).isTrue();
            Future<Integer> unread = channel.receive();
            Future<?> three = channel.send(3);
            Future<?> four = channel.send(4);
            assertThat(channel.closeNow()).containsExactly(2, 3);
            assertThat(three.isDone()).isTrue();
            assertThatThrownBy(four::await).isInstanceOf(ChannelClosedException.class);
            assertThat(unread.cancel()).isTrue();
            assertThat(channel.size()).isZero();
            assertThat(channel.closeNow()).isEmpty();
            assertThatThrownBy(channel::tryReceive).isInstanceOf(ChannelClosedException.class);
        });
    }

    @Test
    void whatComesBackAfterACloseCanStillBeReceived() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            assertThat(channel.trySend(1)).isTrue();
            Future<Integer> unread = channel.receive();
            channel.close();
            assertThat(unread.cancel()).isTrue();
            assertThat(channel.receive().await()).isEqualTo(1);
        });
    }

    @Test
    void aCancelAndACloseInTheSameTurn() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(0);
            Task<?> sender = spawn(() -> channel.send(1).await());
            yieldNow();
            sender.cancel();
            channel.close();
            assertThatThrownBy(sender::await).isInstanceOf(CancelledException.class);
            assertThatThrownBy(channel::tryReceive).isInstanceOf(ChannelClosedException.class);
        });
    }

    // --- figures and mistakes

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(1);
            try (var sender = channel.sender();
                    var other = sender.another();
                    var receiver = channel.receiver()) {
                Future<Integer> receive = receiver.receive();
                assertThat(channel.statistics()).isEqualTo(new Channel.Statistics(0, 0, 1, 0, 1, 2, 1, false));
                receive.cancel();
                sender.send(1).await();
                Future<?> waits = other.send(2);
                assertThat(channel.statistics()).isEqualTo(new Channel.Statistics(1, 1, 1, 1, 0, 2, 1, false));
                assertThat(channel).hasToString("Channel[1 of 1 items, 1 sending, 0 receiving]");
                waits.cancel();
                channel.close();
                assertThat(channel).hasToString("Channel[1 of 1 items, 0 sending, 0 receiving, closed]");
                assertThat(sender).hasToString("Sender[" + channel + "]");
            }
            assertThat(channel.statistics()).isEqualTo(new Channel.Statistics(0, 1, 1, 0, 0, 0, 0, true));
        });
    }

    @Test
    void badInputIsRefused() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Channel<Integer>(-1))
                    .withMessageContaining("-1")
                    .withMessageContaining("unlimited()");
            var channel = new Channel<Integer>();
            assertThatNullPointerException().isThrownBy(() -> channel.trySend(null));
            assertThatNullPointerException().isThrownBy(() -> channel.close(null));
        });
    }

    @Test
    void aHundredThousandItemsGoThrough() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>();
            Task<?> producer = spawn(() -> {
                for (int i = 0; i < 100_000; i++) {
                    channel.send(i).await();
                }
                channel.close();
            });
            long sum = 0;
            for (int item : channel) {
                sum += item;
            }
            producer.await();
            assertThat(sum).isEqualTo(99_999L * 50_000);
            assertThat(channel.statistics().peak()).isEqualTo(16);
        });
    }
}
