package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A variable that each task, each callback and each other thread has for itself, and that whatever is scheduled inherits: the
 * user of a request, say, or its trace. Any thread may use it. Keep it in a static final field.
 *
 * <p>{@link #where} binds it for a piece of code, as {@link ScopedValue} does, and is the way to be preferred; {@link #set} changes
 * it from now on, as {@link ThreadLocal} does, for the task or callback that calls and what that schedules later, and nobody else.
 *
 * @param <T> its values; null may be one of them
 */
@CheckReturnValue
public final class ContextVar<T extends @Nullable Object> {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** Its place in the tables of contexts, where keys have even places. Consecutive ones do not collide. */
    final int hash = NUMBERS.getAndIncrement() << 1;

    private final String name;
    private final @Nullable Object defaultValue;
    private final boolean hasDefault;

    private ContextVar(String name, @Nullable Object defaultValue, boolean hasDefault) {
        this.name = Objects.requireNonNull(name, "name");
        this.defaultValue = defaultValue;
        this.hasDefault = hasDefault;
    }

    /**
     * A variable without a default.
     *
     * @param name for people; two variables of one name are two
     * @param <T> its values
     * @return a new variable, set nowhere
     */
    public static <T extends @Nullable Object> ContextVar<T> of(String name) {
        return new ContextVar<>(name, null, false);
    }

    /**
     * A variable with a default.
     *
     * @param name for people; two variables of one name are two
     * @param defaultValue its value where it is not set
     * @param <T> its values
     * @return a new variable, set nowhere
     */
    public static <T extends @Nullable Object> ContextVar<T> of(String name, T defaultValue) {
        return new ContextVar<>(name, defaultValue, true);
    }

    /**
     * The name.
     *
     * @return as it was given
     */
    public String name() {
        return name;
    }

    /**
     * The value in the current context.
     *
     * @return its value, else its default
     * @throws NoSuchElementException if it has neither
     */
    public T get() {
        return Context.bare().get(this);
    }

    /**
     * The value in the current context, or another one.
     *
     * @param other what to give where it is not set; its default does not count
     * @return its value, else the other
     */
    public T orElse(T other) {
        return Context.bare().orElse(this, other);
    }

    /**
     * Whether it is set in the current context; its default does not count.
     *
     * @return true if it has a value, be it null
     */
    public boolean isSet() {
        return Context.bare().isSet(this);
    }

    /**
     * Sets it in the current context: in this task, this callback or this thread, until that ends or it is set again.
     *
     * @param value its value from now on
     * @return the way back to what it was; it need not be kept
     */
    @CanIgnoreReturnValue
    public Token set(T value) {
        Context former = Context.bare();
        Context.swap(former.with(this, value));
        return new Token(this, former, place());
    }

    /**
     * The current context with this variable set, for code that is run in place:
     * {@code USER.where(user).call(() -> answer(request))}. More of them: {@code USER.where(user).with(TRACE, trace).run(…)}.
     *
     * @param value its value there
     * @return a context in which to run code
     */
    public Context where(T value) {
        return Context.bare().with(this, value);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // of() has put a T there
    T defaultValue() {
        if (!hasDefault) {
            throw new NoSuchElementException(
                    "the ContextVar '" + name + "' is not set here and has no default: bind it by "
                            + "where(value).run(…) or set(value), or give a default to ContextVar.of(name, default)");
        }
        return (T) defaultValue;
    }

    /** What the current context belongs to: a task, a callback or a thread. */
    private static Object place() {
        EventLoop loop = EventLoop.currentOrNull();
        return loop != null ? loop.contextOwner() : Thread.currentThread();
    }

    @Override
    public String toString() {
        return "ContextVar[" + name + "]";
    }

    /**
     * The way back to what a variable was before {@link ContextVar#set}: {@code try (var _ = VAR.set(value)) { … }}. To be used once,
     * where the variable was set.
     */
    public static final class Token implements AutoCloseable {

        private final ContextVar<?> variable;
        private final Context former;
        private final Object place;
        private boolean used;

        private Token(ContextVar<?> variable, Context former, Object place) {
            this.variable = variable;
            this.former = former;
            this.place = place;
        }

        /**
         * Sets the variable back to what it was.
         *
         * @throws IllegalStateException if this was used already, or in another task, callback or thread
         */
        public void reset() {
            if (used) {
                throw new IllegalStateException("a token of " + variable + " was used twice: it sets back once");
            }
            if (place() != place) {
                throw new IllegalStateException(
                        "a token of " + variable + " was used elsewhere than where it was made: its set() was in "
                                + place + ", and only code there can take it back");
            }
            used = true;
            Context.swap(variable.restored(Context.bare(), former));
        }

        /** Sets the variable back to what it was, unless {@link #reset()} has. */
        @Override
        public void close() {
            if (!used) {
                reset();
            }
        }

        @Override
        public String toString() {
            return "Token[" + variable.name + (used ? ", used]" : "]");
        }
    }

    private Context restored(Context context, Context former) {
        return former.isSet(this) ? context.with(this, former.get(this)) : context.without(this);
    }
}
