package dev.loop.io.net;

import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Runner;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * An echo server that prints its port, and what reaches the loop's exception handler; a client that says "end" ends it. Meant to be
 * run with few descriptors.
 */
final class EchoServer {

    private EchoServer() {}

    public static void main(String[] args) throws Exception {
        loadAllClasses();
        var reports = new AtomicInteger();
        try (var runner = Runner.create()) {
            runner.loop().setExceptionHandler((_, context) -> {
                reports.incrementAndGet();
                System.out.println(context.message());
            });
            runner.run(EchoServer::serve);
        }
        System.out.println(reports + " told");
    }

    private static void serve() {
        Promise<String> end = EventLoop.current().promise();
        try (var listener = TcpListener.bind("127.0.0.1", 0)) {
            System.out.println(listener.address().getPort());
            listener.serve(stream -> {
                for (String text = Pair.some(stream); !text.equals("<end>"); text = Pair.some(stream)) {
                    if (text.equals("end")) {
                        end.tryComplete(text);
                    }
                    stream.write(text).await();
                }
            });
            end.await();
        }
    }

    /** A class in a folder (not in a jar) needs a descriptor to be loaded, and there will be none when it matters. */
    private static void loadAllClasses() throws IOException, URISyntaxException, ClassNotFoundException {
        for (Class<?> anchor : List.of(EventLoop.class, TcpListener.class)) {
            Path root = Path.of(
                    anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path folder = root.resolve(anchor.getPackageName().replace('.', '/'));
            if (!Files.isDirectory(folder)) {
                continue;
            }
            List<Path> files;
            try (Stream<Path> all = Files.walk(root.resolve("dev/loop"))) {
                files = all.toList();
            }
            for (Path file : files) {
                String name = root.relativize(file).toString().replace('/', '.');
                if (name.endsWith(".class") && !name.matches(".*(package-info|\\.(netty|http|reactor|testing)\\..*)")) {
                    Class.forName(name.substring(0, name.length() - ".class".length()));
                }
            }
        }
    }
}
