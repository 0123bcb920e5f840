package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The values of all {@link ContextVar}s at one place of the program, as an immutable map. Any thread may use it.
 *
 * <p>There is a current context in each task, in each callback and on each other thread. Whatever is scheduled takes the current one
 * along: a task, a callback ({@link EventLoop#callSoon}, a timer, one from another thread), a done callback, a call on a helper
 * thread. It then runs in that context, and what it sets is seen by nobody else. To schedule something in a context of one's own,
 * schedule it inside {@link #call}:
 *
 * {@snippet class="dev.loop.SnippetsTest" region="context"}
 *
 * <p>What the loop carries along besides, as {@linkplain ContextAccessor SLF4J's MDC}, is taken where the context is, and put in
 * place where that runs.
 */
@CheckReturnValue
public final class Context {

    private static final Context EMPTY = new Context(new @Nullable Object[2], 0);

    /** The current context of threads that run no loop, where it is not empty. */
    private static final ThreadLocal<@Nullable Context> OF_THREAD = new ThreadLocal<>();

    /** A hash table with gaps: a variable at 2 i and its value behind it. */
    private final @Nullable Object[] table;

    private final int size;

    /** This without the carried values; itself where there are none. What is current somewhere is always bare. */
    final Context bare;

    /** What was carried along when this was captured; null for none. */
    final Carried.@Nullable Values carried;

    private Context(@Nullable Object[] table, int size) {
        this.table = table;
        this.size = size;
        this.bare = this;
        this.carried = null;
    }

    /** A context with what is carried along. */
    Context(Context bare, Carried.Values carried) {
        this.table = bare.table;
        this.size = bare.size;
        this.bare = bare;
        this.carried = carried;
    }

    /**
     * The context without any values, in which each variable has its default.
     *
     * @return one object for all
     */
    public static Context empty() {
        return EMPTY;
    }

    /**
     * The context of the calling code, with what its loop carries along. Any thread.
     *
     * @return what anything scheduled here would take along
     */
    public static Context current() {
        EventLoop loop = EventLoop.currentOrNull();
        if (loop != null) {
            return loop.capture();
        }
        return ofThread(); // what an accessor carries is known to loops only
    }

    /** The context of the calling code, bare. */
    static Context bare() {
        EventLoop loop = EventLoop.currentOrNull();
        return loop != null ? loop.context() : ofThread();
    }

    /** The current context of a thread that runs no loop, bare. */
    static Context ofThread() {
        Context c = OF_THREAD.get();
        return c == null ? EMPTY : c;
    }

    /** Makes a context the current one of the calling code. Returns the former one. */
    @CanIgnoreReturnValue
    static Context swap(Context next) {
        EventLoop loop = EventLoop.currentOrNull();
        if (loop == null) {
            return swapOfThread(next);
        }
        Context former = loop.context();
        loop.context(next.bare);
        return former;
    }

    /** Makes a context the current one of a thread that runs no loop. Returns the former one. */
    @CanIgnoreReturnValue
    static Context swapOfThread(Context next) {
        Context former = ofThread();
        if (next.size == 0) {
            OF_THREAD.remove();
        } else {
            OF_THREAD.set(next.bare);
        }
        return former;
    }

    // --- the map

    /**
     * The value of a variable in this context.
     *
     * @param variable the variable
     * @param <T> its type
     * @return its value here, else its default
     * @throws java.util.NoSuchElementException if it has neither
     */
    @SuppressWarnings({"unchecked", "NullAway"}) // with() has put a T there
    public <T extends @Nullable Object> T get(ContextVar<T> variable) {
        int i = find(variable);
        return i < 0 ? variable.defaultValue() : (T) table[i + 1];
    }

    /**
     * The value of a variable in this context, or another one.
     *
     * @param variable the variable
     * @param other what to give where it is not set; its default does not count
     * @param <T> its type
     * @return its value here, else the other
     */
    @SuppressWarnings({"unchecked", "NullAway"}) // with() has put a T there
    public <T extends @Nullable Object> T orElse(ContextVar<T> variable, T other) {
        int i = find(variable);
        return i < 0 ? other : (T) table[i + 1];
    }

    /**
     * Whether a variable is set in this context; its default does not count.
     *
     * @param variable the variable
     * @return true if it has a value here, be it null
     */
    public boolean isSet(ContextVar<?> variable) {
        return find(variable) >= 0;
    }

    /**
     * The variables that are set in this context.
     *
     * @return a new set, in no order that means anything
     */
    public Set<ContextVar<?>> variables() {
        Set<ContextVar<?>> found = new LinkedHashSet<>();
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] instanceof ContextVar<?> variable) {
                found.add(variable);
            }
        }
        return found;
    }

    /**
     * This context with a variable set. Takes time in proportion to the number of variables; reading does not.
     *
     * @param variable the variable
     * @param value its value there
     * @param <T> its type
     * @return a context that differs from this in that variable only
     */
    public <T extends @Nullable Object> Context with(ContextVar<T> variable, T value) {
        int i = find(variable);
        @Nullable Object[] t;
        if (i >= 0) {
            if (table[i + 1] == value) {
                return this;
            }
            t = table.clone();
            t[i + 1] = value;
            return derived(t, size);
        }
        t = resized(size + 1, variable);
        put(t, variable, value);
        return derived(t, size + 1);
    }

    /**
     * This context with a variable not set.
     *
     * @param variable the variable
     * @return a context in which it has its default
     */
    public Context without(ContextVar<?> variable) {
        return isSet(variable) ? derived(resized(size - 1, variable), size - 1) : this;
    }

    private Context derived(@Nullable Object[] t, int newSize) {
        Context c = newSize == 0 ? EMPTY : new Context(t, newSize);
        return carried == null ? c : new Context(c, carried);
    }

    /** Where a variable stands in the table; negative if it does not. */
    private int find(ContextVar<?> variable) {
        @Nullable Object[] t = table;
        int last = t.length - 2;
        for (int i = variable.hash & last; ; i = (i + 2) & last) {
            Object key = t[i];
            if (key == variable) {
                return i;
            }
            if (key == null) {
                return -1;
            }
        }
    }

    /** A table for so many variables, at most half full, with all of these but one. */
    private @Nullable Object[] resized(int newSize, ContextVar<?> but) {
        var t = new @Nullable Object[Math.max(2, Integer.highestOneBit(newSize) << 2)];
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] instanceof ContextVar<?> variable && variable != but) {
                put(t, variable, table[i + 1]);
            }
        }
        return t;
    }

    private static void put(@Nullable Object[] t, ContextVar<?> variable, @Nullable Object value) {
        int last = t.length - 2;
        int i = variable.hash & last;
        while (t[i] != null) {
            i = (i + 2) & last;
        }
        t[i] = variable;
        t[i + 1] = value;
    }

    // --- running code in it

    /**
     * Runs code in place with this context as the current one, and puts the former one back. What the code sets ends with it.
     *
     * @param body the code
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the body returned
     * @throws X as the body does
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object, X extends Throwable> T call(Body<T, X> body) throws X {
        Objects.requireNonNull(body, "body");
        Context former = swap(this);
        try {
            return carried == null ? body.run() : carried.call(body);
        } finally {
            swap(former);
        }
    }

    /**
     * Runs code in place with this context as the current one, and puts the former one back.
     *
     * @param body the code
     * @param <X> what it throws
     * @throws X as the body does
     * @see #call(Body)
     */
    public <X extends Throwable> void run(VoidBody<X> body) throws X {
        Objects.requireNonNull(body, "body");
        Body<@Nullable Void, X> withResult = () -> {
            body.run();
            return null;
        };
        call(withResult);
    }

    /**
     * A callback that runs in this context, for those who know nothing of it: executors, listeners, other libraries.
     *
     * @param callback what to run
     * @return runs it in this context, on whichever thread, as often as it is asked to
     */
    public Runnable wrap(Runnable callback) {
        Objects.requireNonNull(callback, "callback");
        return () -> run(callback::run);
    }

    /**
     * A call that runs in this context; as {@link #wrap(Runnable)}.
     *
     * @param call what to run
     * @param <T> what it returns
     * @return runs it in this context, on whichever thread, as often as it is asked to
     */
    public <T extends @Nullable Object> Callable<T> wrap(Callable<T> call) {
        Objects.requireNonNull(call, "call");
        return () -> this.<T, Exception>call(call::call);
    }

    /** The names of what is set; values may be secret, or as long as they like. */
    @Override
    public String toString() {
        return Arrays.stream(table)
                .filter(ContextVar.class::isInstance)
                .map(variable -> ((ContextVar<?>) variable).name())
                .sorted()
                .collect(Collectors.joining(", ", "Context[", "]"));
    }
}
