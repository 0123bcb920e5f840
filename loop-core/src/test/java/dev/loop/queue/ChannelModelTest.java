package dev.loop.queue;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static dev.loop.queue.Clause.after;
import static dev.loop.queue.Clause.orElse;
import static dev.loop.queue.Clause.receive;
import static dev.loop.queue.Clause.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random sends, receives, selects, limits, cancels and closes on two channels: what was sent is received, once and in order. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class ChannelModelTest {

    @Test
    void noItemIsLostOrDoubled() {
        for (int seed = 0; seed < 1000; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("both-engines")
    void noItemIsLostOrDoubledOnAnyEngine() {
        for (int seed = 1000; seed < 1020; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("stress")
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void noItemIsLostOrDoubledInManyMoreRuns() {
        for (int seed = 2000; seed < 30_000; seed++) {
            new Run(seed).check();
        }
    }

    private static final class Run {
        private final int seed;
        private final Random random;
        private final boolean
                calm; // no grant comes back: then nothing overtakes, and no more is in a channel than fits
        private final List<Channel<Integer>> channels = new ArrayList<>();
        private final List<Integer> accepted = new ArrayList<>();
        private final List<Integer> refused = new ArrayList<>();
        private final List<Integer> received = new ArrayList<>();
        private int producers;

        Run(int seed) {
            this.seed = seed;
            random = new Random(seed);
            calm = seed % 2 == 0;
        }

        void check() {
            TestLoop.run(this::body);
        }

        private void body() {
            channels.add(new Channel<>(random.nextInt(4)));
            channels.add(new Channel<>(random.nextInt(2)));
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 4; i++) {
                tasks.add(spawn(this::produce));
                tasks.add(spawn(this::consume));
            }
            for (int i = 0; i < 12; i++) {
                pause();
                tasks.get(random.nextInt(tasks.size())).cancel();
                if (random.nextInt(20) == 0) {
                    close();
                }
            }
            for (int i = 0; i < 3; i++) {
                sleep(Duration.ofHours(1)).await(); // whoever can go on has ended by now
                drain();
            }
            tasks.forEach(Task::cancel);
            sleep(Duration.ofHours(1)).await();
            drain();

            assertThat(tasks).as("seed %d", seed).allMatch(Future::isDone);
            assertThat(received).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(accepted).as("seed %d", seed).doesNotContainAnyElementsOf(with(refused, -1));
            for (Channel<Integer> channel : channels) {
                Channel.Statistics end = channel.statistics();
                assertThat(List.of(end.items(), end.waitingSenders(), end.waitingReceivers()))
                        .as("seed %d", seed)
                        .containsOnly(0);
                if (calm) {
                    assertThat(end.peak()).as("seed %d", seed).isLessThanOrEqualTo(channel.capacity());
                }
            }
        }

        private static List<Integer> with(List<Integer> items, int item) {
            var all = new ArrayList<>(items);
            all.add(item);
            return all;
        }

        private void drain() {
            for (Channel<Integer> channel : channels) {
                try {
                    for (Integer item = channel.tryReceive(); item != null; item = channel.tryReceive()) {
                        received.add(item);
                    }
                } catch (ChannelClosedException e) {
                    // nothing is left
                }
            }
        }

        private void close() {
            Channel<Integer> channel = any();
            if (calm && random.nextBoolean()) {
                received.addAll(channel.closeNow());
            } else {
                channel.close();
            }
        }

        private Channel<Integer> any() {
            return channels.get(random.nextInt(2));
        }

        private void pause() {
            switch (random.nextInt(4)) {
                case 0 -> yieldNow();
                case 1 -> sleep(limit()).await();
                default -> {
                    // go on at once
                }
            }
        }

        private Duration limit() {
            return Duration.ofMillis(random.nextInt(4));
        }

        // --- sending

        private void produce() {
            int producer = producers++;
            for (int i = 0; i < 6; i++) {
                int item = producer * 100 + i;
                var in = new boolean[1];
                try {
                    in[0] = sendSomehow(item, in);
                } catch (TimeoutException | ChannelClosedException e) {
                    // it was not sent
                } finally {
                    (in[0] ? accepted : refused).add(item);
                }
                pause();
            }
        }

        private boolean sendSomehow(int item, boolean[] in) {
            Channel<Integer> channel = any();
            switch (random.nextInt(5)) {
                case 0 -> {
                    return channel.trySend(item);
                }
                case 1 -> timeout(limit(), () -> channel.send(item).await());
                case 2 -> {
                    return Select.first(
                            send(channels.get(0), item, () -> true),
                            send(channels.get(1), item, () -> true),
                            random.nextBoolean() ? after(limit(), () -> false) : orElse(() -> false));
                }
                case 3 -> {
                    sendOrWithdraw(channel.send(item), in);
                    return in[0];
                }
                default -> channel.send(item).await();
            }
            return true;
        }

        /** A send that is hot: it is looked at later, and withdrawn if that can still be done. */
        private void sendOrWithdraw(Future<?> send, boolean[] in) {
            try {
                pause();
                if (random.nextBoolean()) {
                    send.await();
                }
            } finally {
                in[0] = !send.cancel() && !send.isCancelled() && send.exception() == null;
            }
        }

        // --- receiving

        /** An item, and through which channel it came. */
        private record Got(int channel, int item) {}

        private static Clause<Got> from(List<Channel<Integer>> channels, int index) {
            return receive(channels.get(index), item -> new Got(index, item));
        }

        private void consume() {
            var newest = new HashMap<List<Integer>, Integer>(); // by producer and channel
            for (int i = 0; i < 6; i++) {
                try {
                    Got got = receiveSomehow();
                    if (got != null) {
                        received.add(got.item());
                        Integer before = newest.put(List.of(got.item() / 100, got.channel()), got.item());
                        if (calm && before != null) {
                            assertThat(got.item()).as("seed %d", seed).isGreaterThan(before);
                        }
                    }
                } catch (TimeoutException | ChannelClosedException e) {
                    // nothing came, or nothing comes
                }
                pause();
            }
        }

        private @Nullable Got receiveSomehow() {
            int index = random.nextInt(2);
            Channel<Integer> channel = channels.get(index);
            return switch (random.nextInt(calm ? 4 : 8)) {
                case 0 -> got(index, channel.tryReceive());
                case 1 -> got(index, timeout(limit(), () -> channel.receive().await()));
                case 2 ->
                    Select.<Got>first(
                            from(channels, 0),
                            from(channels, 1),
                            random.nextBoolean() ? after(limit(), () -> null) : orElse(() -> null));
                case 3 -> got(index, channel.receive().await());
                case 4 -> got(index, waitFor(channel.receive(), limit()).await());
                case 5 -> got(index, takeOrGiveBack(channel.receive()));
                default -> chosen(takeOrGiveBack(Select.choose(from(channels, 0), from(channels, 1))));
            };
        }

        private static @Nullable Got chosen(@Nullable Choice<Got> choice) {
            if (choice == null) {
                return null;
            }
            return choice.run();
        }

        private static @Nullable Got got(int channel, @Nullable Integer item) {
            return item == null ? null : new Got(channel, item);
        }

        /** A wait that is hot: it is looked at later, and cancelled if nobody wants it any more. */
        private <T> @Nullable T takeOrGiveBack(Future<T> wait) {
            try {
                pause();
                if (random.nextBoolean() && wait.cancel()) {
                    return null;
                }
                return wait.await();
            } catch (CancelledException e) {
                if (!wait.cancel() && !wait.isCancelled()) { // what this task has not read it must not keep
                    assertThat(wait.exception()).isInstanceOf(ChannelClosedException.class);
                }
                throw e;
            }
        }
    }
}
