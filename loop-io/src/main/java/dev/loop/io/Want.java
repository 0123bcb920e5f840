package dev.loop.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What a read of a {@link StreamReader} wants: whether the bytes that are here settle it, and then its value, or its failure. */
sealed interface Want<T extends @Nullable Object> {

    /** Whether {@link #take()} has its outcome, without any more bytes. */
    boolean isReady();

    /** The value, whose bytes are taken; or throws the failure, and takes nothing. */
    T take();

    /** A line of text; null at the end. */
    record Line(ReadBuffer bytes, int limit) implements Want<@Nullable String> {

        @Override
        public boolean isReady() {
            return bytes.hasEnded() || bytes.findLine(limit);
        }

        @Override
        public @Nullable String take() {
            return bytes.isEmpty() ? null : bytes.takeLine(limit);
        }
    }

    /** An exact count of bytes. */
    record Exactly(ReadBuffer bytes, int count) implements Want<byte[]> {

        @Override
        public boolean isReady() {
            return bytes.hasEnded() || bytes.size() >= count;
        }

        @Override
        public byte[] take() {
            if (bytes.size() < count) {
                throw new EndOfStreamException(count, bytes.size());
            }
            return bytes.take(count);
        }
    }

    /** Whatever is here. */
    record Some(ReadBuffer bytes, ByteBuffer into) implements Want<Integer> {

        @Override
        public boolean isReady() {
            return bytes.hasEnded() || !bytes.isEmpty() || !into.hasRemaining();
        }

        @Override
        public Integer take() {
            return bytes.isEmpty() && into.hasRemaining() ? -1 : bytes.takeInto(into);
        }
    }
}
