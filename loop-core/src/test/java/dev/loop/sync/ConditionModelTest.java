package dev.loop.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Future;
import dev.loop.testing.TestLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random operations on a lock and its condition, against a model: one queue for the lock, in which those who come and those who come
 * back stand in their order, and one for the signals.
 */
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class ConditionModelTest {

    private static final int SEEDS = 1_000;
    private static final int STEPS = 80;

    private enum Phase {
        WAITING,
        RETAKING,
        DONE,
        CANCELLED
    }

    /** A wait for the condition. */
    private static final class Wait {
        final Future<@Nullable Void> future;
        final Holder holder;
        Phase phase = Phase.WAITING;
        boolean signalled;
        boolean cancelled;
        boolean read;

        Wait(Future<@Nullable Void> future, Holder holder) {
            this.future = future;
            this.holder = holder;
        }
    }

    /** Somebody who has asked for the lock. */
    private static final class Holder {
        final Future<Lock.Held> future;
        Lock.@Nullable Held held; // once it was read
        boolean granted;
        boolean cancelled;
        boolean closed;

        @Nullable Wait wait; // the one that it is in

        Holder(Future<Lock.Held> future) {
            this.future = future;
        }
    }

    private static final class Program {
        final Random random;
        final Condition condition = new Condition();
        final List<Holder> holders = new ArrayList<>();
        final List<Wait> waits = new ArrayList<>();
        final Deque<Wait> signals = new ArrayDeque<>();
        final Deque<Holder> queue = new ArrayDeque<>();

        @Nullable Holder current;

        Program(Random random) {
            this.random = random;
        }

        void step() {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> acquire();
                case 3, 4 -> read();
                case 5 -> close(pick(holders, h -> h.held != null));
                case 6, 7, 8 -> whenSignalled();
                case 9 -> signal();
                case 10 -> cancelWait();
                default -> cancelAcquire(pick(holders, _ -> true));
            }
            check();
        }

        void finish() {
            for (Holder holder : holders) {
                if (holder.held == null) {
                    cancelAcquire(holder);
                } else {
                    close(holder);
                }
            }
            check();
            assertThat(condition.lock().isLocked()).isFalse();
            assertThat(condition.statistics()).isEqualTo(new Condition.Statistics(0, new Lock.Statistics(null, 0)));
        }

        private void acquire() {
            var holder = new Holder(condition.acquire());
            holders.add(holder);
            want(holder);
        }

        private void read() {
            Holder holder = pick(holders, h -> h.granted && !h.cancelled && h.held == null);
            if (holder != null) {
                holder.held = holder.future.await();
            }
            Wait wait = pick(waits, w -> w.phase == Phase.DONE);
            if (wait != null && random.nextBoolean()) {
                wait.future.await();
                wait.read = true;
            }
        }

        private void close(@Nullable Holder holder) {
            if (holder == null || holder.held == null) {
                return;
            }
            holder.held.close();
            if (holder.closed) {
                return;
            }
            holder.closed = true;
            Wait wait = holder.wait;
            if (wait == null) {
                free();
                return;
            }
            holder.wait = null;
            signals.remove(wait);
            queue.remove(holder);
            wait.phase = Phase.CANCELLED;
            passOn(wait);
        }

        private void whenSignalled() {
            Holder holder = current;
            if (holder == null || holder.held == null) {
                return;
            }
            var wait = new Wait(condition.whenSignalled(), holder);
            waits.add(wait);
            signals.add(wait);
            holder.wait = wait;
            free();
        }

        private void signal() {
            if (current == null) {
                return;
            }
            int count = random.nextInt(3);
            condition.signal(count);
            for (int i = 0; i < count; i++) {
                signalFirst();
            }
        }

        private void signalFirst() {
            Wait wait = signals.poll();
            if (wait != null) {
                wait.signalled = true;
                retake(wait);
            }
        }

        private void retake(Wait wait) {
            wait.phase = Phase.RETAKING;
            want(wait.holder);
        }

        private void passOn(Wait wait) {
            if (wait.signalled) {
                wait.signalled = false;
                signalFirst();
            }
        }

        private void cancelWait() {
            Wait wait = pick(waits, _ -> true);
            if (wait == null) {
                return;
            }
            boolean can = wait.phase == Phase.WAITING
                    || wait.phase == Phase.RETAKING
                    || (wait.phase == Phase.DONE && !wait.read);
            Model.expect(wait.future.cancel(), can, "cancel()");
            if (!can) {
                return;
            }
            wait.cancelled = true;
            switch (wait.phase) {
                case WAITING -> {
                    signals.remove(wait);
                    retake(wait);
                }
                case DONE -> {
                    wait.phase = Phase.CANCELLED;
                    passOn(wait);
                }
                default -> passOn(wait);
            }
        }

        private void cancelAcquire(@Nullable Holder holder) {
            if (holder == null) {
                return;
            }
            boolean can = !holder.cancelled && holder.held == null;
            Model.expect(holder.future.cancel(), can, "cancel()");
            if (can) {
                holder.cancelled = true;
                if (holder.granted) {
                    free();
                } else {
                    queue.remove(holder);
                }
            }
        }

        private void want(Holder holder) {
            if (current == null) {
                take(holder);
            } else {
                queue.add(holder);
            }
        }

        private void free() {
            current = null;
            Holder next = queue.poll();
            if (next != null) {
                take(next);
            }
        }

        private void take(Holder holder) {
            current = holder;
            holder.granted = true;
            Wait wait = holder.wait;
            if (wait != null) {
                holder.wait = null;
                wait.phase = wait.cancelled ? Phase.CANCELLED : Phase.DONE;
            }
        }

        private void check() {
            Lock lock = condition.lock();
            Model.expect(lock.isLocked(), current != null, "locked");
            if (current != null && current.held != null) {
                Model.expect(lock.holder(), current.held, "the holder");
            }
            Model.expect(lock.statistics().waiting(), queue.size(), "waiting for the lock");
            Model.expect(condition.statistics().waiting(), signals.size(), "waiting");
            for (Wait wait : waits) {
                if (wait.future.isDone() != (wait.phase == Phase.DONE || wait.phase == Phase.CANCELLED)
                        || wait.future.isCancelled() != (wait.phase == Phase.CANCELLED)) {
                    throw new AssertionError(wait.future + " is " + wait.phase + " in the model");
                }
            }
            for (Holder holder : holders) {
                if (holder.future.isDone() != (holder.granted || holder.cancelled)) {
                    throw new AssertionError(holder.future + " is not as the model has it");
                }
            }
        }

        private <T> @Nullable T pick(List<T> from, Predicate<T> predicate) {
            List<T> some = from.stream().filter(predicate).toList();
            return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
        }
    }

    @Test
    void signalsCancelsAndClosesInEveryOrder() {
        TestLoop.run(() -> {
            for (int seed = 0; seed < SEEDS; seed++) {
                var program = new Program(new Random(seed));
                int step = 0;
                try {
                    while (step < STEPS) {
                        program.step();
                        step++;
                    }
                    program.finish();
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + ", step " + step + ": " + e.getMessage(), e);
                }
            }
        });
    }
}
