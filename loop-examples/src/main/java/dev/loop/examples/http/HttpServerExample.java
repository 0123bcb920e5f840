package dev.loop.examples.http;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.io.http.HttpHandlers.coroutine;

import dev.loop.EventLoop;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.examples.cli.ServerOptions;
import dev.loop.examples.cli.Where;
import dev.loop.io.channel.Addresses;
import dev.loop.io.http.HttpServers;
import dev.loop.io.os.Signals;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.netty.http.server.HttpServerRoutes;

/** How does a coroutine answer an HTTP request, and what may all requests share? */
@Command(
        name = "http-server",
        header = "An HTTP server whose handlers wait without blocking each other: /, /json, /slow, /counter.")
public final class HttpServerExample implements Callable<Integer> {

    @Mixin
    private ServerOptions options = new ServerOptions(8080);

    @Option(
            names = "--slow",
            paramLabel = "SECONDS",
            converter = SecondsConverter.class,
            defaultValue = "1",
            description = "How long the route /slow sleeps (default: ${DEFAULT-VALUE}).")
    private Duration slow = Duration.ofSeconds(1);

    // Plain fields: all requests and the ticking task run on one thread.
    private int counter;
    private int requests;
    private int ticks;

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            var server = HttpServers.bind(HttpServers.on(EventLoop.current())
                            .host(options.host())
                            .port(options.port())
                            .route(this::routes))
                    .await();
            var signal = Signals.next("INT", "TERM");
            spawn("ticking", this::tick);
            IO.println("listening on " + Addresses.text(server.address()));

            IO.println("stopping on SIG" + signal.await());
            int cut = HttpServers.stop(server, options.grace()).await();
            IO.println("stopped; requests that had to be cut off: " + cut);
        });
        return 0;
    }

    private void routes(HttpServerRoutes routes) {
        routes.get("/", coroutine((_, _) -> "hello\n"))
                .get("/json", coroutine((_, response) -> {
                    response.header("Content-Type", "application/json");
                    return new Status(counter, Where.thread()).json();
                }))
                // @start region="slow"
                .get("/slow", coroutine((_, _) -> {
                    sleep(slow).await(); // only this request waits
                    return "slept for " + slow.toMillis() + " ms\n";
                }))
                // @end
                .get("/counter", coroutine((_, _) -> {
                    counter++;
                    requests++;
                    return "counter " + counter + " = " + requests + " requests + " + ticks
                            + " ticks, counted on thread " + Where.thread() + "\n";
                }));
    }

    /** Counts too, in a task of its own. */
    private void tick() {
        while (true) {
            sleep(Duration.ofMillis(50)).await();
            counter++;
            ticks++;
        }
    }

    private record Status(int counter, String thread) {

        String json() {
            return "{\"counter\": " + counter + ", \"thread\": \"" + thread.replaceAll("[\"\\\\\\p{Cntrl}]", "?")
                    + "\"}\n";
        }
    }
}
