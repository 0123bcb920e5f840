package dev.loop.examples.net;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.examples.cli.ServerOptions;
import dev.loop.io.LineTooLongException;
import dev.loop.io.NetworkException;
import dev.loop.io.StreamClosedException;
import dev.loop.io.StreamReader;
import dev.loop.io.channel.Addresses;
import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import dev.loop.io.os.Signals;
import dev.loop.queue.Queue;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How do connections share state, and what becomes of a client that does not keep up? */
@Command(name = "chat", header = "A TCP server that passes each line on to all other clients; talk to it with nc.")
public final class Chat implements Callable<Integer> {

    private static final int MOST_LINES_BEHIND = 100;

    @Mixin
    private ServerOptions options = new ServerOptions(9001);

    /** Who is there. A plain set: all connections run on one thread. */
    private final Set<Guest> guests = new LinkedHashSet<>();

    private int number;

    /** A client: its name, the task that reads from it, and what is still to be sent to it. */
    private record Guest(String name, Task<?> task, Queue<String> outbox) {}

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind(options.host(), options.port())) {
                var serving = listener.serve(this::welcome);
                var signal = Signals.next("INT", "TERM");
                var stopping = spawn("stopping", () -> {
                    IO.println("stopping on SIG" + signal.await());
                    tell(null, "* the server stops");
                    listener.shutdown(options.grace()).await();
                });
                IO.println("listening on " + Addresses.text(listener.address()));
                serving.await(); // until the listener is closed
                stopping.await();
            }
        });
        return 0;
    }

    // @start region="welcome"
    /** One task per client reads what it says; a second one writes what the others said. */
    private void welcome(TcpStream stream) {
        var guest = new Guest("guest " + ++number, currentTask(), new Queue<>(MOST_LINES_BEHIND));
        var writing = spawn("to " + guest.name(), () -> write(guest, stream));
        guests.add(guest);
        try {
            send(guest, "* you are " + guest.name() + " of " + guests.size());
            tell(guest, "* " + guest.name() + " has come");
            for (String line : new StreamReader(stream).lines()) {
                tell(guest, guest.name() + ": " + line);
            }
        } catch (LineTooLongException e) {
            tell(guest, "* " + guest.name() + " said too much at once");
        } finally {
            guests.remove(guest);
            writing.cancel();
            tell(guest, "* " + guest.name() + " has gone");
        }
    }
    // @end

    private static void write(Guest guest, TcpStream stream) {
        try {
            while (true) {
                stream.write(guest.outbox().get().await() + "\n").await();
            }
        } catch (NetworkException | StreamClosedException e) {
            // the connection is gone: the task that reads hears of it too, and ends it
        }
    }

    private void tell(@Nullable Guest from, String line) {
        for (Guest guest : guests) {
            if (guest != from) {
                send(guest, line);
            }
        }
    }

    /** Never waits: who is too far behind is cut off, so that one slow client cannot fill the memory or hold up the others. */
    private static void send(Guest guest, String line) {
        if (!guest.outbox().tryPut(line)) {
            guest.task().cancel(guest.name() + " does not keep up");
        }
    }
}
