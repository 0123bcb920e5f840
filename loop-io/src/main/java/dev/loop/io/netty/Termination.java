package dev.loop.io.netty;

import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The end of a {@link NettyEventLoop}, without a sleep: timers are cancelled and channels closed until none is left and nothing
 * has been executed for the quiet period, or the time is up.
 *
 * <pre>
 *   OPEN -> ENDING -> ENDED
 * </pre>
 */
final class Termination {

    private static final int OPEN = 0;
    private static final int ENDING = 1;
    private static final int ENDED = 2;

    private final NettyEventLoop netty;
    private final AtomicInteger state = new AtomicInteger(OPEN);
    /** How often something was executed since the end began. */
    private final AtomicLong executed = new AtomicLong();

    private final EndPromise future = new EndPromise();

    // the loop's thread only
    private long quietNanos;
    private long limit; // on the loop's clock

    Termination(NettyEventLoop netty) {
        this.netty = netty;
    }

    /** Whether something may still be executed. Counts it as a disturbance of the quiet period. */
    boolean admits() {
        int s = state.get();
        if (s == ENDING) {
            executed.incrementAndGet();
        }
        return s != ENDED;
    }

    boolean hasBegun() {
        return state.get() != OPEN;
    }

    boolean hasEnded() {
        return state.get() == ENDED;
    }

    Future<Void> future() {
        return future;
    }

    Future<Void> begin(long quietPeriod, long timeout, TimeUnit unit) {
        if (quietPeriod < 0 || timeout < quietPeriod) {
            throw new IllegalArgumentException("the quiet period must not be negative, nor longer than the time-out: "
                    + quietPeriod + ", " + timeout + " " + unit);
        }
        if (state.compareAndSet(OPEN, ENDING)) {
            try {
                netty.execute(() -> {
                    quietNanos = unit.toNanos(quietPeriod);
                    limit = netty.loop().time() + Math.min(unit.toNanos(timeout), Long.MAX_VALUE / 4);
                    round();
                });
            } catch (RejectedExecutionException e) {
                ended(); // the loop has closed, and nothing can run on it any more
            }
        }
        return future;
    }

    /** Closes what there is, then looks again when what that has caused has run. */
    private void round() {
        netty.cancelTimers();
        netty.closeChannels();
        long before = executed.get();
        // straight to the loop, past the count
        netty.loop().callSoon(() -> {
            if (netty.loop().time() - limit >= 0) {
                end();
            } else if (netty.registrations() > 0 || executed.get() != before) {
                round();
            } else if (quietNanos == 0) {
                end();
            } else {
                netty.loop().callLater(Duration.ofNanos(quietNanos), () -> endIfQuietSince(before));
            }
        });
    }

    private void endIfQuietSince(long before) {
        if (executed.get() == before || netty.loop().time() - limit >= 0) {
            end();
        } else {
            round();
        }
    }

    private void end() {
        netty.cancelTimers();
        netty.closeChannels();
        ended();
    }

    private void ended() {
        state.set(ENDED);
        future.complete();
    }

    /** Its listeners run where it is completed, or where they are added: there is no executor any more that they could go to. */
    private final class EndPromise extends DefaultPromise<Void> {
        EndPromise() {
            super(ImmediateEventExecutor.INSTANCE);
        }

        void complete() {
            super.setSuccess(null);
        }

        @Override
        protected void checkDeadLock() {
            if (netty.inEventLoop()) {
                throw new BlockingOperationException("a callback of " + netty + " cannot wait for its end");
            }
        }
    }
}
