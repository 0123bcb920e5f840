package dev.loop.reactor;

import dev.loop.Future;
import dev.loop.Task;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import reactor.core.publisher.Mono;

/** The Reactive Streams TCK on every Subscriber of ours. */
@Tag("both-engines")
class SubscriberTckTest {

    private static final Map<String, List<DynamicTest>> RULES = new LinkedHashMap<>();

    private static LoopThread thread;

    @BeforeAll
    static void run() {
        thread = new LoopThread();
        RULES.put("aMonoThatIsAwaited", aMonoThatIsAwaited());
        RULES.put("aFluxThatATaskStepsThrough", aFluxThatATaskStepsThrough());
        RULES.put("aFluxThatATaskStepsThroughOneByOne", aFluxThatATaskStepsThroughOneByOne());
    }

    @TestFactory
    Stream<DynamicContainer> rules() {
        return RULES.entrySet().stream().map(e -> DynamicContainer.dynamicContainer(e.getKey(), e.getValue()));
    }

    @AfterAll
    static void close() throws InterruptedException {
        thread.close();
    }

    /** What awaits a Mono. */
    private static final class OfAFuture extends SubscriberBlackboxVerification<Integer> {
        OfAFuture() {
            super(Tck.environment());
        }

        @Override
        public Subscriber<Integer> createSubscriber() {
            var subscriber = new AtomicReference<Subscriber<? super Integer>>();
            thread.call(() -> {
                Mono<Integer> mono = new Mono<>() {
                    @Override
                    public void subscribe(reactor.core.CoreSubscriber<? super Integer> actual) {
                        subscriber.set(actual);
                    }
                };
                Future<Integer> future = Monos.toFuture(mono);
                future.addWaiter(_ -> {});
                return null;
            });
            @SuppressWarnings("unchecked") // it takes what it is given
            var taker = (Subscriber<Integer>) subscriber.get();
            return taker;
        }

        @Override
        public Integer createElement(int element) {
            return element;
        }
    }

    /** What a task steps through; the task of each begins when the TCK wants a request. */
    private static final class OfAnIteration extends SubscriberBlackboxVerification<Integer> {
        private final int prefetch;

        OfAnIteration(int prefetch) {
            super(Tck.environment());
            this.prefetch = prefetch;
        }

        @Override
        public Subscriber<Integer> createSubscriber() {
            var subscriber = new AtomicReference<Subscriber<? super Integer>>();
            thread.call(() -> {
                Publisher<Integer> publisher = subscriber::set;
                FluxIteration<Integer> items = Fluxes.iterate(publisher, prefetch);
                Task<Void> stepping = thread.loop.spawn(() -> {
                    try (items) {
                        int left = 3;
                        for (Integer _ : items) {
                            if (--left == 0) {
                                break;
                            }
                        }
                    }
                });
                stepping.addWaiter(_ -> {});
                return null;
            });
            @SuppressWarnings("unchecked") // it takes what it is given
            var taker = (Subscriber<Integer>) subscriber.get();
            return taker;
        }

        @Override
        public Integer createElement(int element) {
            return element;
        }
    }

    private static List<DynamicTest> aMonoThatIsAwaited() {
        return Tck.rules(OfAFuture::new);
    }

    private static List<DynamicTest> aFluxThatATaskStepsThrough() {
        return Tck.rules(() -> new OfAnIteration(2));
    }

    private static List<DynamicTest> aFluxThatATaskStepsThroughOneByOne() {
        return Tck.rules(() -> new OfAnIteration(1));
    }
}
