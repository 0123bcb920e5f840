package dev.loop.generator;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import java.lang.ref.Reference;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Code that gives values one by one to the tasks of a loop, and may wait in between: a {@link Generator} whose body may await.
 *
 * {@snippet class="dev.loop.generator.GeneratorSnippetsTest" region="async"}
 *
 * <p>There are two ways to ask for a value. A task iterates, by a {@code for} loop: the body then runs in that task, in its place, as if
 * it were called; what it awaits the task awaits, and the task's cancel, its time-outs and its {@link dev.loop.Context} are the body's.
 * Or somebody takes the {@link #next()} future: the body then runs in a task of its own for this one value, in the context of the call,
 * and a cancel of the future is one of what the body waits for. Either way the body begins at once, not in the next turn.
 *
 * <p>A cancel ends the wait that the body is in; if the body does not catch it, the generator has ended. What was yielded is not lost:
 * a value whose future was cancelled before anybody has read it goes to the next {@link #next()}. No cancel scope, time-out or task
 * group of the body may be open at a yield, because it would be open in the consumer then, and its cancel would hit the wrong code
 * (PEP 789); such a yield is refused.
 *
 * <p>It belongs to the loop on which it begins, which closes it when its tasks have ended, at
 * {@link EventLoop#shutdownAsyncGenerators()} or at its close. One that is abandoned before its end is closed in a task of the loop, some
 * time after it was collected, and that is reported to the exception handler; a body that refers to its own generator keeps it from being
 * collected. In a {@code finally} block that must wait although its task is being cancelled, use
 * {@link dev.loop.Async#shielded(dev.loop.VoidBody)}.
 *
 * <p>It may be made anywhere. The body's thread is a virtual one of its own; see {@link dev.loop.Resumable}.
 *
 * @param <Y> what it yields, never null
 * @param <S> what it is sent; {@code Void} for nothing
 */
@CheckReturnValue
public final class AsyncGenerator<Y, S extends @Nullable Object> implements Iterable<Y>, AutoCloseable {

    private final AsyncGeneratorCore<Y> core;
    private @Nullable Abandoned abandoned; // watches for the collection, from the beginning on

    private AsyncGenerator(String name, AsyncGeneratorBody<Y, S> body) {
        core = new AsyncGeneratorCore<>(Objects.requireNonNull(name, "name"), Objects.requireNonNull(body, "body"));
    }

    /**
     * A generator that has not begun. Its body begins when the first value is asked for. Any thread may call.
     *
     * @param body yields, and may await
     * @param <Y> what it yields
     * @param <S> what it is sent
     * @return the generator
     */
    public static <Y, S extends @Nullable Object> AsyncGenerator<Y, S> of(AsyncGeneratorBody<Y, S> body) {
        return new AsyncGenerator<>("generator", body);
    }

    /**
     * A generator that has not begun, with a name, which its thread gets too. Any thread may call.
     *
     * @param name the name
     * @param body yields, and may await
     * @param <Y> what it yields
     * @param <S> what it is sent
     * @return the generator
     */
    public static <Y, S extends @Nullable Object> AsyncGenerator<Y, S> of(String name, AsyncGeneratorBody<Y, S> body) {
        return new AsyncGenerator<>(name, body);
    }

    /**
     * A generator that is only iterated. Any thread may call.
     *
     * @param body yields, and may await
     * @param <Y> what it yields
     * @return the generator
     */
    public static <Y> AsyncGenerator<Y, @Nullable Void> yielding(AsyncGeneratorBody<Y, @Nullable Void> body) {
        return new AsyncGenerator<>("generator", body);
    }

    /**
     * Asks for the next value, in a task or a callback.
     *
     * @return the value; null at the end. What the body throws is its failure.
     * @throws IllegalStateException if it is running: the value before has not come yet
     */
    public Future<@Nullable Y> next() {
        core.check("next()");
        long number = core.unreadNumber();
        Y unread = core.takeUnread();
        if (unread != null) {
            return Pull.granted(core, this, number, unread);
        }
        return core.isEnded() ? EventLoop.current().<@Nullable Y>completed(null) : pull("next", null, null);
    }

    /**
     * Sends a value, which the yield that it has stopped at gives to the body, and asks for the next value.
     *
     * @param value what to send
     * @return the next value; null at the end
     * @throws IllegalStateException if it is running; if it has not begun, and so cannot receive anything but null; if there is a value
     *     that nobody has read
     */
    public Future<@Nullable Y> send(S value) {
        core.checkRead("send()", value != null);
        return core.isEnded() ? next() : pull("send", value, null);
    }

    /**
     * Throws something into the body, at the yield that it has stopped at, and asks for the next value. A body that has not begun never
     * runs then.
     *
     * @param error what the yield throws, as it is, also a checked exception
     * @return the next value, if the body has caught it; null if it has ended then; it comes back as the failure, if the body does not
     *     catch it, has not begun or has ended
     * @throws IllegalStateException if it is running, or there is a value that nobody has read
     */
    public Future<@Nullable Y> throwInto(Throwable error) {
        Objects.requireNonNull(error, "error");
        core.checkRead("throwInto()", false);
        return pull("throwInto", null, error);
    }

    /**
     * Ends it: the yield that the body has stopped at throws a {@link GeneratorExit}, so its {@code finally} blocks run, which may await.
     * A value that nobody has read is dropped. A body that has not begun never runs; one that has ended does not mind.
     *
     * @return done when it has ended; fails if the body yields once more
     * @throws IllegalStateException if it is running
     */
    public Future<@Nullable Void> aclose() {
        core.check("aclose()");
        if (core.isAtItsEnd()) {
            core.close();
            return EventLoop.current().done();
        }
        return Pull.<Void>start(null, this, core.name + ".aclose", () -> {
            close();
            return null;
        });
    }

    /**
     * Ends it, as {@link #aclose()}, in the task that calls, which waits for that: the end of a {@code try} block.
     *
     * @throws IllegalStateException outside of a task; if it is running, or the body yields once more
     * @throws RuntimeException what the body throws instead
     */
    @Override
    public void close() {
        try {
            if (!core.isAtItsEnd()) {
                AsyncGeneratorCore.checkTask();
            }
            core.close();
        } finally {
            settle();
        }
    }

    /**
     * The values from where the generator is, for a {@code for} loop in a task: the body runs in that task. Leaving the loop early does
     * not close the generator.
     *
     * @return an iterator over what is left; any number of them take turns
     */
    @Override
    public Iterator<Y> iterator() {
        return new Values();
    }

    /**
     * Whether it has ended.
     *
     * @return true if there is no next value, as far as is known without running it
     */
    public boolean isEnded() {
        return core.isEnded() && !core.hasUnread();
    }

    private Future<@Nullable Y> pull(String what, @Nullable Object sent, @Nullable Throwable thrown) {
        return Pull.start(core, this, core.name + "." + what, () -> drive(sent, thrown));
    }

    private @Nullable Y drive(@Nullable Object sent, @Nullable Throwable thrown) {
        try {
            begin();
            return core.drive(sent, thrown);
        } finally {
            settle();
        }
    }

    private void begin() {
        if (abandoned == null && core.isNew()) {
            abandoned = Abandoned.watch(this, core);
        }
    }

    /** After each use; keeps this from being collected as long as it is used. */
    @SuppressWarnings("ReachabilityFenceUsage") // called in finally blocks
    private void settle() {
        try {
            Abandoned a = abandoned;
            if (a != null && core.isEnded()) {
                abandoned = null;
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

    private final class Values implements Iterator<Y> {
        @Override
        public boolean hasNext() {
            AsyncGeneratorCore.checkTask();
            EventLoop.current().done().await(); // a body that never waits must not starve the others
            core.check("hasNext()"); // not before: somebody else may have asked meanwhile
            try {
                begin();
                return core.fetch();
            } finally {
                settle();
            }
        }

        @Override
        public Y next() {
            Y value = hasNext() ? core.takeUnread() : null;
            if (value == null) {
                throw new NoSuchElementException("no value is left of " + core);
            }
            return value;
        }
    }
}
