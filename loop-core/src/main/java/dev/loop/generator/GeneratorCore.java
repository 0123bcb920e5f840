package dev.loop.generator;

import dev.loop.EventLoop;
import dev.loop.Resumable;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The state of a {@link Generator}, and how it is driven. The thread of the body holds this and not the generator, so that this can
 * be told when the generator is collected.
 *
 * <p>A generator that delegates stands still; the consumer drives the one at the end of the chain, and gives its outcome back to the
 * one before. So a chain costs no stack and no switches, only the way along it.
 */
final class GeneratorCore implements Abandoned.Core {

    /** What a body gives, or a consumer. Untyped, because a chain of generators has as many types as it has members. */
    @FunctionalInterface
    interface Code {
        @Nullable Object run() throws Exception;
    }

    private enum State {
        NEW,
        STOPPED, // at a yield, or delegating
        ENDED
    }

    final String name;
    private final Resumable resumable;
    private @Nullable Code body;

    private final AtomicBoolean executing = new AtomicBoolean(); // whoever sets it has all below
    private State state = State.NEW;
    private @Nullable GeneratorCore delegate;
    private @Nullable Object sent; // for the body, where it has stopped
    private @Nullable Throwable thrown;
    private @Nullable Object yielded;
    private @Nullable Throwable failure; // until it was told
    private boolean returned;
    private @Nullable Object result;
    private boolean fetched; // yielded was, and not taken
    private @Nullable EventLoop loop; // that has driven it last

    GeneratorCore(String name) {
        this.name = name;
        resumable = new Resumable(name, false, this::live);
    }

    void body(Code code) {
        body = code;
    }

    // --- inside the body

    private void live() {
        Code code = body;
        body = null;
        try {
            if (code == null) {
                throw new AssertionError("the body of " + this + " ran twice");
            }
            result = code.run();
            returned = true;
        } catch (NoSuchElementException e) {
            failure = Failures.notTheEnd(this, e);
        } catch (Throwable e) {
            failure = e;
        }
        state = State.ENDED;
    }

    @Nullable Object yield(@Nullable Object value) {
        checkInside();
        yielded = value;
        return stop();
    }

    @Nullable Object yieldFrom(GeneratorCore inner) {
        checkInside();
        for (GeneratorCore c = inner; c != null; c = c.delegate) {
            if (c == this || c.executing.get()) {
                throw inner.alreadyExecuting();
            }
        }
        delegate = inner;
        try {
            return stop();
        } finally {
            delegate = null;
        }
    }

    private void checkInside() {
        if (!resumable.isInside()) {
            throw new IllegalStateException(
                    "a yield of " + this + " outside of its body, on " + Thread.currentThread());
        }
    }

    private @Nullable Object stop() {
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

    /**
     * Drives it to its next value or to its end. Not while it is new and something is sent or thrown.
     *
     * @return whether there is a value, to be taken by {@link #take()}
     */
    boolean advance(@Nullable Object toSend, @Nullable Throwable toThrow) {
        acquire();
        try {
            if (fetched) {
                if (toThrow == null && toSend == null) {
                    return true;
                }
                if (!(toThrow instanceof GeneratorExit)) {
                    throw untaken();
                }
                drop();
            }
            loop = EventLoop.currentOrNull();
            boolean value = drive(toSend, toThrow);
            fetched = value;
            return value;
        } finally {
            executing.setRelease(false);
        }
    }

    private void acquire() {
        if (!executing.compareAndSet(false, true)) {
            throw alreadyExecuting();
        }
    }

    private IllegalStateException untaken() {
        return new IllegalStateException("hasNext() has fetched a value of " + this
                + " that nobody has taken: take it by next() before something is sent or thrown");
    }

    private IllegalStateException alreadyExecuting() {
        return new IllegalStateException(
                this + " is already executing: it is driven by one at a time, and not by itself");
    }

    private boolean drive(@Nullable Object firstSent, @Nullable Throwable firstThrown) {
        Object toSend = firstSent;
        Throwable toThrow = firstThrown;
        GeneratorCore closing = null; // one that was told to exit, and has not ended
        Throwable exit = null; // what it was told
        while (true) {
            GeneratorCore leaf = leaf();
            if (toThrow instanceof GeneratorExit) {
                closing = leaf;
                exit = toThrow;
            }
            Throwable refused = leaf.step(this, toSend, toThrow);
            if (leaf.delegate != null) {
                toSend = null; // a new one at the end: it is asked for its first value
                toThrow = null;
                continue;
            }
            GeneratorCore over = leaf;
            if (refused == null && leaf.state != State.ENDED) {
                if (closing == null || closing == this) {
                    yielded = leaf.take();
                    return true;
                }
                leaf.drop();
                over = closing;
                refused = closing.ignoresExit();
            }
            if (over == this) {
                throwFailure();
                return false;
            }
            GeneratorCore parent = parentOf(over);
            parent.delegate = null;
            if (refused == null) {
                refused = leaf.takeFailure();
            }
            toSend = leaf.result;
            toThrow = refused == null && over == closing ? exit : refused;
            if (over == closing) {
                closing = null;
            }
        }
    }

    /** Runs the body to its next stop. Returns why it was not run; null if it was, and also if it has ended before. */
    private @Nullable Throwable step(GeneratorCore root, @Nullable Object toSend, @Nullable Throwable toThrow) {
        if (state == State.ENDED) {
            return toThrow instanceof GeneratorExit ? null : toThrow;
        }
        if (this != root) {
            if (!executing.compareAndSet(false, true)) {
                return alreadyExecuting();
            }
        }
        try {
            if (this != root && fetched) {
                if (toSend == null && toThrow == null) {
                    return null;
                }
                if (!(toThrow instanceof GeneratorExit)) {
                    return untaken();
                }
                drop();
            }
            run(toSend, toThrow);
            return null;
        } finally {
            if (this != root) {
                executing.setRelease(false);
            }
        }
    }

    private void run(@Nullable Object toSend, @Nullable Throwable toThrow) {
        State before = state;
        boolean ran = false;
        state = State.STOPPED;
        sent = toSend;
        thrown = toThrow;
        try {
            resumable.resume();
            ran = true;
        } finally {
            if (!ran) { // it was refused where it is, or there is no memory for a thread
                state = before;
                sent = null;
                thrown = null;
            }
        }
    }

    private GeneratorCore leaf() {
        GeneratorCore leaf = this;
        for (GeneratorCore d = leaf.delegate; d != null; d = d.delegate) {
            leaf = d;
        }
        return leaf;
    }

    private GeneratorCore parentOf(GeneratorCore child) {
        GeneratorCore parent = this;
        while (parent.delegate != child) {
            GeneratorCore next = parent.delegate;
            if (next == null) {
                throw new AssertionError(this + " does not delegate to " + child);
            }
            parent = next;
        }
        return parent;
    }

    private IllegalStateException ignoresExit() {
        return new IllegalStateException(this + " has yielded while it was being closed: let the GeneratorExit pass");
    }

    private void throwFailure() {
        Throwable f = takeFailure();
        if (f != null) {
            throw Failures.rethrow(f);
        }
    }

    private @Nullable Throwable takeFailure() {
        Throwable f = failure;
        failure = null;
        return f;
    }

    /** The value that was fetched. */
    @Nullable Object take() {
        Object value = yielded;
        drop();
        return value;
    }

    private void drop() {
        yielded = null;
        fetched = false;
    }

    /** Ends it before its body has run. */
    private void endUnstarted() {
        state = State.ENDED;
        body = null;
    }

    @Nullable Object send(@Nullable Object value) {
        if (value != null && state == State.NEW) {
            throw new IllegalStateException("a value was sent to " + this
                    + ", which has not begun and so cannot receive it: ask for its first value by next() before");
        }
        return value;
    }

    /** Throws something in; whether there is a value then. */
    boolean throwInto(Throwable error) {
        if (state == State.STOPPED) {
            return advance(null, error);
        }
        acquire();
        try {
            endUnstarted();
        } finally {
            executing.setRelease(false);
        }
        throw Failures.rethrow(error);
    }

    @Override
    public void close() {
        if (state == State.ENDED && !fetched) {
            return;
        }
        acquire();
        try {
            drop();
            if (state == State.NEW) {
                endUnstarted();
            }
            if (state == State.ENDED) {
                return;
            }
            loop = EventLoop.currentOrNull();
            if (drive(null, new GeneratorExit())) {
                drop();
                throw ignoresExit();
            }
        } catch (GeneratorExit e) {
            // as it should be
        } finally {
            executing.setRelease(false);
        }
    }

    @Nullable Object result() {
        if (!returned) {
            throw new IllegalStateException(
                    state == State.ENDED
                            ? this + " has no result: it was closed or has failed"
                            : this + " has not ended");
        }
        return result;
    }

    boolean isNew() {
        return state == State.NEW;
    }

    boolean isEnded() {
        return state == State.ENDED;
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

    @Override
    public String toString() {
        return "Generator[" + name + ", "
                + switch (state) {
                    case NEW -> "not begun";
                    case STOPPED -> executing.get() ? "executing" : delegate == null ? "stopped" : "delegating";
                    case ENDED -> "ended";
                }
                + "]";
    }
}
