package dev.loop.reactor;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.generator.AsyncGenerator;
import dev.loop.generator.Generator;
import dev.loop.queue.Channel;
import dev.loop.queue.ChannelClosedException;
import dev.loop.queue.Queue;
import dev.loop.queue.QueueShutdownException;
import dev.loop.queue.Receiver;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.concurrent.Queues;

/**
 * Whatever gives one item after another as Reactor's {@link Flux}, a Flux into a queue, and a Flux stepped through by a task; with
 * back-pressure in both directions.
 *
 * <p>What is said of {@link Monos} holds here too: the Fluxes signal items and ends on the loop virtual thread only, may be subscribed, requested
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
     * One wait after another, each begun when its item is asked for, and each subscriber for itself: {@code
     * Fluxes.from(subscription::receive)}. It completes when a wait fails with a {@link QueueShutdownException}, or with a {@link
     * ChannelClosedException} that has no cause; any other failure is its error.
     *
     * @param next begins the wait for the next item; runs on the loop
     * @param <T> the items
     * @return the items
     */
    public static <T> Flux<T> from(Callable<? extends Future<? extends T>> next) {
        return waits(EventLoop.currentOrNull(), next);
    }

    /**
     * One wait after another, on a loop; as {@link #from(Callable)}.
     *
     * @param loop which the waits belong to
     * @param next begins the wait for the next item; runs on the loop
     * @param <T> the items
     * @return the items
     */
    public static <T> Flux<T> from(EventLoop loop, Callable<? extends Future<? extends T>> next) {
        return waits(Objects.requireNonNull(loop, "loop"), next);
    }

    private static <T> Flux<T> waits(@Nullable EventLoop loop, Callable<? extends Future<? extends T>> next) {
        Objects.requireNonNull(next, "next");
        return PullFlux.create(loop, _ -> new WaitsPull<T>(next, () -> false));
    }

    /**
     * The items of a queue: each request is as many takes. Several subscribers share the items. It completes when the queue was shut
     * down and is empty, which it learns while an item is asked for, or with the last one that it takes.
     *
     * @param queue where the items come from
     * @param <T> the items
     * @return its items, in the order of the queue
     */
    public static <T> Flux<T> from(Queue<T> queue) {
        return PullFlux.create(
                queue.loop(), _ -> new WaitsPull<T>(queue::get, () -> queue.isShutdown() && queue.isEmpty()));
    }

    /**
     * The items of a channel: each request is as many receives. Several subscribers share the items. It completes when the channel
     * was closed and nothing is left in it, which it learns while an item is asked for; if that was with a failure, it fails with a
     * {@link ChannelClosedException} of that cause.
     *
     * @param channel where the items come from
     * @param <T> the items
     * @return its items, in their order
     */
    public static <T> Flux<T> from(Channel<T> channel) {
        return from(channel.loop(), channel::receive);
    }

    /**
     * The items that one end of a channel receives; as {@link #from(Channel)}. It does not close the end.
     *
     * @param receiver where the items come from
     * @param <T> the items
     * @return its items, in their order
     */
    public static <T> Flux<T> from(Receiver<T> receiver) {
        return from(receiver.channel().loop(), receiver::receive);
    }

    /**
     * The values of a generator: each request runs it to so many values, on the loop virtual thread, one at a time. Several
     * subscribers share the values; for a generator of each subscriber's own, {@code Flux.defer(() -> Fluxes.from(Generator.…))}.
     * A cancel closes the generator in the next turn, and what that throws goes to {@link
     * reactor.core.publisher.Hooks#onErrorDropped}.
     *
     * @param generator which yields, and does not await: for that there is {@link AsyncGenerator}
     * @param <T> its values
     * @return its values from where it is; what the body throws is the error
     */
    public static <T> Flux<T> from(Generator<? extends T, ?, ?> generator) {
        Objects.requireNonNull(generator, "generator");
        return PullFlux.create(EventLoop.currentOrNull(), loop -> new GeneratorPull<T>(loop, generator));
    }

    /**
     * The values of a generator that may wait: each request asks for so many values, one at a time. Several subscribers share the
     * values; for a generator of each subscriber's own, {@code Flux.defer(() -> Fluxes.from(AsyncGenerator.…))}. A cancel cancels
     * what its body waits for, and then closes it, in a task; what that throws goes to {@link
     * reactor.core.publisher.Hooks#onErrorDropped}.
     *
     * @param generator what yields
     * @param <T> its values
     * @return its values from where it is; what the body throws is the error
     */
    public static <T> Flux<T> from(AsyncGenerator<? extends T, ?> generator) {
        Objects.requireNonNull(generator, "generator");
        return PullFlux.create(EventLoop.currentOrNull(), loop -> new AsyncGeneratorPull<T>(loop, generator));
    }

    /**
     * Futures in the order in which they end from the subscription on, each of them itself, done; as {@link
     * Async#asCompleted(Collection)}. A cancel leaves them alone. For their values: {@code Fluxes.asCompleted(futures).concatMap(Monos::from)}.
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
     * @param limit how long, from the subscription on; null for no limit
     * @param <T> their value
     * @return those that were done in time, and then a {@link dev.loop.TimeoutException} as the error if some were not
     */
    public static <T extends @Nullable Object> Flux<Future<T>> asCompleted(
            Collection<? extends Future<T>> futures, @Nullable Duration limit) {
        List<Future<T>> all = List.copyOf(futures);
        EventLoop loop =
                all.isEmpty() ? EventLoop.currentOrNull() : all.getFirst().loop();
        return PullFlux.createEager(
                loop,
                _ -> new AsCompletedPull<T>(limit == null ? Async.asCompleted(all) : Async.asCompleted(all, limit)));
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
     * @return subscribes at its first request; empty when all items are in the queue, or the failure of the source, or a
     *     {@link QueueShutdownException}
     */
    public static <T> Mono<Void> into(Publisher<? extends T> source, Queue<? super T> queue) {
        return Filling.of(source, new QueueRoom<T>(queue), false);
    }

    /**
     * As {@link #into(Publisher, Queue)}, and shuts the queue down when the source has completed, has failed, or was cancelled.
     *
     * @param source whichever thread it signals on
     * @param queue where the items go
     * @param <T> the items
     * @return empty when all items are in the queue, or the failure
     */
    public static <T> Mono<Void> intoAndShutdown(Publisher<? extends T> source, Queue<? super T> queue) {
        return Filling.of(source, new QueueRoom<T>(queue), true);
    }

    /**
     * Sends the items of a Flux through a channel, and leaves the channel open; as {@link #into(Publisher, Queue)}. At a rendezvous,
     * the demand is the number of receivers that wait.
     *
     * @param source whichever thread it signals on
     * @param channel where the items go
     * @param <T> the items
     * @return empty when all items were sent, or the failure of the source, or a {@link ChannelClosedException}
     */
    public static <T> Mono<Void> into(Publisher<? extends T> source, Channel<? super T> channel) {
        return Filling.of(source, new ChannelRoom<T>(channel), false);
    }

    /**
     * As {@link #into(Publisher, Channel)}, and closes the channel when the source has completed; with the failure if it has failed,
     * with a {@link dev.loop.CancelledException} if it was cancelled.
     *
     * @param source whichever thread it signals on
     * @param channel where the items go
     * @param <T> the items
     * @return empty when all items were sent, or the failure
     */
    public static <T> Mono<Void> intoAndClose(Publisher<? extends T> source, Channel<? super T> channel) {
        return Filling.of(source, new ChannelRoom<T>(channel), true);
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
