package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The listeners of one future, few and many: their order, and that whoever leaves is gone. */
class ListenersTest {

    private final List<Integer> told = new ArrayList<>();

    private static final class Numbered implements Listener {
        private final int number;
        private final List<Integer> told;

        Numbered(int number, List<Integer> told) {
            this.number = number;
            this.told = told;
        }

        @Override
        public void completed(Future<?> future) {
            told.add(number);
        }

        @Override
        public boolean waits() {
            return number % 2 == 0;
        }
    }

    private Listener listener(int number) {
        return new Numbered(number, told);
    }

    /** What a list does with the same calls is what this must do. */
    @Test
    void itDoesWhatAPlainListWould() {
        try (EventLoop loop = EventLoop.create()) {
            Promise<String> future = loop.promise();
            for (int seed = 0; seed < 200; seed++) {
                var random = new Random(seed);
                var model = new ArrayList<Listener>();
                var listeners = new Listeners();
                var pool = new ArrayList<Listener>();
                for (int i = 0; i < 60; i++) {
                    pool.add(listener(i));
                }
                for (int step = 0; step < 400; step++) {
                    Listener one = pool.get(random.nextInt(pool.size()));
                    if (random.nextInt(100) < (step < 200 ? 70 : 30)) {
                        model.add(one);
                        listeners.add(one);
                    } else {
                        int before = model.size();
                        model.removeIf(l -> l == one);
                        assertThat(listeners.remove(one)).as("seed %d", seed).isEqualTo(before - model.size());
                    }
                    assertThat(listeners.isEmpty()).isEqualTo(model.isEmpty());
                    assertThat(listeners.hasWaiterBesides(one))
                            .isEqualTo(model.stream().anyMatch(l -> l != one && l.waits()));
                }
                told.clear();
                listeners.completed(future);
                assertThat(told)
                        .as("seed %d", seed)
                        .isEqualTo(
                                model.stream().map(l -> ((Numbered) l).number).toList());
            }
        }
    }

    @Test
    void callbacksAreComparedByEqualsAlsoAmongMany() {
        try (EventLoop loop = EventLoop.create()) {
            Promise<String> future = loop.promise();
            record Callback(int number) implements Consumer<Future<String>> {
                @Override
                public void accept(Future<String> done) {}
            }
            for (int i = 0; i < 100; i++) {
                future.addDoneCallback(new Callback(i % 10));
                future.addWaiter(new Callback(i % 20));
            }
            assertThat(future.removeDoneCallback(new Callback(3))).isEqualTo(15);
            assertThat(future.removeDoneCallback(new Callback(3))).isZero();
            assertThat(future.removeDoneCallback(new Callback(13))).isEqualTo(5);
            assertThat(future.removeDoneCallback(new Callback(77))).isZero();
        }
    }
}
