package dev.loop.thread;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/** What the children of the tests do. */
final class Jobs {
    private Jobs() {}

    static int count; // of each child

    static SerializableCallable<Long> pid() {
        return () -> ProcessHandle.current().pid();
    }

    /** Tells by a file that it runs, and goes on for ever, with the CPU. */
    static SerializableCallable<Integer> endless(Path sign) {
        String file = sign.toString();
        return () -> {
            Files.writeString(Path.of(file), "" + ProcessHandle.current().pid());
            int i = 0;
            while (true) {
                i++;
            }
        };
    }

    static SerializableCallable<String> dies(int exitCode) {
        return () -> {
            System.err.println("about to die");
            System.err.flush();
            Runtime.getRuntime().halt(exitCode);
            return "not reached";
        };
    }

    static SerializableCallable<Integer> eatsMemory() {
        return () -> {
            var all = new ArrayList<byte[]>();
            while (true) {
                all.add(new byte[1 << 20]);
            }
        };
    }

    static final class NotForAWire {
        final int value = 1;
    }

    static final class Unsendable extends RuntimeException {
        final NotForAWire field = new NotForAWire();

        Unsendable(String message) {
            super(message);
        }
    }

    /** Serializable, but fails when it is written. */
    static final class Stubborn implements Serializable {
        private void writeObject(ObjectOutputStream out) throws IOException {
            throw new IOException("not today");
        }
    }
}
