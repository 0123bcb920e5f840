package dev.loop.thread;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What goes through the pipes between a pool and its children: frames of a mark, a kind, a length and so many bytes.
 *
 * <p>The bytes are Java serialization. Both ends are one program, run by one user from one class path, and the pipes are inherited and
 * reach nobody else: whoever could write to them could do as well without. So there is no filter of classes here; one of the JVM
 * ({@code -Djdk.serialFilter}) holds as everywhere.
 */
final class Wire {

    static final byte HELLO = 'H';
    static final byte JOB = 'J';
    static final byte VALUE = 'V';
    static final byte THROWN = 'T';

    /** Not the beginning of anything that a program would print. */
    private static final int MARK = 0xC4F0_0D1E;

    private static final byte[] NOTHING = {};

    private Wire() {}

    /** One message. */
    static final class Frame {
        private final byte kind;
        private final byte[] bytes;

        Frame(byte kind, byte[] bytes) {
            this.kind = kind;
            this.bytes = bytes;
        }

        byte kind() {
            return kind;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    static void write(DataOutputStream out, byte kind) throws IOException {
        write(out, kind, NOTHING);
    }

    static void write(DataOutputStream out, byte kind, byte[] bytes) throws IOException {
        out.writeInt(MARK);
        out.writeByte(kind);
        out.writeInt(bytes.length);
        out.write(bytes);
        out.flush();
    }

    /** The next frame; null at the end of the stream. */
    static @Nullable Frame read(DataInputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        int mark = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        if (mark != MARK) {
            byte[] more = in.readNBytes(Math.min(in.available(), 80));
            throw new StrayOutputException(new String(
                            new byte[] {(byte) (mark >> 24), (byte) (mark >> 16), (byte) (mark >> 8), (byte) mark},
                            StandardCharsets.UTF_8)
                    + new String(more, StandardCharsets.UTF_8));
        }
        byte kind = in.readByte();
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return new Frame(kind, bytes);
    }

    /** Native code has written to the standard output, which is the way of the frames. */
    static final class StrayOutputException extends IOException {
        private static final long serialVersionUID = 1L;

        StrayOutputException(String text) {
            super(
                    "something other than System.out has written to the standard output of the child, which belongs to the pool: '"
                            + text.strip() + "'");
        }
    }

    static byte[] serialize(@Nullable Object value) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return bytes.toByteArray();
    }

    static @Nullable Object deserialize(byte[] bytes) throws IOException, ClassNotFoundException {
        try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return in.readObject();
        } catch (EOFException e) {
            throw new IOException("the object ends before its end", e);
        }
    }
}
