package dev.loop.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes that were received and not read yet, as a stretch of one array. What was taken stays in the array until room is needed,
 * so that it can be taken back. It belongs to its reader.
 */
final class ReadBuffer {

    private static final int SMALLEST = 4 * 1024;

    /** An empty buffer that has grown beyond this is replaced by a small one. */
    private static final int LARGEST_KEPT = 64 * 1024;

    private byte[] data = {};
    private int start;
    private int end;
    private int scanned; // from start up to here there is no line feed
    private boolean ended;
    private ByteBuffer room = ByteBuffer.wrap(data);

    boolean isEmpty() {
        return start == end;
    }

    int size() {
        return end - start;
    }

    int start() {
        return start;
    }

    // --- filling

    /** Where the next bytes go: at least one. Nothing may be taken back after this. */
    ByteBuffer room() {
        if (start == end) {
            start = 0;
            end = 0;
            scanned = 0;
            if (data.length == 0 || data.length > LARGEST_KEPT) {
                allocate(SMALLEST);
            }
        } else if (end == data.length) {
            if (start >= data.length / 2) {
                move(data);
            } else {
                byte[] old = data;
                allocate(Math.max(old.length, (int) Math.min(old.length * 2L, Integer.MAX_VALUE - 8)));
                move(old);
            }
        }
        return room.clear().position(end);
    }

    private void allocate(int size) {
        data = new byte[size];
        room = ByteBuffer.wrap(data);
    }

    private void move(byte[] from) {
        if (start == 0 && end == data.length) {
            throw new OutOfMemoryError("a stream's buffer cannot be larger than " + end + " bytes");
        }
        System.arraycopy(from, start, data, 0, end - start);
        end -= start;
        scanned = Math.max(0, scanned - start);
        start = 0;
    }

    /** A read into {@link #room()} is over: takes what it has put there. A count of -1 is the end of the stream. */
    void filled(int count) {
        ended = count < 0;
        end = room.position();
    }

    boolean hasEnded() {
        return ended;
    }

    // --- taking

    byte[] take(int count) {
        byte[] bytes = Arrays.copyOfRange(data, start, start + count);
        start += count;
        return bytes;
    }

    int takeInto(ByteBuffer into) {
        int count = Math.min(size(), into.remaining());
        into.put(data, start, count);
        start += count;
        return count;
    }

    /** Whether a line ends here, or is too long already. */
    boolean findLine(int limit) {
        return lineFeed() >= 0 || length(end) > limit;
    }

    /** The next line without its end; without a line feed, all that is here. */
    String takeLine(int limit) {
        int feed = lineFeed();
        int length = feed < 0 ? size() : length(feed);
        if (length > limit) {
            throw new LineTooLongException(limit);
        }
        String line = new String(data, start, length, StandardCharsets.UTF_8);
        start = feed < 0 ? end : feed + 1;
        return line;
    }

    private int lineFeed() {
        for (int i = Math.max(scanned, start); i < end; i++) {
            if (data[i] == '\n') {
                scanned = i;
                return i;
            }
        }
        scanned = end;
        return -1;
    }

    /** The length of a line that ends before this index, without a carriage return. */
    private int length(int stop) {
        return stop - start - (stop > start && data[stop - 1] == '\r' ? 1 : 0);
    }

    /** Un-takes what was taken since the buffer began here. */
    void rewind(int to) {
        start = to;
        scanned = to;
    }
}
