package dev.loop.generator;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Resumable;
import dev.loop.VoidBody;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state of an {@link AsyncGenerator}, and how a task drives it. The thread of the body holds this and not the generator, so that
 * this can be told when the generator is collected. It belongs to the thread of the loop that it has begun on.
 */
final class AsyncGeneratorCore<Y> implements Abandoned.Core {

    private enum State {
        NEW,
        STOPPED,
        RUNNING, // also while the body waits
        ENDED
    }

    final String name;
    private final Resumable resumable;
    private @Nullable Runnable untrack;
    private @Nullable EventLoop loop;

    private volatile State state = State.NEW; // the cleaner's thread reads it
    private @Nullable Object sent;
    private @Nullable Throwable thrown;
    private @Nullable Y yielded;
    private @Nullable Throwable failure;

    // what was yielded and not read: given back, by its number, and then what hasNext has fetched
    private final TreeMap<Long, Y> returned = new TreeMap<>();
    private @Nullable Y fetched;
    private long count;
    private boolean closed;

    <S extends @Nullable Object> AsyncGeneratorCore(String name, AsyncGeneratorBody<Y, S> body) {
        this.name = name;
        resumable = new Resumable(name, true, () -> live(body));
    }

    // --- inside the body

    private <S extends @Nullable Object> void live(AsyncGeneratorBody<Y, S> code) {
        try {
            code.run(new AsyncYielder<Y, S>(this));
        } catch (NoSuchElementException e) {
            failure = Failures.notTheEnd(this, e);
        } catch (Throwable e) {
            failure = e;
        }
        state = State.ENDED;
    }

    @Nullable Object hand(Y value) {
        if (!resumable.isInside()) {
            throw new IllegalStateException(
                    "a yield of " + this + " outside of its body, on " + Thread.currentThread());
        }
        if (value == null) {
            throw new NullPointerException(
                    "an AsyncGenerator does not yield null, which tells its consumer of the end");
        }
        yielded = value;
        resumable.suspend();
        Throwable t = thrown;
        if (t != null) {
            thrown = null;
            throw Failures.<RuntimeException>sneaky(t);
        }
        Object s = sent;
        sent = null;
        return s;
    }

    // --- the consumer's side

    /** Refuses a consumer that may not drive it now. */
    void check(String what) {
        EventLoop current = EventLoop.current();
        EventLoop own = loop;
        if (own != null && own != current) {
            throw new IllegalStateException(this + " has begun on " + own + " and belongs to it, not to " + current);
        }
        if (state == State.RUNNING) {
            throw new IllegalStateException(what + ": " + this
                    + " is already running: ask for one value after the other, each when the last is there");
        }
    }

    /** Refuses a consumer who wants an answer and not what is there. */
    void checkRead(String what, boolean needsBegin) {
        check(what);
        if (hasUnread()) {
            throw new IllegalStateException(
                    what + ": a value of " + this + " was fetched or given back, and nobody has read it:"
                            + " take it by next() before something is sent or thrown");
        }
        if (needsBegin && state == State.NEW) {
            throw new IllegalStateException("a value was sent to " + this
                    + ", which has not begun and so cannot receive it: ask for its first value by next() before");
        }
    }

    /** The oldest value that was yielded and not read. */
    @Nullable Y takeUnread() {
        if (!returned.isEmpty()) {
            return returned.pollFirstEntry().getValue();
        }
        Y value = fetched;
        fetched = null;
        return value;
    }

    /** The number of the oldest value that was yielded and not read. */
    long unreadNumber() {
        return returned.isEmpty() ? count : returned.firstKey();
    }

    boolean fetch() {
        if (!hasUnread()) {
            fetched = drive(null, null);
        }
        return hasUnread();
    }

    /** Whether a value was yielded that nobody has read. */
    boolean hasUnread() {
        return fetched != null || !returned.isEmpty();
    }

    /** A value has come back from a wait that nobody has read. After a close nobody asks for it. */
    void giveBack(long number, Y value) {
        if (!closed) {
            returned.put(number, value);
        }
    }

    /** The number of what was yielded last. */
    long count() {
        return count;
    }

    /** Runs the body, in the task that calls, to its next value or its end. Null for the end. */
    @Nullable Y drive(@Nullable Object toSend, @Nullable Throwable toThrow) {
        if (state == State.ENDED) {
            if (toThrow == null || toThrow instanceof GeneratorExit) {
                return null;
            }
            throw Failures.rethrow(toThrow);
        }
        if (state == State.NEW) {
            if (toThrow != null) {
                end();
                throw Failures.rethrow(toThrow);
            }
            EventLoop current = EventLoop.current();
            untrack = current.trackAsyncGenerator(new Closing(this));
            loop = current;
        }
        run(toSend, toThrow);
        if (state == State.ENDED) {
            end();
            Throwable f = failure;
            if (f != null) {
                failure = null;
                throw Failures.rethrow(f);
            }
            return null;
        }
        state = State.STOPPED;
        count++;
        Y value = yielded;
        yielded = null;
        return value;
    }

    private void run(@Nullable Object toSend, @Nullable Throwable toThrow) {
        boolean fresh = state == State.NEW;
        boolean ran = false;
        state = State.RUNNING;
        sent = toSend;
        thrown = toThrow;
        try {
            resumable.resume();
            ran = true;
        } finally {
            if (!ran && fresh) { // it was refused where it is, or there is no memory for a thread
                end();
            } else if (!ran) {
                state = State.STOPPED;
                thrown = null;
            }
        }
    }

    private void end() {
        state = State.ENDED;
        Runnable u = untrack;
        if (u != null) {
            untrack = null;
            u.run();
        }
    }

    /** Closes it in the task that calls. */
    @Override
    public void close() {
        if (state != State.NEW && state != State.ENDED) {
            check("aclose()");
        }
        closed = true;
        returned.clear();
        fetched = null;
        if (state == State.NEW) {
            end();
        }
        try {
            if (drive(null, new GeneratorExit()) != null) {
                throw new IllegalStateException(
                        this + " has yielded while it was being closed: let the GeneratorExit pass");
            }
        } catch (GeneratorExit e) {
            // as it should be
        }
    }

    /** Whether its consumer need not wait for anything any more. */
    boolean isAtItsEnd() {
        return state == State.ENDED || state == State.NEW;
    }

    boolean isEnded() {
        return state == State.ENDED;
    }

    boolean isNew() {
        return state == State.NEW;
    }

    @Override
    public boolean isOver() {
        return state != State.STOPPED;
    }

    @Override
    public @Nullable EventLoop loop() {
        return loop;
    }

    @Override
    public Resumable resumable() {
        return resumable;
    }

    static void checkTask() {
        var _ = Async.currentTask();
    }

    @Override
    public String toString() {
        return "AsyncGenerator[" + name + ", "
                + switch (state) {
                    case NEW -> "not begun";
                    case STOPPED -> "stopped";
                    case RUNNING -> "running";
                    case ENDED -> "ended";
                }
                + "]";
    }

    /** For the shutdown of the loop. */
    private record Closing(AsyncGeneratorCore<?> core) implements VoidBody<RuntimeException> {
        @Override
        public void run() {
            core.close();
        }

        @Override
        public String toString() {
            return core.toString();
        }
    }
}
