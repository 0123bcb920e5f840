package dev.loop.reactor;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Queue;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.concurrent.Queues;

/**
 * Whatever gives one item after another as Reactor's {@link Flux}, a Flux into a queue, and a Flux stepped through by a task; with
 * back-pressure in both directions.
 *
 * <p>What is said of {@link Monos} holds here too: the Fluxes signal on the loop virtual thread only, may be subscribed, requested
 * and cancelled from any thread, and belong to the loop of the code that calls the method, else of the code that subscribes.
 *
 * <p>An item is taken when the subscriber asks for it, and not before; so there is never one taken too many. A cancel gives one
 * that was not passed to {@code onNext} yet back to where it came from: to the next who waits there, else to the head. One that
 * cannot go back is given to {@link Flux#doOnDiscard}.
 */
@CheckReturnValue
public final class Fluxes {

    private Fluxes() {}

    /**
     * The items of a queue: each request is as many takes. Several subscribers share the items. It completes when the queue was shut
     * down and is empty, which it hears of while it waits for an item or takes one.
     *
     * @param queue where the items come from
     * @param <T> the items
     * @return its items, in the order of the queue
     */
    public static <T> Flux<T> from(Queue<T> queue) {
        return from(EventLoop.currentOrNull(), queue);
    }

    /**
     * The items of a queue, on a loop; as {@link #from(Queue)}.
     *
     * @param loop which the queue belongs to
     * @param queue where the items come from
     * @param <T> the items
     * @return its items, in the order of the queue
     */
    public static <T> Flux<T> from(@Nullable EventLoop loop, Queue<T> queue) {
        Objects.requireNonNull(queue, "queue");
        return PullFlux.create(loop, _ -> new QueuePull<>(queue));
    }

    /**
     * Futures in the order in which they end, each of them itself, done; as {@link Async#asCompleted(Collection)}. A cancel leaves
     * them alone. For their values: {@code Fluxes.asCompleted(futures).concatMap(Monos::from)}.
     *
     * @param futures of one loop; one that stands here twice comes once
     * @param <T> their value
     * @return each of them; a failure of one is no failure of this
     */
    public static <T extends @Nullable Object> Flux<Future<T>> asCompleted(Collection<? extends Future<T>> futures) {
        return asCompleted(futures, null);
    }

    /**
     * Futures in the order in which they end, with a limit for all of them together; as {@link #asCompleted(Collection)}.
     *
     * @param futures of one loop; one that stands here twice comes once
     * @param limit how long, from the first request on; null for no limit
     * @param <T> their value
     * @return those that were done in time, and then a {@link dev.loop.TimeoutException} as the error if some were not
     */
    public static <T extends @Nullable Object> Flux<Future<T>> asCompleted(
            Collection<? extends Future<T>> futures, @Nullable Duration limit) {
        List<Future<T>> all = List.copyOf(futures);
        EventLoop loop = all.isEmpty() ? EventLoop.currentOrNull() : all.getFirst().loop();
        return PullFlux.create(
                loop,
                _ -> new AsCompletedPull<T>(
                        limit == null ? Async.asCompleted(all) : Async.asCompleted(all, limit)));
    }

    /**
     * A coroutine as a Flux: each subscriber has a task of its own, which is started at the first request, and whose emissions wait
     * until they are asked for:
     *
     * {@snippet class="dev.loop.reactor.FluxesTaskTest" region="task"}
     *
     * <p>It completes or fails when the body ends, and a cancel by the subscriber cancels the task.
     *
     * @param loop where the task runs
     * @param body what it does; it may await
     * @param <T> the items
     * @return what the body emits
     */
    public static <T> Flux<T> task(EventLoop loop, Emitter.Body<T> body) {
        Objects.requireNonNull(loop, "loop");
        Objects.requireNonNull(body, "body");
        return PullFlux.create(loop, l -> new EmitterPull<>(l, body));
    }

    /**
     * Puts the items of a Flux into a queue, and leaves the queue open. The room in the queue is the demand: while it is full nothing
     * is asked for, and never more than there is room for. (Where others put as well, they may take the room meanwhile; then the
     * item waits as any {@code put} does.)
     *
     * <p>A cancel ends it, and what was asked for and is not in the queue is given to {@link Flux#doOnDiscard}.
     *
     * @param source whichever thread it signals on
     * @param queue where the items go
     * @param <T> the items
     * @return subscribes at its first request; empty when all items are in the queue, or the failure of the source, or of a
     *     {@code put}
     */
    public static <T> Mono<Void> into(Publisher<? extends T> source, Queue<? super T> queue) {
        return into(EventLoop.currentOrNull(), source, queue);
    }

    /**
     * Puts the items of a Flux into a queue, on a loop; as {@link #into(Publisher, Queue)}.
     *
     * @param loop which the queue belongs to
     * @param source whichever thread it signals on
     * @param queue where the items go
     * @param <T> the items
     * @return empty when all items are in the queue, or the failure
     */
    public static <T> Mono<Void> into(
            @Nullable EventLoop loop, Publisher<? extends T> source, Queue<? super T> queue) {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(queue, "queue");
        return WaitMono.create(loop, () -> Async.spawn(() -> QueueFilling.run(source, queue)));
    }

    /**
     * Subscribes at once, in a task that steps through the items: see {@link FluxIteration}.
     *
     * @param source whichever thread it signals on
     * @param <T> the items
     * @return the items, to be closed; 32 of them at most are asked for ahead of the body
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T> FluxIteration<T> iterate(Publisher<? extends T> source) {
        return iterate(source, Queues.XS_BUFFER_SIZE);
    }

    /**
     * Subscribes at once, in a task that steps through the items; as {@link #iterate(Publisher)}.
     *
     * @param source whichever thread it signals on
     * @param prefetch how many items may be asked for ahead of the body, at least 1; {@link Integer#MAX_VALUE} for no bound
     * @param <T> the items
     * @return the items, to be closed
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T> FluxIteration<T> iterate(Publisher<? extends T> source, int prefetch) {
        if (prefetch < 1) {
            throw new IllegalArgumentException("a prefetch of " + prefetch + " would ask for nothing: give at least 1");
        }
        return new FluxIteration<>(EventLoop.current(), source, prefetch);
    }
}
