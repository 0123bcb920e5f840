package dev.loop.reactor;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.generator.AsyncGenerator;
import dev.loop.generator.Generator;
import dev.loop.queue.Channel;
import dev.loop.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;

/** The Reactive Streams TCK on every Publisher of ours, subscribed by threads that are foreign to the loop. */
@Tag("both-engines")
class PublisherTckTest {

    private static final Map<String, List<DynamicTest>> RULES = new LinkedHashMap<>();

    private static LoopThread thread;
    private static EventLoop
            closed; // a Publisher that waits begins at a request: one that fails before has nothing to wait on

    @BeforeAll
    static void run() {
        thread = new LoopThread();
        closed = EventLoop.create();
        closed.close();
        RULES.put("aWaitOfItsOwn", aWaitOfItsOwn());
        RULES.put("aSharedFuture", aSharedFuture());
        RULES.put("aTaskAsMono", aTaskAsMono());
        RULES.put("aQueue", aQueue());
        RULES.put("aTaskThatEmits", aTaskThatEmits());
        RULES.put("aChannel", aChannel());
        RULES.put("aGenerator", aGenerator());
        RULES.put("aGeneratorThatMayWait", aGeneratorThatMayWait());
        RULES.put("futuresAsTheyEnd", futuresAsTheyEnd());
    }

    @TestFactory
    Stream<DynamicContainer> rules() {
        return RULES.entrySet().stream().map(e -> DynamicContainer.dynamicContainer(e.getKey(), e.getValue()));
    }

    @AfterAll
    static void close() throws InterruptedException {
        thread.close();
    }

    private static final class Verification extends PublisherVerification<Object> {
        private final long most;
        private final LongFunction<Publisher<?>> publishers;
        private final Publisher<?> failed;

        Verification(long most, LongFunction<Publisher<?>> publishers, Publisher<?> failed) {
            super(Tck.environment(), Tck.LETTING_GO);
            this.most = most;
            this.publishers = publishers;
            this.failed = failed;
        }

        @Override
        @SuppressWarnings("unchecked") // a Publisher only gives
        public Publisher<Object> createPublisher(long elements) {
            return (Publisher<Object>) publishers.apply(elements);
        }

        @Override
        @SuppressWarnings("unchecked") // a Publisher only gives
        public Publisher<Object> createFailedPublisher() {
            return (Publisher<Object>) failed;
        }

        @Override
        public long maxElementsFromPublisher() {
            return most;
        }
    }

    private static List<DynamicTest> monos(LongFunction<Publisher<?>> publishers, Publisher<?> failed) {
        return Tck.rules(() -> new Verification(1, publishers, failed));
    }

    private static List<DynamicTest> fluxes(LongFunction<Publisher<?>> publishers, Publisher<?> failed) {
        return Tck.rules(() -> new Verification(publisherMaximum(), publishers, failed));
    }

    /** The TCK asks for endless ones by this number. */
    private static long publisherMaximum() {
        return Long.MAX_VALUE - 1;
    }

    private static int bounded(long elements) {
        return (int) Math.min(elements, 10_000);
    }

    // --- Mono

    private static List<DynamicTest> aWaitOfItsOwn() {
        return monos(
                n -> Monos.from(thread.loop, () -> n == 0 ? thread.loop.done() : Async.sleep(Duration.ZERO, n)),
                Monos.from(closed, () -> closed.completed(1)));
    }

    private static List<DynamicTest> aSharedFuture() {
        return monos(
                n -> Monos.from(thread.call(() -> thread.loop.completed(n == 0 ? null : n))),
                Monos.from(thread.call(() -> thread.loop.failed(new IllegalStateException("failed")))));
    }

    private static List<DynamicTest> aTaskAsMono() {
        return monos(
                n -> Monos.task(thread.loop, () -> {
                    Async.yieldNow();
                    return n == 0 ? null : n;
                }),
                Monos.task(closed, () -> 1));
    }

    // --- Flux

    private static List<DynamicTest> aQueue() {
        return fluxes(
                n -> {
                    var queue = new Queue<Integer>(thread.loop, Integer.MAX_VALUE);
                    thread.call(() -> {
                        for (int i = 0; i < bounded(n); i++) {
                            queue.put(i).await();
                        }
                        if (n <= 10_000) {
                            queue.shutdown();
                        }
                        return null;
                    });
                    return Fluxes.from(queue);
                },
                Fluxes.from(new Queue<Integer>(closed, 1)));
    }

    private static List<DynamicTest> aTaskThatEmits() {
        return fluxes(
                n -> Fluxes.task(thread.loop, out -> {
                    for (long i = 0; i < n; i++) {
                        out.emit(i).await();
                    }
                }),
                Fluxes.task(closed, _ -> {}));
    }

    private static List<DynamicTest> aChannel() {
        return fluxes(
                n -> {
                    var channel = new Channel<Integer>(thread.loop, 16);
                    thread.call(() -> thread.loop.spawn(() -> {
                        for (int i = 0; i < bounded(n); i++) {
                            channel.send(i).await();
                        }
                        channel.close();
                    }));
                    return Fluxes.from(channel);
                },
                Fluxes.from(new Channel<Integer>(closed, 1)));
    }

    private static List<DynamicTest> aGenerator() {
        return fluxes(
                n -> thread.call(() -> Fluxes.from(Generator.<Long>yielding(out -> {
                    for (long i = 0; i < n; i++) {
                        out.yield(i);
                    }
                }))),
                null);
    }

    private static List<DynamicTest> aGeneratorThatMayWait() {
        return fluxes(
                n -> thread.call(() -> Fluxes.from(AsyncGenerator.<Long>yielding(out -> {
                    for (long i = 0; i < n; i++) {
                        Async.yieldNow();
                        out.yield(i);
                    }
                }))),
                null);
    }

    private static List<DynamicTest> futuresAsTheyEnd() {
        return Tck.rules(() -> new Verification(1000, n -> asCompleted((int) n), null));
    }

    private static Publisher<?> asCompleted(int n) {
        var promises = new ArrayList<Promise<Integer>>();
        return thread.call(() -> {
            for (int i = 0; i < n; i++) {
                promises.add(thread.loop.promise());
            }
            thread.loop.spawn(() -> {
                for (Promise<Integer> promise : promises) {
                    promise.tryComplete(1);
                    Async.yieldNow();
                }
            });
            return Fluxes.asCompleted(promises);
        });
    }
}
