package dev.loop;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A value that each loop has for itself, made when it is first asked for and kept until the loop closes: the default limiter of its
 * blocking calls, say. Keep it in a static final field.
 *
 * <p>A value that is {@link AutoCloseable} is closed when its loop has closed, the last one that was made first, by the thread that
 * closes the loop. It must not wait for anything of the loop then; what it throws is logged.
 *
 * @param <T> the values
 */
@CheckReturnValue
public final class LoopLocal<T> {

    private final Function<? super EventLoop, ? extends T> maker;

    private LoopLocal(Function<? super EventLoop, ? extends T> maker) {
        this.maker = maker;
    }

    /**
     * A variable.
     *
     * @param maker makes the value of a loop, on that loop's thread
     * @param <T> the values
     * @return a variable that no loop has a value of yet
     */
    public static <T> LoopLocal<T> of(Function<? super EventLoop, ? extends T> maker) {
        return new LoopLocal<>(Objects.requireNonNull(maker, "maker"));
    }

    /**
     * The value of the current loop.
     *
     * @return its value
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public T get() {
        return get(EventLoop.current());
    }

    /**
     * The value of a loop.
     *
     * @param loop the loop; the caller may touch it
     * @return its value
     * @throws IllegalStateException if it has closed
     */
    @SuppressWarnings("unchecked") // put below, by this variable only
    public T get(EventLoop loop) {
        loop.checkUsable();
        Object value = loop.locals.get(this);
        if (value == null) {
            value = Objects.requireNonNull(maker.apply(loop), "the maker of a LoopLocal has made null");
            loop.locals.putLast(this, value);
        }
        return (T) value;
    }

    /** After the close of a loop. */
    static void close(EventLoop loop) {
        List<Object> values = new ArrayList<>(loop.locals.values());
        Collections.reverse(values);
        loop.locals.clear();
        for (Object value : values) {
            if (value instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Throwable e) { // an error too: the others are to be closed
                    loop.reports.later(new ExceptionContext(
                            "something that " + loop.name() + " had for itself could not be closed", e, null, null));
                }
            }
        }
    }
}
