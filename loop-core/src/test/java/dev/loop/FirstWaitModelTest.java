package dev.loop;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Broadcast;
import dev.loop.queue.Channel;
import dev.loop.queue.SlowPolicy;
import dev.loop.queue.Subscription;
import dev.loop.sync.CapacityLimiter;
import dev.loop.sync.Lock;
import dev.loop.sync.RwLock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random waits for the first of several things, often of one place: at the end all is there that was granted, and nobody waits. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class FirstWaitModelTest {

    private static final int SEEDS = 300;
    private static final int STEPS = 100;

    @Test
    void nothingIsLostAndNothingIsGrantedTwice() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            int which = seed;
            TestLoop.run(() -> {
                var program = new Program(random);
                for (int step = 0; step < STEPS; step++) {
                    program.step();
                }
                program.end("seed " + which);
            });
        }
    }

    /** A wait, and what is to be done with what it brings. */
    private record Part(Future<? extends @Nullable Object> future, Consumer<@Nullable Object> read) {}

    /** An item, and the wait that sends it: if that is done, it was sent. */
    private record Sent(Integer item, Future<?> future) {
        static List<Integer> done(List<Sent> all) {
            return all.stream()
                    .filter(sent -> sent.future.isDone() && !sent.future.isCancelled())
                    .map(Sent::item)
                    .toList();
        }
    }

    /** The first of some waits, and what each of them would bring. */
    private record First(Future<Integer> future, List<Part> parts) {}

    private static final class Program {
        private final Random random;
        private final Lock lock = new Lock();
        private final RwLock rwLock = new RwLock();
        private final Semaphore semaphore = new Semaphore(3);
        private final CapacityLimiter limiter = new CapacityLimiter(2);
        private final List<Channel<Integer>> channels = List.of(new Channel<>(0), new Channel<>(2));
        private final Broadcast<Integer> broadcast = new Broadcast<>();
        private final List<Subscription<Integer>> subscriptions =
                List.of(broadcast.subscribe("one", 1, SlowPolicy.WAIT), broadcast.subscribe("two", 2, SlowPolicy.WAIT));
        private final List<List<Sent>> sent = List.of(new ArrayList<>(), new ArrayList<>());
        private final List<List<Integer>> received = List.of(new ArrayList<>(), new ArrayList<>());
        private final List<Sent> published = new ArrayList<>();
        private final List<List<Integer>> seen = List.of(new ArrayList<>(), new ArrayList<>());
        private final List<AutoCloseable> held = new ArrayList<>();
        private final List<First> firsts = new ArrayList<>();
        private int number;

        Program(Random random) {
            this.random = random;
            broadcast.whenSlow(_ -> {});
        }

        void step() throws Exception {
            switch (random.nextInt(6)) {
                case 0, 1 -> begin();
                case 2 -> {
                    if (!firsts.isEmpty()) {
                        cancel(firsts.remove(random.nextInt(firsts.size())));
                    }
                }
                case 3 -> readAllThatAreDone();
                case 4 -> {
                    if (!held.isEmpty()) {
                        held.remove(random.nextInt(held.size())).close();
                    }
                }
                default -> yieldNow();
            }
        }

        private void begin() {
            var parts = new ArrayList<Part>();
            for (int i = 1 + random.nextInt(3); i >= 0; i--) {
                parts.add(part());
            }
            firsts.add(new First(
                    WaitQueue.first(
                            EventLoop.current(),
                            parts.stream().map(Part::future).toList(),
                            List.of(),
                            (index, value) -> {
                                parts.get(index).read.accept(value);
                                return index;
                            }),
                    parts));
        }

        private Part part() {
            Consumer<@Nullable Object> holds = grant -> held.add((AutoCloseable) grant);
            int one = random.nextInt(2);
            int item = number++;
            return switch (random.nextInt(9)) {
                case 0 -> new Part(lock.acquire(), holds);
                case 1 -> new Part(rwLock.read(), holds);
                case 2 -> new Part(rwLock.write(), holds);
                case 3 -> new Part(semaphore.acquire(1 + random.nextInt(3)), holds);
                case 4 -> new Part(limiter.acquire(new Object()), holds);
                case 5 -> sending(item, channels.get(one).send(item), sent.get(one));
                case 6 ->
                    new Part(
                            channels.get(one).receive(),
                            got -> received.get(one).add((Integer) got));
                case 7 -> sending(item, broadcast.publish(item), published);
                default ->
                    new Part(
                            subscriptions.get(one).receive(),
                            got -> seen.get(one).add((Integer) got));
            };
        }

        private static Part sending(Integer item, Future<?> future, List<Sent> sent) {
            sent.add(new Sent(item, future));
            return new Part(future, _ -> {});
        }

        private void cancel(First first) {
            if (!first.future.cancel("random")) {
                var _ = first.future.result();
            }
        }

        private void readAllThatAreDone() {
            firsts.removeIf(first -> {
                if (first.future.isDone()) {
                    var _ = first.future.result();
                    return true;
                }
                return false;
            });
        }

        void end(String seed) throws Exception {
            firsts.forEach(this::cancel);
            for (AutoCloseable grant : held) {
                grant.close();
            }
            assertThat(lock.isLocked()).as(seed).isFalse();
            assertThat(rwLock.statistics()).as(seed).isEqualTo(new RwLock.Statistics(0, false, 0, 0, List.of()));
            assertThat(semaphore.statistics()).as(seed).isEqualTo(new Semaphore.Statistics(3, 0, List.of()));
            assertThat(limiter.statistics()).as(seed).isEqualTo(new CapacityLimiter.Statistics(2, 0, List.of(), 0));
            for (int i = 0; i < 2; i++) {
                for (Integer item = channels.get(i).tryReceive();
                        item != null;
                        item = channels.get(i).tryReceive()) {
                    received.get(i).add(item);
                }
                for (Integer item = subscriptions.get(i).tryReceive();
                        item != null;
                        item = subscriptions.get(i).tryReceive()) {
                    seen.get(i).add(item);
                }
            }
            for (int i = 0; i < 2; i++) {
                assertThat(received.get(i)).as(seed).containsExactlyInAnyOrderElementsOf(Sent.done(sent.get(i)));
                assertThat(seen.get(i)).as(seed).containsExactlyInAnyOrderElementsOf(Sent.done(published));
                assertThat(channels.get(i).statistics().waitingReceivers())
                        .as(seed)
                        .isZero();
                assertThat(channels.get(i).statistics().waitingSenders())
                        .as(seed)
                        .isZero();
                assertThat(subscriptions.get(i).statistics().waiting()).as(seed).isZero();
            }
            assertThat(broadcast.statistics().waitingPublishers()).as(seed).isZero();
        }
    }
}
