package dev.loop.queue;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random publishers and subscribers of every policy, with cancels: who sees what is what the policy says. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class BroadcastModelTest {

    @Test
    void everybodySeesWhatThePolicySays() {
        for (int seed = 0; seed < 1000; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("both-engines")
    void everybodySeesWhatThePolicySaysOnAnyEngine() {
        for (int seed = 1000; seed < 1020; seed++) {
            new Run(seed).check();
        }
    }

    private static final class Run {
        private final int seed;
        private final Random random;
        private final int replay;
        private final List<Integer> accepted = new ArrayList<>();
        private final List<Integer> truth = new ArrayList<>(); // in order, seen by one who misses nothing
        private final List<Reader> readers = new ArrayList<>();
        private int nextItem;

        /** A subscriber, and what it has seen; everything from first on was published after it subscribed, or repeated for it. */
        private record Reader(Subscription<Integer> subscription, int first, List<Integer> seen) {}

        Run(int seed) {
            this.seed = seed;
            random = new Random(seed);
            replay = random.nextInt(3);
        }

        void check() {
            TestLoop.run(this::body);
        }

        private void body() {
            var broadcast = new Broadcast<Integer>(replay);
            broadcast.whenSlow(_ -> {});
            var witness = broadcast.subscribe("witness", 1000, SlowPolicy.WAIT);
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                tasks.add(spawn(() -> publish(broadcast)));
                tasks.add(spawn(() -> subscribe(broadcast, witness)));
            }
            for (int i = 0; i < 8; i++) {
                pause();
                tasks.get(random.nextInt(tasks.size())).cancel();
            }
            while (!tasks.stream().allMatch(Future::isDone)) { // whose subscribers have been cancelled, others read for
                sleep(Duration.ofHours(1)).await();
                readers.forEach(Run::drain);
            }
            readers.forEach(Run::drain);
            broadcast.close();
            see(witness);
            assertThat(truth).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(broadcast.statistics().waitingPublishers()).isZero();
            for (Reader reader : readers) {
                checkReader(reader);
            }
        }

        private void checkReader(Reader reader) {
            Subscription.Statistics end = reader.subscription().statistics();
            List<Integer> all = truth.subList(reader.first(), truth.size());
            List<Integer> seen = reader.seen();
            assertThat(end.items()).as("seed %d", seed).isZero();
            switch (end.policy()) {
                case WAIT -> assertThat(seen).as("seed %d", seed).isEqualTo(all);
                case DISCONNECT -> assertThat(all).as("seed %d", seed).startsWith(seen.toArray(Integer[]::new));
                default -> {
                    assertThat(seen.size() + end.dropped()).as("seed %d", seed).isEqualTo(all.size());
                    var rest = all.iterator();
                    for (Integer item : seen) { // in order
                        boolean found = false;
                        while (!found && rest.hasNext()) {
                            found = rest.next().equals(item);
                        }
                        assertThat(found)
                                .as("seed %d: %s in %s", seed, seen, all)
                                .isTrue();
                    }
                }
            }
        }

        private void see(Subscription<Integer> witness) {
            while (witness.statistics().items() > 0) {
                truth.add(witness.tryReceive());
            }
        }

        private static void drain(Reader reader) {
            while (reader.subscription().statistics().items() > 0) {
                reader.seen().add(reader.subscription().tryReceive());
            }
        }

        private void pause() {
            switch (random.nextInt(4)) {
                case 0 -> yieldNow();
                case 1 -> sleep(Duration.ofMillis(random.nextInt(3))).await();
                default -> {
                    // go on at once
                }
            }
        }

        private void publish(Broadcast<Integer> broadcast) {
            for (int i = 0; i < 8; i++) {
                int item = nextItem++;
                try {
                    boolean in = true;
                    switch (random.nextInt(3)) {
                        case 0 -> in = broadcast.tryPublish(item);
                        case 1 ->
                            timeout(
                                    Duration.ofMillis(random.nextInt(4)),
                                    () -> broadcast.publish(item).await());
                        default -> broadcast.publish(item).await();
                    }
                    if (in) {
                        accepted.add(item);
                    }
                } catch (TimeoutException e) {
                    // nobody has seen it
                }
                pause();
            }
        }

        private void subscribe(Broadcast<Integer> broadcast, Subscription<Integer> witness) {
            pause();
            see(witness);
            int capacity = 1 + random.nextInt(4);
            SlowPolicy policy = SlowPolicy.values()[random.nextInt(4)];
            int first = truth.size() - Math.min(truth.size(), Math.min(replay, capacity));
            var reader = new Reader(broadcast.subscribe("reader", capacity, policy), first, new ArrayList<>());
            readers.add(reader);
            for (int i = 0; i < 10; i++) {
                Future<Integer> receive = reader.subscription().receive();
                try {
                    pause();
                    if (random.nextInt(3) > 0 || !receive.cancel()) {
                        reader.seen().add(timeout(Duration.ofMillis(5), receive::await));
                    }
                } catch (TimeoutException e) {
                    // nothing came
                } catch (SlowSubscriberException e) {
                    return;
                } catch (CancelledException e) {
                    if (!receive.cancel() && !receive.isCancelled()) {
                        assertThat(receive.exception()).isInstanceOf(SlowSubscriberException.class);
                    }
                    throw e;
                }
            }
        }
    }
}
