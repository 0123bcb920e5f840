package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.Future;
import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Random programs over a queue between Fluxes: nothing is lost, nothing comes twice, and never more than was asked for. */
@Tag("both-engines")
@Tag("model")
class FluxesModelTest {

    private static final int SEEDS = Boolean.getBoolean("loop.stress") ? 2000 : 200;
    private static final int ITEMS = 60;

    /** Asks for random numbers of items, and counts. */
    private static final class Reader implements CoreSubscriber<Integer> {
        final List<Integer> got;
        final boolean greedy;
        long asked;
        long came;
        boolean cancelled;
        boolean ended;
        Subscription subscription;

        Reader(List<Integer> got, boolean greedy) {
            this.got = got;
            this.greedy = greedy;
        }

        @Override
        public void onSubscribe(Subscription s) {
            subscription = s;
            if (cancelled) {
                s.cancel();
            }
        }

        @Override
        public void onNext(Integer item) {
            assertThat(cancelled || ended).isFalse();
            assertThat(++came).isLessThanOrEqualTo(asked);
            got.add(item);
            if (greedy && item % 3 == 0) {
                ask(1);
            }
        }

        @Override
        public void onError(Throwable error) {
            throw new AssertionError(error);
        }

        @Override
        public void onComplete() {
            assertThat(ended).isFalse();
            ended = true;
        }

        void ask(int n) {
            if (subscription != null && !cancelled) {
                asked += n;
                subscription.request(n);
            }
        }

        void cancel() {
            if (!cancelled) {
                cancelled = true;
                if (subscription != null) {
                    subscription.cancel();
                }
            }
        }
    }

    private static void pause(Random random) {
        switch (random.nextInt(4)) {
            case 0 -> Async.yieldNow();
            case 1 -> Async.sleep(Duration.ofMillis(random.nextInt(3))).await();
            default -> {}
        }
    }

    @Test
    void readersThatComeAndGoLoseNothing() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            int s = seed;
            TestLoop.run(() -> readersThatComeAndGo(random, s));
        }
    }

    private static void readersThatComeAndGo(Random random, int seed) {
        var loop = dev.loop.EventLoop.current();
        var queue = new Queue<Integer>(1 + random.nextInt(5));
        var got = new ArrayList<Integer>();
        var producer = Async.spawn(() -> {
            for (int i = 0; i < ITEMS; i++) {
                queue.put(i).await();
                pause(random);
            }
            queue.shutdown();
        });
        var readers = new ArrayList<Reader>();
        for (int step = 0; step < 120; step++) {
            int what = random.nextInt(8);
            if (readers.isEmpty() || what == 0) {
                var reader = new Reader(got, random.nextBoolean());
                readers.add(reader);
                Fluxes.from(queue).subscribe(reader);
            } else {
                Reader reader = readers.get(random.nextInt(readers.size()));
                Runnable act = what < 6 ? () -> reader.ask(1 + random.nextInt(4)) : reader::cancel;
                if (random.nextBoolean()) {
                    act.run();
                } else {
                    loop.callSoon(act);
                }
            }
            pause(random);
        }
        for (Reader reader : readers) {
            reader.cancel();
        }
        pause(random);
        var last = new Reader(got, false);
        Fluxes.from(queue).subscribe(last);
        Async.yieldNow();
        Async.yieldNow();
        last.ask(1000);
        producer.await();
        Async.sleep(Duration.ofSeconds(1)).await();
        assertThat(last.ended).as("seed %s", seed).isTrue();
        assertThat(got).as("seed %s", seed).hasSize(ITEMS).doesNotHaveDuplicates();
    }

    @Test
    void aQueueIsNeverAskedToHoldMoreThanItHasRoomFor() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            int s = seed;
            TestLoop.run(() -> aFilledQueue(random, s));
        }
    }

    private static void aFilledQueue(Random random, int seed) {
        var queue = new Queue<Integer>(1 + random.nextInt(6));
        var asked = new long[1];
        var came = new long[1];
        var tooMany = new ArrayList<String>();
        Flux<Integer> source = Fluxes.<Integer>task(dev.loop.EventLoop.current(), out -> {
                    for (int i = 0; i < ITEMS; i++) {
                        pause(random);
                        out.emit(i).await();
                    }
                })
                .doOnNext(_ -> came[0]++)
                .doOnRequest(n -> {
                    asked[0] += n;
                    long missing = asked[0] - came[0];
                    if (missing > queue.capacity() - queue.size()) {
                        tooMany.add(missing + " where " + queue);
                    }
                });
        Future<Void> filling = Monos.toFuture(Fluxes.intoAndShutdown(source, queue));
        var got = new ArrayList<Integer>();
        for (int item : queue) {
            got.add(item);
            assertThat(queue.statistics().putters()).as("seed %s", seed).isZero();
            pause(random);
        }
        filling.await();
        assertThat(tooMany).as("seed %s", seed).isEmpty();
        assertThat(got).as("seed %s", seed).hasSize(ITEMS).isSorted();
    }

    @Test
    void aFillingThatIsCancelledLeavesThePrefixInTheQueue() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            int s = seed;
            TestLoop.run(() -> {
                var queue = new Queue<Integer>(1 + random.nextInt(6));
                var discarded = new ArrayList<Integer>();
                var filling = Fluxes.intoAndShutdown(Flux.range(0, ITEMS), queue)
                        .doOnDiscard(Integer.class, discarded::add)
                        .subscribe();
                Async.yieldNow();
                var got = new ArrayList<Integer>();
                int most = random.nextInt(ITEMS);
                for (int item : queue) {
                    got.add(item);
                    pause(random);
                    if (got.size() >= most) {
                        filling.dispose();
                    }
                }
                got.addAll(discarded);
                assertThat(got).as("seed %s", s).isSorted().startsWith(0).hasSize(1 + got.getLast());
            });
        }
    }
}
