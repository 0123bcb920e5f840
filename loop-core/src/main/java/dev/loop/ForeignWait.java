package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.internal.carrier.Carrier;
import java.util.ArrayList;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Futures seen from outside of their loop, and stages of the JDK seen from inside. */
final class ForeignWait {

    /** What ends a wait outside of the loop when the loop closes first. */
    @FunctionalInterface
    interface Abandoned {
        @CanIgnoreReturnValue
        boolean fail(Throwable error);
    }

    private ForeignWait() {}

    /** {@code await()} by a thread that is not the loop's. */
    static <T extends @Nullable Object> T await(Future<T> future) {
        EventLoop loop = future.loop;
        Thread current = Thread.currentThread();
        if (Carrier.isStranded(current)) {
            throw loop.closedException();
        }
        EventLoop other = EventLoop.currentOrNull();
        if (other != null) {
            throw new IllegalStateException("await() of a future of " + loop + " by code of " + other
                    + ": futures do not cross loops; use Future.from(future.toCompletableFuture()).await()");
        }
        if (loop.isAtRest() && future.outcome != null) {
            return future.take(); // the loop does not run: whoever owns it reads
        }
        Guest guest = loop.guest;
        if (guest != null) {
            guest.refuseWait(future);
        }
        // a plain stage, not toCompletableFuture: a blocked thread must not depend on the loop virtual thread
        var done = new CompletableFuture<T>();
        Runnable detach = attach(future, done, Runnable::run);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return done.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    loop.submit(detach);
                    // unless the outcome has come first: then this thread has it
                    done.completeExceptionally(
                            new CancelledException("the waiting thread " + current.getName() + " was interrupted"));
                }
            }
        } catch (CancellationException e) {
            throw e.getCause() instanceof CancelledException cancelled ? cancelled : e; // get() wraps it
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw Outcome.rethrow(cause == null ? e : cause);
        } finally {
            if (interrupted) {
                current.interrupt();
            }
        }
    }

    static <T extends @Nullable Object> CompletableFuture<T> toCompletableFuture(Future<T> future) {
        var result = new CompletableFuture<T>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                boolean cancelled = super.cancel(mayInterruptIfRunning);
                if (cancelled) {
                    future.loop.submit(() -> future.cancel("its CompletableFuture was cancelled"));
                }
                return cancelled;
            }
        };
        // dependents of the stage are user code: they run on the loop virtual thread
        Context context = future.loop.captureThreadsafe();
        attach(future, result, delivery -> future.loop.ready.add(new ReadyHandle(future.loop, context, delivery)));
        return result;
    }

    /**
     * Has the outcome handed over on the loop when there is one, by whoever runs the delivery; returns what takes that back, on the
     * loop. A delivery that has not run when the loop closes is made then.
     */
    private static <T extends @Nullable Object> Runnable attach(
            Future<T> future, CompletableFuture<T> result, Consumer<Runnable> runs) {
        EventLoop loop = future.loop;
        Abandoned abandoned = error -> {
            if (future.outcome == null) {
                return result.completeExceptionally(error);
            }
            transfer(future, result);
            return true;
        };
        Laned delivery = new Laned() {
            @Override
            public void run() {
                loop.foreignWaits.remove(abandoned);
                transfer(future, result);
            }

            @Override
            public Object lane() {
                return future.lane(); // it stands among the done callbacks
            }
        };
        Listener listener = _ -> {
            if (result.isDone()) {
                delivery.run(); // it was cancelled: nobody hears of this
            } else {
                runs.accept(delivery);
            }
        };
        Runnable register = () -> {
            loop.foreignWaits.add(abandoned);
            if (future.outcome != null) {
                runs.accept(delivery);
            } else {
                future.addListener(listener);
            }
        };
        if (loop.isCurrent()) {
            register.run();
        } else if (loop.isAtRest() && future.outcome != null) {
            transfer(future, result); // nobody depends on it yet; and nothing of the loop is this thread's to touch
        } else if (!loop.submit(register)) {
            result.completeExceptionally(loop.closedException());
        }
        return () -> {
            loop.foreignWaits.remove(abandoned);
            future.removeListener(listener);
        };
    }

    /** Gives the outcome of a future that is done to a stage. Completing it runs its dependents. */
    static <T extends @Nullable Object> void transfer(Future<T> future, CompletableFuture<T> result) {
        var lent = new ArrayList<HookedPromise<?>>();
        Object o = future.lend(lent);
        if (o instanceof Outcome.Failed failed) {
            failed.retrieved();
            result.completeExceptionally(failed.error);
        } else if (o instanceof Outcome.Cancelled c) {
            result.completeExceptionally(c.toException());
        } else if (!result.complete(future.value(o))) {
            lent.forEach(
                    HookedPromise::unread); // whoever wanted it has turned away: it can go back to where it came from
        }
    }

    static <T extends @Nullable Object> Future<T> from(EventLoop loop, CompletionStage<T> stage) {
        var promise = new StagePromise<T>(loop, stage);
        loop.stages++;
        promise.addListener(new StageEnd(loop));
        stage.whenComplete((value, error) -> {
            if (error == null) {
                promise.completeThreadsafe(value);
            } else {
                promise.failThreadsafe(unwrap(error));
            }
        });
        return promise;
    }

    private static Throwable unwrap(Throwable error) {
        Throwable e = error;
        if (e instanceof CompletionException && e.getCause() != null) {
            e = e.getCause();
        }
        return e instanceof CancellationException && !(e instanceof CancelledException)
                ? new CancelledException("its CompletionStage was cancelled")
                : e;
    }

    /** What comes from a stage comes from outside of the loop, and a test's time must not jump past it. */
    private record StageEnd(EventLoop loop) implements Listener {
        @Override
        public void completed(Future<?> future) {
            loop.stages--;
        }

        @Override
        public boolean waits() {
            return false;
        }
    }

    private static final class StagePromise<T extends @Nullable Object> extends Promise<T> {
        private final CompletionStage<T> stage;

        StagePromise(EventLoop loop, CompletionStage<T> stage) {
            super(loop);
            this.stage = stage;
        }

        @Override
        public boolean cancel(@Nullable String reason) {
            boolean cancelled = super.cancel(reason);
            if (cancelled) {
                // its dependents are user code: on the loop virtual thread, not here
                loop.ready.add(new ReadyHandle(loop, this::cancelStage));
            }
            return cancelled;
        }

        private void cancelStage() {
            try {
                stage.toCompletableFuture().cancel(true);
            } catch (UnsupportedOperationException e) {
                // a stage that cannot be cancelled from outside goes on; nobody waits for it any more
            }
        }
    }
}
