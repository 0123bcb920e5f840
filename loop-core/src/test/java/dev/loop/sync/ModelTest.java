package dev.loop.sync;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.testing.TestLoop;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random operations on the primitives that grant, against their {@link Model}. */
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class ModelTest {

    private static final int SEEDS = 1_000;
    private static final int STEPS = 60;

    private static void sweep(Function<Random, Model<?>> models) {
        TestLoop.run(() -> {
            for (int seed = 0; seed < SEEDS; seed++) {
                Model<?> model = models.apply(new Random(seed));
                int step = 0;
                try {
                    while (step < STEPS) {
                        model.step();
                        step++;
                    }
                    model.finish();
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + ", step " + step + ": " + e.getMessage(), e);
                }
            }
        });
    }

    // --- a lock

    private static final class LockModel extends Model<Lock.Held> {
        private final Lock lock = new Lock();
        private boolean locked;

        LockModel(Random random) {
            super(random);
        }

        @Override
        Future<Lock.Held> ask(int kind) {
            return lock.acquire();
        }

        @Override
        Lock.@Nullable Held tryAsk(int kind) {
            return lock.tryAcquire();
        }

        @Override
        Future<Lock.Held> granted(Lock.Held value) {
            return read(value);
        }

        @Override
        boolean fits(int kind) {
            return !locked;
        }

        @Override
        void take(int kind) {
            locked = true;
        }

        @Override
        void giveBack(int kind) {
            locked = false;
        }

        @Override
        int randomKind() {
            return 1;
        }

        @Override
        void special() {}

        @Override
        void check() {
            expect(lock.isLocked(), locked, "locked");
            expect(lock.statistics().waiting(), queue.size(), "waiting");
        }
    }

    /** A future that was read. */
    private static <G> Future<G> read(G value) {
        Future<G> future = EventLoop.current().completed(value);
        future.await();
        return future;
    }

    @Test
    void aLockHasOneHolderAndServesInOrder() {
        sweep(LockModel::new);
    }

    // --- a semaphore

    private static final class SemaphoreModel extends Model<Semaphore.Permit> {
        private final Semaphore semaphore;
        private int available;

        SemaphoreModel(Random random) {
            super(random);
            available = random.nextInt(4);
            semaphore = new Semaphore(available);
        }

        @Override
        Future<Semaphore.Permit> ask(int kind) {
            return semaphore.acquire(kind);
        }

        @Override
        Semaphore.@Nullable Permit tryAsk(int kind) {
            return semaphore.tryAcquire(kind);
        }

        @Override
        Future<Semaphore.Permit> granted(Semaphore.Permit value) {
            return read(value);
        }

        @Override
        boolean fits(int kind) {
            return available >= kind;
        }

        @Override
        void take(int kind) {
            available -= kind;
        }

        @Override
        void giveBack(int kind) {
            available += kind;
        }

        @Override
        int randomKind() {
            return random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
        }

        @Override
        void special() {
            semaphore.release();
            available++;
            serve();
        }

        @Override
        void check() {
            expect(semaphore.available(), available, "available");
            expect(available >= 0, true, "not negative");
            expect(semaphore.statistics().waiting(), queue.size(), "waiting");
            expect(semaphore.isLocked(), available == 0 || !queue.isEmpty(), "locked");
        }
    }

    @Test
    void aSemaphoreLosesNoPermitAndServesInOrder() {
        sweep(SemaphoreModel::new);
    }

    // --- a lock for readers and writers

    private static final class RwLockModel extends Model<RwLock.Held> {
        private static final int READ = 0;
        private static final int WRITE = 1;

        private final RwLock lock = new RwLock();
        private int readers;
        private boolean written;

        RwLockModel(Random random) {
            super(random);
        }

        @Override
        Future<RwLock.Held> ask(int kind) {
            return kind == WRITE ? lock.write() : lock.read();
        }

        @Override
        RwLock.@Nullable Held tryAsk(int kind) {
            return kind == WRITE ? lock.tryWrite() : lock.tryRead();
        }

        @Override
        Future<RwLock.Held> granted(RwLock.Held value) {
            return read(value);
        }

        @Override
        boolean fits(int kind) {
            return !written && (kind == READ || readers == 0);
        }

        @Override
        void take(int kind) {
            if (kind == WRITE) {
                written = true;
            } else {
                readers++;
            }
        }

        @Override
        void giveBack(int kind) {
            if (kind == WRITE) {
                written = false;
            } else {
                readers--;
            }
        }

        @Override
        int kindOf(Request<RwLock.Held> request) {
            return request.value != null && downgraded(request) ? READ : request.kind;
        }

        private static boolean downgraded(Request<RwLock.Held> request) {
            return request.value != null && !request.value.isWrite();
        }

        @Override
        int randomKind() {
            return random.nextInt(3) == 0 ? WRITE : READ;
        }

        @Override
        void special() {
            Request<RwLock.Held> writer = any(r -> r.kind == WRITE && r.value != null && !r.closed && !downgraded(r));
            if (writer != null && writer.value != null) {
                writer.value.downgrade();
                written = false;
                readers++;
                serve();
            }
        }

        @Override
        void check() {
            expect(lock.readers(), readers, "readers");
            expect(lock.isWriteLocked(), written, "written");
            expect(readers < 0 || (written && readers > 0), false, "both");
            RwLock.Statistics statistics = lock.statistics();
            expect(
                    statistics.waitingWriters(),
                    (int) queue.stream().filter(r -> r.kind == WRITE).count(),
                    "waiting writers");
            expect(statistics.waitingReaders() + statistics.waitingWriters(), queue.size(), "waiting");
            expect(statistics.held().size(), readers + (written ? 1 : 0), "held");
        }
    }

    @Test
    void readersAndWritersNeverMeetAndAreServedInOrder() {
        sweep(RwLockModel::new);
    }

    // --- a limiter

    private static final class LimiterModel extends Model<CapacityLimiter.Token> {
        private final CapacityLimiter limiter;
        private int total;
        private int borrowed;

        LimiterModel(Random random) {
            super(random);
            total = random.nextInt(4);
            limiter = new CapacityLimiter(total);
        }

        @Override
        Future<CapacityLimiter.Token> ask(int kind) {
            return limiter.acquire(new Object());
        }

        @Override
        CapacityLimiter.@Nullable Token tryAsk(int kind) {
            return limiter.tryAcquire(new Object());
        }

        @Override
        Future<CapacityLimiter.Token> granted(CapacityLimiter.Token value) {
            return read(value);
        }

        @Override
        boolean fits(int kind) {
            return borrowed < total;
        }

        @Override
        void take(int kind) {
            borrowed++;
        }

        @Override
        void giveBack(int kind) {
            borrowed--;
        }

        @Override
        int randomKind() {
            return 1;
        }

        @Override
        void special() {
            total = random.nextInt(5);
            limiter.setTotal(total);
            serve();
        }

        @Override
        void check() {
            expect(limiter.borrowed(), borrowed, "borrowed");
            expect(limiter.available(), Math.max(0, total - borrowed), "available");
            CapacityLimiter.Statistics statistics = limiter.statistics();
            expect(statistics.borrowers().size(), borrowed, "borrowers");
            expect(statistics.waiting(), queue.size(), "waiting");
        }
    }

    @Test
    void aLimiterLosesNoTokenAndServesInOrder() {
        sweep(LimiterModel::new);
    }

    // --- a barrier

    @Test
    void aBarrierReleasesRoundsWhatever() {
        TestLoop.run(() -> {
            for (int seed = 0; seed < SEEDS; seed++) {
                new BarrierModel(new Random(seed)).run(STEPS);
            }
        });
    }
}
