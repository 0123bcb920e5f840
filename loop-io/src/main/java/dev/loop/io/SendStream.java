package dev.loop.io;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The half of a stream that bytes go into. It belongs to one loop's thread.
 *
 * <p>Back-pressure is not optional: a write is done when the carrier below has taken all of it, so a task that awaits its writes
 * sends no faster than the other side reads, and nothing piles up in memory.
 */
@CheckReturnValue
public interface SendStream {

    /**
     * Writes the rest of a buffer.
     *
     * <p>Until the future is done the buffer belongs to the stream. After a cancel or a failure its position tells what was sent.
     *
     * @param buffer what to send, from its position to its limit
     * @return done when all of it was taken. It fails with an {@link java.io.UncheckedIOException}, such as a
     *     {@link ConnectionResetException}, or a {@link StreamClosedException} if this side has closed or closes meanwhile.
     * @throws IllegalStateException while another write goes on: there is one writer at a time
     */
    Future<@Nullable Void> write(ByteBuffer buffer);

    /**
     * Writes a text as UTF-8.
     *
     * @param text what to send
     * @return as {@link #write(ByteBuffer)}
     */
    default Future<@Nullable Void> write(String text) {
        return write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Says that nothing more will be written: the other side reads what was sent and then the end of the stream. Reading goes on.
     * Harmless when repeated.
     *
     * @return done when it was said
     * @throws IllegalStateException while a write goes on: await it first
     */
    Future<@Nullable Void> closeOutput();
}
