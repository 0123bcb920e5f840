package dev.loop.benchmarks.peers;

import dev.loop.EventLoop;
import dev.loop.VoidBody;
import dev.loop.io.NetworkException;
import org.jspecify.annotations.Nullable;

/** What the programs of this package have in common: whatever is wrong from outside is one line on stderr, and exit code 2. */
final class Program {

    private static final int MAX_PORT = 65535;

    private Program() {}

    /** Runs a program on a loop of its own. */
    static void run(VoidBody<? extends Exception> main) {
        try {
            EventLoop.run(main);
        } catch (NetworkException e) {
            throw fail(e.getMessage());
        }
    }

    /** The first argument as a port, of so many arguments. */
    static int port(String usage, String[] args, int count) {
        if (args.length != count) {
            throw fail("usage: " + usage);
        }
        int port;
        try {
            port = Integer.parseInt(args[0]);
        } catch (NumberFormatException e) {
            throw fail("the port '" + args[0] + "' is not a number; usage: " + usage);
        }
        if (port < 1 || port > MAX_PORT) {
            throw fail("port " + port + " is out of range: use 1 to " + MAX_PORT);
        }
        return port;
    }

    /** Ends the program. It returns nothing; {@code throw fail(…)} tells the compiler so. */
    static AssertionError fail(@Nullable String what) {
        System.err.println(what);
        System.exit(2);
        return new AssertionError("System.exit has returned");
    }
}
