package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ends of a channel, which are counted. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelEndsTest {

    private final List<String> seen = new ArrayList<>();

    @Test
    void theLastSenderThatIsClosedClosesTheChannel() {
        TestLoop.run(() -> {
            var channel = new Channel<String>();
            Sender<String> one = channel.sender();
            Sender<String> two = one.another();
            one.send("one").await();
            one.close();
            one.close();
            assertThat(channel.isClosed()).isFalse();
            two.send("two").await();
            two.close();
            assertThat(channel.isClosed()).isTrue();
            channel.forEach(seen::add);
            assertThat(seen).containsExactly("one", "two");
            assertThatThrownBy(() -> channel.receive().await())
                    .isInstanceOf(ChannelClosedException.class)
                    .hasMessageContaining("last sender");
            assertThatThrownBy(channel::sender).isInstanceOf(ChannelClosedException.class);
        });
    }

    @Test
    void severalProducersAndConsumersEndByThemselves() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(2);
            var got = new ArrayList<Integer>();
            var tasks = new ArrayList<Task<?>>();
            for (int p = 0; p < 5; p++) {
                int first = p * 100;
                Sender<Integer> sender = channel.sender();
                tasks.add(spawn(() -> {
                    try (sender) {
                        for (int i = 0; i < 100; i++) {
                            sender.send(first + i).await();
                        }
                    }
                }));
            }
            for (int c = 0; c < 3; c++) {
                Receiver<Integer> receiver = channel.receiver();
                tasks.add(spawn(() -> {
                    try (receiver) {
                        receiver.forEach(got::add);
                    }
                }));
            }
            gather(tasks).await();
            assertThat(got).hasSize(500).doesNotHaveDuplicates();
            assertThat(channel.statistics().openSenders()).isZero();
            assertThat(channel.statistics().openReceivers()).isZero();
        });
    }

    @Test
    void theLastReceiverThatIsClosedFailsEverySend() {
        TestLoop.run(() -> {
            var channel = new Channel<String>(1);
            Sender<String> sender = channel.sender();
            Receiver<String> one = channel.receiver();
            Receiver<String> two = one.another();
            sender.send("unread").await();
            Task<?> waits = spawn(() -> sender.send("waits").await());
            yieldNow();
            one.close();
            yieldNow();
            assertThat(waits.isDone()).isFalse();
            two.close();
            assertThatThrownBy(waits::await)
                    .isInstanceOf(ChannelClosedException.class)
                    .hasMessageContaining("last receiver")
                    .hasMessageContaining("nobody");
            assertThatThrownBy(() -> sender.send("more").await()).hasMessageContaining("last receiver");
            assertThatThrownBy(() -> sender.trySend("more")).hasMessageContaining("last receiver");
            assertThat(channel.size()).isZero();
            sender.close();
        });
    }

    @Test
    void aReceiveOfTheLastReceiverEndsWithIt() {
        TestLoop.run(() -> {
            var channel = new Channel<String>(1);
            Receiver<String> receiver = channel.receiver();
            Future<String> waits = receiver.receive();
            receiver.close();
            assertThatThrownBy(waits::await).isInstanceOf(ChannelClosedException.class);
        });
    }

    @Test
    void whatAnEndHasBegunGoesOn() {
        TestLoop.run(() -> {
            var channel = new Channel<String>(0);
            Sender<String> sender = channel.sender();
            Future<?> send = sender.send("begun");
            sender.close();
            assertThat(channel.receive().await()).isEqualTo("begun");
            send.await();
        });
    }

    @Test
    void anEndThatWasClosedRefuses() {
        TestLoop.run(() -> {
            var channel = new Channel<String>();
            try (var otherSender = channel.sender();
                    var otherReceiver = channel.receiver()) {
                Sender<String> sender = otherSender.another();
                Receiver<String> receiver = otherReceiver.another();
                sender.close();
                receiver.close();
                assertThat(sender.isClosed() && receiver.isClosed()).isTrue();
                assertThatThrownBy(() -> sender.send("a").await()).hasMessageContaining("this sender was closed");
                assertThatThrownBy(() -> sender.trySend("a")).isInstanceOf(ChannelClosedException.class);
                assertThatThrownBy(sender::another).isInstanceOf(ChannelClosedException.class);
                assertThatThrownBy(() -> receiver.receive().await()).hasMessageContaining("this receiver was closed");
                assertThatThrownBy(receiver::tryReceive).isInstanceOf(ChannelClosedException.class);
                assertThatThrownBy(receiver::another).isInstanceOf(ChannelClosedException.class);
                receiver.forEach(seen::add);
                assertThat(seen).isEmpty();
                assertThat(sender.toString()).startsWith("Sender[closed, Channel");
                assertThat(receiver.toString()).startsWith("Receiver[closed, Channel");
                assertThat(channel.isClosed()).isFalse();
                assertThat(otherSender.trySend("b")).isTrue();
                assertThat(otherReceiver.tryReceive()).isEqualTo("b");
                assertThat(otherReceiver.channel()).isSameAs(otherSender.channel());
            }
        });
    }

    @Test
    void aProducerThatFailsTellsTheConsumers() {
        TestLoop.run(() -> {
            var channel = new Channel<String>();
            Sender<String> one = channel.sender();
            try (var two = channel.sender()) {
                var failure = new IOException("gone");
                one.send("before").await();
                one.close(failure);
                one.close(new IOException("again"));
                assertThatThrownBy(() -> channel.forEach(seen::add)).hasCause(failure);
                assertThatThrownBy(() -> two.send("more").await()).hasCause(failure);
            }
            assertThat(seen).containsExactly("before");
        });
    }

    // --- an end that nobody closes

    @Test
    void anEndThatIsCollectedIsClosedAndReported() {
        var loop = new TestLoop();
        loop.runMain(() -> {
            var channel = new Channel<String>();
            forget(channel);
            while (!channel.isClosed()) {
                System.gc();
                yieldNow();
            }
            assertThatThrownBy(() -> channel.receive().await()).hasMessageContaining("last sender");
            yieldNow();
            assertThat(loop.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.message()).contains("a sender was collected", "Channel["));
        });
    }

    private static void forget(Channel<String> channel) {
        assertThat(channel.sender().trySend("sent")).isTrue();
        assertThat(channel.tryReceive()).isEqualTo("sent");
    }

    @Test
    void aReceiverThatIsInUseIsNotCollected() {
        TestLoop.run(() -> {
            var channel = new Channel<String>();
            Future<String> waits = channel.receiver().receive();
            var collected = new WeakReference<>(new Object());
            while (collected.get() != null) {
                System.gc();
            }
            yieldNow();
            assertThat(channel.isClosed()).isFalse();
            assertThat(channel.trySend("a")).isTrue();
            assertThat(waits.await()).isEqualTo("a");
            channel.close();
            EventLoop.current().setExceptionHandler((_, _) -> {}); // the receiver may be collected from here on
        });
    }
}
