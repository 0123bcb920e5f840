package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One of the things of which a {@link Select} waits for the first, with the code that is run if it is this one. Made by the methods
 * here, which are meant to be imported statically, and used for one select.
 *
 * @param <R> what its code returns
 */
@CheckReturnValue
public abstract class Clause<R extends @Nullable Object> {

    Clause() {}

    /** Does it now, if that needs no wait; null if it does. */
    abstract @Nullable Future<?> attempt(EventLoop loop);

    /** Stands in line for it. */
    abstract Future<?> park(EventLoop loop);

    /** Runs the user's code. */
    abstract R run(@Nullable Object value);

    /** Runs the user's code for the end of a channel, if {@link #handlesClose}. */
    R runClosed(ChannelClosedException closed) {
        throw closed;
    }

    boolean handlesClose() {
        return false;
    }

    /** Whether what it waits for is somebody else's, and goes on without it. */
    boolean isWatched() {
        return false;
    }

    boolean isDefault() {
        return false;
    }

    /**
     * Receives from a channel.
     *
     * @param channel where from
     * @param code what to do with the item
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the channel was closed and nothing is left in it
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Channel<T> channel, Function<? super T, ? extends R> code) {
        return new WaitClause<>(() -> channel.receiveNow(null), () -> channel.parkReceive(null), code, null);
    }

    /**
     * Receives from a channel, or learns that nothing comes from it any more.
     *
     * @param channel where from
     * @param code what to do with the item
     * @param closed what to do when the channel was closed and nothing is left in it; its argument has the cause, if there is one
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Channel<T> channel,
            Function<? super T, ? extends R> code,
            Function<? super ChannelClosedException, ? extends R> closed) {
        return new WaitClause<>(() -> channel.receiveNow(null), () -> channel.parkReceive(null), code, closed);
    }

    /**
     * Receives through an end of a channel.
     *
     * @param receiver where from
     * @param code what to do with the item
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the channel was closed and nothing is left in it, or the end was closed
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Receiver<T> receiver, Function<? super T, ? extends R> code) {
        return new WaitClause<>(receiver::receiveNow, receiver::parkReceive, code, null);
    }

    /**
     * Receives through an end of a channel, or learns that nothing comes from it any more.
     *
     * @param receiver where from
     * @param code what to do with the item
     * @param closed what to do when the channel was closed and nothing is left in it, or the end was closed
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Receiver<T> receiver,
            Function<? super T, ? extends R> code,
            Function<? super ChannelClosedException, ? extends R> closed) {
        return new WaitClause<>(receiver::receiveNow, receiver::parkReceive, code, closed);
    }

    /**
     * Receives what is published.
     *
     * @param subscription to what
     * @param code what to do with the item
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when nothing is left and the subscription has ended
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Subscription<T> subscription, Function<? super T, ? extends R> code) {
        return new WaitClause<>(subscription::receiveNow, subscription::parkReceive, code, null);
    }

    /**
     * Receives what is published, or learns that nothing comes any more.
     *
     * @param subscription to what
     * @param code what to do with the item
     * @param closed what to do when nothing is left and the subscription or the broadcast was closed
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the subscriber was let go
     */
    public static <T, R extends @Nullable Object> Clause<R> receive(
            Subscription<T> subscription,
            Function<? super T, ? extends R> code,
            Function<? super ChannelClosedException, ? extends R> closed) {
        return new WaitClause<>(subscription::receiveNow, subscription::parkReceive, code, closed);
    }

    /**
     * Sends to a channel.
     *
     * @param channel where to
     * @param item what; only the winner sends it
     * @param code what to do when it is sent
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the channel was closed
     */
    public static <T, R extends @Nullable Object> Clause<R> send(
            Channel<T> channel, T item, Supplier<? extends R> code) {
        return new WaitClause<>(() -> channel.sendNow(item), () -> channel.parkSend(item), ignoring(code), null);
    }

    /**
     * Sends through an end of a channel.
     *
     * @param sender where to
     * @param item what; only the winner sends it
     * @param code what to do when it is sent
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the channel or the end was closed
     */
    public static <T, R extends @Nullable Object> Clause<R> send(Sender<T> sender, T item, Supplier<? extends R> code) {
        Channel<T> channel = sender.channel();
        return new WaitClause<>(() -> sender.sendNow(item), () -> channel.parkSend(item), ignoring(code), null);
    }

    /**
     * Gets from a queue.
     *
     * @param queue where from
     * @param code what to do with the item
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the queue was shut down and is empty
     */
    public static <T, R extends @Nullable Object> Clause<R> get(Queue<T> queue, Function<? super T, ? extends R> code) {
        return new WaitClause<>(queue::getNow, queue::parkGet, code, null);
    }

    /**
     * Puts into a queue.
     *
     * @param queue where to
     * @param item what; only the winner puts it
     * @param code what to do when it is put
     * @param <T> the items
     * @param <R> what the code returns
     * @return a clause; it fails when the queue was shut down
     */
    public static <T, R extends @Nullable Object> Clause<R> put(Queue<T> queue, T item, Supplier<? extends R> code) {
        return new WaitClause<>(() -> queue.putNow(item), () -> queue.parkPut(item), ignoring(code), null);
    }

    /**
     * Lets a time pass.
     *
     * @param delay from the select; zero or negative is ready at once
     * @param code what to do then
     * @param <R> what the code returns
     * @return a clause
     */
    public static <R extends @Nullable Object> Clause<R> after(Duration delay, Supplier<? extends R> code) {
        boolean due = delay.isZero() || delay.isNegative();
        return new Clause<>() {
            @Override
            @Nullable Future<?> attempt(EventLoop loop) {
                return due ? loop.done() : null;
            }

            @Override
            Future<?> park(EventLoop loop) {
                return loop.sleep(delay);
            }

            @Override
            R run(@Nullable Object value) {
                return code.get();
            }
        };
    }

    /**
     * Waits for a future, which goes on when another clause wins. A failure or a cancel of it is the select's.
     *
     * @param future any future of this loop, such as a task
     * @param code what to do with its value
     * @param <T> its value
     * @param <R> what the code returns
     * @return a clause
     */
    public static <T extends @Nullable Object, R extends @Nullable Object> Clause<R> when(
            Future<T> future, Function<? super T, ? extends R> code) {
        Objects.requireNonNull(future, "future");
        return new WaitClause<T, R>(() -> future.isDone() ? future : null, () -> future, code, null) {
            @Override
            boolean isWatched() {
                return true;
            }
        };
    }

    /**
     * What to do if no other clause is ready: a select with it never waits. It stands last.
     *
     * @param code what to do
     * @param <R> what the code returns
     * @return a clause
     */
    public static <R extends @Nullable Object> Clause<R> orElse(Supplier<? extends R> code) {
        return new Clause<>() {
            @Override
            Future<?> attempt(EventLoop loop) {
                return loop.done();
            }

            @Override
            Future<?> park(EventLoop loop) {
                return loop.done();
            }

            @Override
            R run(@Nullable Object value) {
                return code.get();
            }

            @Override
            boolean isDefault() {
                return true;
            }
        };
    }

    private static <R extends @Nullable Object> Function<@Nullable Void, R> ignoring(Supplier<? extends R> code) {
        return _ -> code.get();
    }

    /** A clause on something of which it is known whether it can be done at once. */
    private static class WaitClause<T extends @Nullable Object, R extends @Nullable Object> extends Clause<R> {
        private final Supplier<? extends @Nullable Future<T>> attempt;
        private final Supplier<? extends Future<T>> park;
        private final Function<? super T, ? extends R> code;
        private final @Nullable Function<? super ChannelClosedException, ? extends R> closed;

        WaitClause(
                Supplier<? extends @Nullable Future<T>> attempt,
                Supplier<? extends Future<T>> park,
                Function<? super T, ? extends R> code,
                @Nullable Function<? super ChannelClosedException, ? extends R> closed) {
            this.attempt = attempt;
            this.park = park;
            this.code = Objects.requireNonNull(code, "code");
            this.closed = closed;
        }

        @Override
        @Nullable Future<?> attempt(EventLoop loop) {
            return attempt.get();
        }

        @Override
        Future<?> park(EventLoop loop) {
            return park.get();
        }

        @Override
        @SuppressWarnings({"unchecked", "NullAway"}) // the value of its own wait
        R run(@Nullable Object value) {
            return code.apply((T) value);
        }

        @Override
        R runClosed(ChannelClosedException error) {
            return closed != null ? closed.apply(error) : super.runClosed(error);
        }

        @Override
        boolean handlesClose() {
            return closed != null;
        }
    }
}
