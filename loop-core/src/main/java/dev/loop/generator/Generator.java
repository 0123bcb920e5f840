package dev.loop.generator;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.lang.ref.Reference;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Code that gives values one by one, and stands still in between: its body yields, and goes on when the consumer asks for the next
 * value. It is an iterator whose state is a program counter, and a coroutine that is sent values and has a result, with the protocol
 * of Python's generators (PEP 342 and 380).
 *
 * {@snippet class="dev.loop.generator.GeneratorSnippetsTest" region="generator"}
 *
 * <p>It needs no loop. On a thread without one, the body runs in the place of the consumer, while that calls {@link #next()}, and
 * nowhere else; in a task or a callback it does so too, and nothing of the loop runs in between. The body is the consumer's task then,
 * with its {@link dev.loop.Context} and {@link dev.loop.CancelScope}s, of which none of its own may be open at a yield. But the
 * consumer does not expect to wait: an {@code await()} in the body that would wait is refused; {@link AsyncGenerator} is for that. A
 * blocking JDK call in the body blocks the consumer as well.
 *
 * <p>The body's thread is a virtual one of its own: {@link ThreadLocal}s and locks are the body's and stay so across a yield. A lock that
 * the consumer holds while it asks for a value is not the body's, which waits for it for ever if it wants it. A body must not yield from
 * a class initializer or below native code, whose frames cannot be set aside.
 *
 * <p>Any thread may use it, one at a time; it may be made on one and driven by others.
 *
 * <p>It ends with its body; by a failure; or by {@link #close()}. One that is abandoned before that is closed some time after it was
 * collected, in a task of the loop that has driven it last if that runs, else on a thread of its own, and that is reported, to the
 * loop's exception handler or as a warning in the log. So is one only that has begun; and a body that refers to its own generator keeps it
 * from ever being collected. The engines make no difference there.
 *
 * <p>The cost of a value, and on which engine, is told at {@link dev.loop.Resumable}.
 *
 * @param <Y> what it yields
 * @param <S> what it is sent; {@code Void} for nothing
 * @param <R> its result; {@code Void} for none
 */
public final class Generator<Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
        implements Iterable<Y>, AutoCloseable {

    final GeneratorCore core;
    private @Nullable Abandoned abandoned; // watches for the collection, from the beginning on

    private Generator(String name, GeneratorBody<Y, S, R> body) {
        Objects.requireNonNull(body, "body");
        var newCore = new GeneratorCore(Objects.requireNonNull(name, "name"));
        var out = new Yielder<Y, S>(newCore);
        newCore.body(() -> body.run(out));
        core = newCore;
    }

    /**
     * A generator that has not begun. Its body begins when the first value is asked for.
     *
     * @param body yields
     * @param <Y> what it yields
     * @param <S> what it is sent
     * @param <R> its result
     * @return the generator
     */
    public static <Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
            Generator<Y, S, R> of(GeneratorBody<Y, S, R> body) {
        return new Generator<>("generator", body);
    }

    /**
     * A generator that has not begun, with a name, which its thread gets too.
     *
     * @param name the name
     * @param body yields
     * @param <Y> what it yields
     * @param <S> what it is sent
     * @param <R> its result
     * @return the generator
     */
    public static <Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
            Generator<Y, S, R> of(String name, GeneratorBody<Y, S, R> body) {
        return new Generator<>(name, body);
    }

    /**
     * A generator that is only iterated.
     *
     * @param body yields
     * @param <Y> what it yields
     * @return the generator
     */
    public static <Y extends @Nullable Object> Generator<Y, @Nullable Void, @Nullable Void> yielding(
            YieldingBody<Y> body) {
        Objects.requireNonNull(body, "body");
        return new Generator<>("generator", out -> {
            body.run(out);
            return null;
        });
    }

    /**
     * Runs it to its next value.
     *
     * @return the value
     * @throws NoSuchElementException if it has ended, now or before
     * @throws RuntimeException what the body has thrown, once; {@link Error}s too, and a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}. A NoSuchElementException of the body is the cause of an
     *     IllegalStateException.
     * @throws IllegalStateException if it is executing: it is driven by one at a time, and not by its own body
     */
    @CanIgnoreReturnValue
    public Y next() {
        return valueOr(advance(null, null));
    }

    /**
     * Sends a value, which the yield that it has stopped at gives to the body, and runs it to its next value.
     *
     * @param value what to send
     * @return the next value
     * @throws NoSuchElementException if it has ended
     * @throws IllegalStateException if it has not begun, and so cannot receive anything but null; if {@link #hasNext()} has fetched a
     *     value that nobody has taken
     */
    @CanIgnoreReturnValue
    public Y send(S value) {
        return valueOr(advance(core.send(value), null));
    }

    /**
     * As {@link #send}, for those who want its result: what comes next is a value or the end.
     *
     * @param value what to send; null to ask for the next value only
     * @return the next value, or the result; at an end that was reached before, that result again
     * @throws IllegalStateException as {@link #send}, and if it has ended without a result
     */
    public Step<Y, R> step(@Nullable S value) {
        return advance(core.send(value), null) ? new Step.Yielded<>(taken()) : new Step.Returned<>(result());
    }

    /**
     * Throws something into the body, at the yield that it has stopped at, and runs it to its next value. A body that has not begun never
     * runs then.
     *
     * @param error what the yield throws, as it is, also a checked exception
     * @return the next value, if the body has caught it
     * @throws NoSuchElementException if the body has caught it and ended
     * @throws RuntimeException it comes back, if the body does not catch it, has not begun or has ended
     */
    @CanIgnoreReturnValue
    public Y throwInto(Throwable error) {
        Objects.requireNonNull(error, "error");
        try {
            begin();
            return valueOr(core.throwInto(error));
        } finally {
            settle();
        }
    }

    /**
     * Whether there is a next value, for which it is run if need be.
     *
     * @return false if it has ended
     * @throws RuntimeException as {@link #next()}
     */
    public boolean hasNext() {
        return advance(null, null);
    }

    /**
     * The values from where the generator is, for a {@code for} loop. Leaving that loop early does not close the generator.
     *
     * @return an iterator over what is left; any number of them take turns
     */
    @Override
    public Iterator<Y> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return Generator.this.hasNext();
            }

            @Override
            public Y next() {
                return Generator.this.next();
            }
        };
    }

    /**
     * Ends it: the yield that the body has stopped at throws a {@link GeneratorExit}, so its {@code finally} blocks run. A body that has
     * not begun never runs; one that has ended does not mind.
     *
     * @throws IllegalStateException if the body yields once more, and so has not ended; if it is executing
     * @throws RuntimeException what the body throws instead; as {@link #next()}
     */
    @Override
    public void close() {
        try {
            core.close();
        } finally {
            settle();
        }
    }

    /**
     * Whether it has ended.
     *
     * @return true if there is no next value, as far as is known without running it
     */
    public boolean isEnded() {
        return core.isEnded();
    }

    /**
     * What the body has returned.
     *
     * @return its result
     * @throws IllegalStateException if it has not ended, or without a result: it has failed, or was closed
     */
    @SuppressWarnings({"unchecked", "NullAway"}) // what the body gave, an R
    public R result() {
        return (R) core.result();
    }

    private boolean advance(@Nullable Object sent, @Nullable Throwable thrown) {
        try {
            begin();
            return core.advance(sent, thrown);
        } finally {
            settle();
        }
    }

    private Y valueOr(boolean value) {
        if (!value) {
            throw new NoSuchElementException("no value is left of " + core);
        }
        return taken();
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // what the body gave, a Y
    private Y taken() {
        return (Y) core.take();
    }

    /** It is about to begin: from now on it matters whether it is abandoned. */
    void begin() {
        if (abandoned == null && core.isNew()) {
            abandoned = Abandoned.watch(this, core);
        }
    }

    /** After each use; keeps this from being collected as long as it is used. */
    private void settle() {
        try {
            Abandoned a = abandoned;
            if (a != null && core.isEnded()) {
                a.settled();
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public String toString() {
        return core.toString();
    }
}
