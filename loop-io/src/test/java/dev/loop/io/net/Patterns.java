package dev.loop.io.net;

import static org.assertj.core.api.Assertions.fail;

import dev.loop.io.ReceiveStream;
import dev.loop.io.SendStream;
import java.nio.ByteBuffer;

/** A long sequence of bytes that can be checked at any place: each depends on its offset, and no two stretches are alike. */
final class Patterns {

    private Patterns() {}

    static byte at(long offset) {
        return (byte) (offset * 0x9E3779B97F4A7C15L >>> 56);
    }

    /** Fills a buffer to its limit with the bytes from an offset on, and makes it ready to be written. */
    static void fill(ByteBuffer buffer, long offset) {
        buffer.clear();
        while (buffer.hasRemaining()) {
            buffer.put(at(offset++));
        }
        buffer.flip();
    }

    static void send(SendStream stream, long count, ByteBuffer buffer) {
        for (long offset = 0; offset < count; offset += buffer.limit()) {
            fill(buffer, offset);
            buffer.limit((int) Math.min(buffer.limit(), count - offset));
            stream.write(buffer).await();
        }
    }

    /** Reads to the end; every byte must be the right one. Returns how many there were. */
    static long verifyToEnd(ReceiveStream stream) {
        var buffer = ByteBuffer.allocateDirect(256 * 1024);
        long offset = 0;
        while (stream.read(buffer.clear()).await() >= 0) {
            buffer.flip();
            for (; buffer.hasRemaining(); offset++) {
                if (buffer.get() != at(offset)) {
                    fail("the byte at " + offset + " is wrong");
                }
            }
        }
        return offset;
    }
}
