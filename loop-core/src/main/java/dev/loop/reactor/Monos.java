package dev.loop.reactor;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Result;
import dev.loop.VoidBody;
import dev.loop.sync.Lock;
import dev.loop.sync.Semaphore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/**
 * Futures and tasks as Reactor's {@link Mono}, and a Mono awaited in a task.
 *
 * <p>What these methods return gives a subscription to the thread that subscribes, and all other signals on the loop virtual
 * thread only, so its operators share state with the loop's tasks
 * without a lock. It may be subscribed, requested and cancelled from any thread. A value of null, as of a future of {@code Void},
 * is an empty Mono. A subscriber on another thread hears of the loop's close as an {@link IllegalStateException}.
 *
 * <p>Where no loop is named, it is that of the task or callback that calls the method; if there is none, that of the code that
 * subscribes; {@code subscribeOn(LoopScheduler.of(loop))} is such code.
 *
 * <p>Loop's context and Reactor's go along with each other: see {@link ReactorContexts}.
 *
 * <p>A cancel loses nothing: an item, permit or lock that was granted and not passed to {@code onNext} yet goes back to where it
 * came from. A value that cannot go back is given to {@link Mono#doOnDiscard}, and a failure that comes after the cancel to
 * {@link reactor.core.publisher.Hooks#onErrorDropped}.
 */
@CheckReturnValue
public final class Monos {

    private Monos() {}

    /**
     * A future that is under way, for any number of subscribers. A subscriber that cancels only leaves it.
     *
     * @param future whoever else waits for it
     * @param <T> its value
     * @return its outcome
     */
    public static <T> Mono<T> from(Future<? extends @Nullable T> future) {
        return SharedMono.create(future);
    }

    /**
     * A wait for each subscriber: {@code Monos.from(() -> queue.get())}. It is started at the first request, and cancelled when
     * the subscriber cancels.
     *
     * @param wait starts one wait and gives it away; runs on the loop
     * @param <T> its value
     * @return the wait's outcome; what {@code wait} throws is an error of it
     */
    public static <T> Mono<T> from(Callable<? extends Future<? extends @Nullable T>> wait) {
        return WaitMono.create(EventLoop.currentOrNull(), wait);
    }

    /**
     * A wait for each subscriber, on a loop; as {@link #from(Callable)}.
     *
     * @param loop which the wait belongs to
     * @param wait starts one wait and gives it away; runs on the loop
     * @param <T> its value
     * @return the wait's outcome
     */
    public static <T> Mono<T> from(EventLoop loop, Callable<? extends Future<? extends @Nullable T>> wait) {
        return WaitMono.create(loop, wait);
    }

    /**
     * A coroutine as a Mono: each subscriber has a task of its own, which is started at the first request and cancelled when the
     * subscriber cancels. A task that was cancelled before its first step never runs.
     *
     * @param loop where the task runs
     * @param body what it does; it may await
     * @param <T> what the body returns; null makes the Mono empty
     * @return the task's outcome
     */
    public static <T> Mono<T> task(EventLoop loop, Callable<? extends @Nullable T> body) {
        Objects.requireNonNull(body, "body");
        return WaitMono.create(loop, () -> loop.<@Nullable T>spawn(body));
    }

    /**
     * A coroutine as a Mono without a value; as {@link #task(EventLoop, Callable)}.
     *
     * @param loop where the task runs
     * @param body what it does; it may await
     * @return empty when the task has ended, or its failure
     */
    public static Mono<Void> task(EventLoop loop, VoidBody<? extends Exception> body) {
        Objects.requireNonNull(body, "body");
        return WaitMono.create(loop, () -> loop.spawn(body));
    }

    /**
     * Subscribes in a task and waits for the value. Its signals may come from any thread. A cancel of the task cancels the
     * subscription.
     *
     * <p>A test loop does not know of threads that are not its own: where one of those shall complete the Mono, await it inside
     * {@code toThread(() -> mono.block())}, or its time jumps ahead.
     *
     * @param mono what to wait for
     * @param <T> its value
     * @return the value; null if it was empty
     * @throws RuntimeException its failure, if it is unchecked ({@link Error}s too); a checked one is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @throws dev.loop.CancelledException if the task was cancelled while it waited
     * @throws IllegalStateException outside of a task, before anything is subscribed
     */
    @CanIgnoreReturnValue
    public static <T> @Nullable T await(Mono<? extends T> mono) {
        EventLoop loop = EventLoop.currentOrNull();
        if (loop == null) {
            throw new IllegalStateException("Monos.await(…) on " + Thread.currentThread()
                    + ", which runs no loop: call it in a task, or use mono.block() here");
        }
        if (loop.isCallbackThread(Thread.currentThread())) {
            throw new IllegalStateException("Monos.await(…) in a callback of " + loop
                    + " would hold every callback behind it: subscribe, or spawn a task that awaits");
        }
        return Monos.<T>toFuture(mono).await();
    }

    /**
     * Subscribes at once, and gives the outcome as a future of the current loop. A cancel of the future cancels the subscription.
     *
     * @param mono what to subscribe; its signals may come from any thread
     * @param <T> its value
     * @return its value; null if it was empty
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T> Future<@Nullable T> toFuture(Mono<? extends T> mono) {
        EventLoop loop = EventLoop.current();
        if (mono instanceof WaitMono<? extends T> wait) {
            // our own: no detour, so that a cancel cannot come between the grant and the task
            @SuppressWarnings("unchecked") // a future only gives values
            var started = (Future<@Nullable T>) wait.startFor(loop);
            if (started != null) {
                return started;
            }
        }
        return FutureSubscriber.subscribe(loop, mono);
    }

    /**
     * Subscribes to all of these at once, and waits for all values, as {@link Async#gather(Collection)} does: the first failure is
     * the outcome and leaves the others running, and a cancel is passed on to all. (Reactor's {@code zip} cancels the others, and
     * is empty when one is empty.)
     *
     * @param monos whichever threads they signal on; one that stands here twice is subscribed twice
     * @param <T> what their values have in common
     * @return the values in the order of the arguments, null for one that was empty
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <T> Mono<List<@Nullable T>> gather(Mono<? extends T>... monos) {
        return gather(Arrays.asList(monos));
    }

    /**
     * Subscribes to all of these at once, and waits for all values; as {@link #gather(Mono[])}.
     *
     * @param monos whichever threads they signal on
     * @param <T> what their values have in common
     * @return the values in their order, null for one that was empty
     */
    public static <T> Mono<List<@Nullable T>> gather(Collection<? extends Mono<? extends T>> monos) {
        List<Mono<? extends T>> all = List.copyOf(monos);
        return from(() -> Async.gather(all.stream().map(Monos::<T>toFuture).toList()));
    }

    /**
     * Subscribes to all of these at once, and waits until all have ended, also when some fail; as Reactor's {@code DelayError}
     * operators do. A cancel is passed on to all.
     *
     * @param monos whichever threads they signal on; one that stands here twice is subscribed twice
     * @param <T> what their values have in common
     * @return the values in the order of the arguments, null for one that was empty; or the failure of the one that failed; or, if
     *     several failed, one error made of them by {@link Exceptions#multiple(Throwable...)}, for
     *     {@link Exceptions#unwrapMultiple(Throwable)}
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <T> Mono<List<@Nullable T>> gatherDelayError(Mono<? extends T>... monos) {
        return gatherDelayError(Arrays.asList(monos));
    }

    /**
     * Subscribes to all of these at once, and waits until all have ended; as {@link #gatherDelayError(Mono[])}.
     *
     * @param monos whichever threads they signal on
     * @param <T> what their values have in common
     * @return the values in their order, null for one that was empty; or the failure or failures
     */
    public static <T> Mono<List<@Nullable T>> gatherDelayError(Collection<? extends Mono<? extends T>> monos) {
        List<Mono<? extends T>> all = List.copyOf(monos);
        return Monos.<List<Result<@Nullable T>>>from(() ->
                        Async.gatherResults(all.stream().map(Monos::<T>toFuture).toList()))
                .handle((results, sink) -> Outcomes.<T>valuesOrFailures(results, sink));
    }

    /**
     * Subscribes to all of these at once; the first that succeeds wins. The others are cancelled, and the race ends when they have
     * ended. One that fails is out of the race, which goes on with the others; one that is empty wins like any other, as an
     * attempt without a value does in {@link Async#staggeredRace}. (Reactor's {@code firstWithValue} passes over those, and does
     * not wait for what it cancels.)
     *
     * <p>Of several that succeed in one turn the first in the order of the arguments wins, and an item, permit or lock that another
     * one was granted meanwhile goes back to where it came from; a value that cannot go back is given to {@link Mono#doOnDiscard}.
     *
     * @param monos whichever threads they signal on
     * @param <T> what their values have in common
     * @return the outcome of the winner; if there is none, a {@link dev.loop.RaceException} with every failure
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <T> Mono<T> race(Mono<? extends T>... monos) {
        return race(Arrays.asList(monos));
    }

    /**
     * Subscribes to all of these at once; the first that succeeds wins; as {@link #race(Mono[])}.
     *
     * @param monos at least one, whichever threads they signal on
     * @param <T> what their values have in common
     * @return the outcome of the winner
     */
    public static <T> Mono<T> race(Collection<? extends Mono<? extends T>> monos) {
        return Race.of(List.copyOf(monos));
    }

    /**
     * A Mono with a limit, as {@link Async#waitFor(Future, Duration)}: when the time is up it is cancelled. The time is the loop's,
     * and counts from the first request.
     *
     * @param mono what to wait for; whichever thread it signals on
     * @param limit how long; zero or negative cancels at once what is not there already
     * @param <T> its value
     * @return its outcome, or a {@link dev.loop.TimeoutException} as the error
     */
    public static <T> Mono<T> waitFor(Mono<? extends T> mono, Duration limit) {
        Objects.requireNonNull(mono, "mono");
        Objects.requireNonNull(limit, "limit");
        return from(() -> Async.waitFor(Monos.<T>toFuture(mono), limit));
    }

    /**
     * A Mono whose subscription goes on when the subscriber cancels; if that fails later, the loop's exception handler is told.
     *
     * @param mono what to protect; each subscriber has a subscription of its own
     * @param <T> its value
     * @return its outcome, unless the subscriber cancels first
     */
    public static <T> Mono<T> shield(Mono<? extends T> mono) {
        Objects.requireNonNull(mono, "mono");
        return from(() -> Async.shield(Monos.<T>toFuture(mono)));
    }

    /**
     * A Mono under a lock: the lock is acquired at the first request, then {@code mono} is subscribed, and the lock is released
     * when that has ended or was cancelled, before its value is passed on. So what follows downstream does not hold the lock, as
     * with {@link Mono#usingWhen}. As {@link #holding}.
     *
     * @param lock what to hold
     * @param mono what to subscribe when it is held
     * @param <T> its value
     * @return its outcome
     */
    public static <T> Mono<T> withLock(Lock lock, Mono<? extends T> mono) {
        Objects.requireNonNull(lock, "lock");
        return holding(lock::acquire, mono);
    }

    /**
     * A Mono under a permit of a semaphore; as {@link #withLock}.
     *
     * @param semaphore where the permit comes from
     * @param mono what to subscribe when it is there
     * @param <T> its value
     * @return its outcome
     */
    public static <T> Mono<T> withPermit(Semaphore semaphore, Mono<? extends T> mono) {
        Objects.requireNonNull(semaphore, "semaphore");
        return holding(semaphore::acquire, mono);
    }

    /**
     * A Mono during which something is held: {@code Monos.holding(rwLock::read, mono)}. It is acquired at the first request and
     * closed when the Mono has ended or was cancelled, before its value is passed on, on the loop in every case. A subscriber that
     * cancels between the grant and the subscription gives it back, and {@code mono} is never subscribed.
     *
     * <p>{@code mono} is subscribed in a task of its own, which is the holder where a lock has one.
     *
     * @param acquire begins to wait for what is to be held; runs on the loop
     * @param mono what to subscribe when it is held
     * @param <T> its value
     * @return its outcome, or the failure to acquire
     */
    public static <T> Mono<T> holding(
            Callable<? extends Future<? extends AutoCloseable>> acquire, Mono<? extends T> mono) {
        Objects.requireNonNull(acquire, "acquire");
        Objects.requireNonNull(mono, "mono");
        return from(() -> Async.<@Nullable T>spawn(() -> {
            try (AutoCloseable _ = acquire.call().await()) {
                if (Async.currentTask().cancelling() > 0) {
                    throw new CancelledException("its subscriber cancelled when this was granted");
                }
                return Monos.<T>await(mono);
            }
        }));
    }

    /**
     * Completes after a time of the loop, virtual in a test, counted from the first request; as {@link Async#sleep(Duration)}. For a
     * delay as an operator, give Reactor's the loop's scheduler: {@code mono.delayElement(d, LoopScheduler.of(loop))}.
     *
     * @param delay zero or negative completes in the next turn
     * @return empty when the time is over
     */
    public static Mono<Void> sleep(Duration delay) {
        Objects.requireNonNull(delay, "delay");
        return from(() -> Async.sleep(delay));
    }
}
