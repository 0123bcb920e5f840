package dev.loop.io;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import java.nio.ByteBuffer;

/** The half of a stream that bytes come out of. It belongs to one loop's thread. */
@CheckReturnValue
public interface ReceiveStream {

    /**
     * Reads some bytes: as many as are there, at least one, at most what the buffer has room for. Waits while there are none.
     *
     * <p>Until the future is done the buffer belongs to the stream; then its position is behind the last byte. A cancel of the wait
     * leaves the stream as it was: nothing is lost, and the next read goes on.
     *
     * @param buffer where the bytes go; not read-only
     * @return how many bytes; -1 at the end of the stream; 0 only if the buffer has no room. It fails with an
     *     {@link java.io.UncheckedIOException}, such as a {@link ConnectionResetException}, or a {@link StreamClosedException} if
     *     this side closes meanwhile.
     * @throws IllegalStateException while another read goes on: there is one reader at a time
     * @throws IllegalArgumentException if the buffer is read-only
     */
    Future<Integer> read(ByteBuffer buffer);
}
