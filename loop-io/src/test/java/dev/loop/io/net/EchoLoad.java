package dev.loop.io.net;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.StreamReader;
import java.util.ArrayList;

/** Many clients of an echo server: each says something several times, while all of them are connected. */
final class EchoLoad {

    /** How many connect at the same time: fewer than a usual backlog. */
    private static final int AT_ONCE = 100;

    private EchoLoad() {}

    public static void main(String[] args) {
        int count = Integer.parseInt(args[1]);
        EventLoop.run(() -> run(Integer.parseInt(args[0]), count, Integer.parseInt(args[2])));
        System.out.println(count + " ok");
    }

    static void run(int port, int count, int rounds) {
        Promise<Void> mayTalk = EventLoop.current().promise();
        var greeted = new int[1];
        Promise<Void> allGreeted = EventLoop.current().promise();
        var clients = new ArrayList<Future<Integer>>();
        for (int from = 0; from < count; from += AT_ONCE) {
            var group = new ArrayList<Future<TcpStream>>();
            for (int i = from; i < Math.min(count, from + AT_ONCE); i++) {
                group.add(TcpStream.connect("127.0.0.1", port));
            }
            for (Future<TcpStream> connecting : group) {
                TcpStream stream = connecting.await();
                int number = clients.size();
                clients.add(spawn(() -> {
                    try (stream) {
                        var reader = new StreamReader(stream);
                        say(stream, reader, "client " + number);
                        if (++greeted[0] == count) {
                            allGreeted.complete(null);
                        }
                        mayTalk.await();
                        talk(stream, reader, number, rounds);
                        return number;
                    }
                }));
            }
        }
        allGreeted.await(); // the server has a task for each
        System.out.println(count + " open");
        mayTalk.complete(null);
        gather(clients).await();
    }

    private static void talk(TcpStream stream, StreamReader reader, int number, int rounds) {
        for (int round = 0; round < rounds; round++) {
            say(stream, reader, "client " + number + " in round " + round);
        }
        stream.closeOutput().await();
        if (reader.readLine().await() != null) {
            throw new AssertionError("the server said too much to client " + number);
        }
    }

    private static void say(TcpStream stream, StreamReader reader, String text) {
        stream.write(text + "\n").await();
        String answer = reader.readLine().await();
        if (!text.equals(answer)) {
            throw new AssertionError("said " + text + ", got " + answer);
        }
    }
}
