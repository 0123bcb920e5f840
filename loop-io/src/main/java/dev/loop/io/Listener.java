package dev.loop.io;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import dev.loop.Task;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A place where connections arrive. It belongs to one loop's thread.
 *
 * @param <S> the connections
 */
@CheckReturnValue
public interface Listener<S extends ByteStream> extends AutoCloseable {

    /**
     * Waits for the next connection. Waits are served in their order.
     *
     * @return the connection, which is the caller's to close. One that was delivered and that nobody has read goes to the next wait
     *     if this is cancelled. It fails with a {@link StreamClosedException} if the listener closes.
     */
    Future<S> accept();

    /**
     * Serves every connection in a task of its own, named after its peer, until the listener closes.
     *
     * <p>A connection is closed when its task ends, also if that is cancelled before it has begun. A handler's failure goes to the
     * loop's exception handler, with the peer's address; a {@link ConnectionResetException} is only logged, as debug.
     *
     * @param handler what to do with a connection
     * @return ends when the listener closes, while handlers may still run. A cancel of it ends the serving: it cancels the handlers
     *     too.
     * @throws IllegalStateException while another call of this serves
     */
    @CanIgnoreReturnValue
    Task<@Nullable Void> serve(StreamHandler<? super S> handler);

    /**
     * Ends the service in two steps: stops accepting, lets the handlers that run finish within a time, and cancels those that
     * have not.
     *
     * @param grace how long handlers may go on; zero cancels them at once
     * @return done when every handler has ended: how many had to be cancelled. A cancel of this leaves the handlers to themselves.
     */
    Future<Integer> shutdown(Duration grace);

    /** Stops accepting. Waits for connections fail; connections that were accepted go on. Harmless when repeated. */
    @Override
    void close();

    /**
     * Whether it still accepts.
     *
     * @return false once it was closed
     */
    boolean isOpen();
}
