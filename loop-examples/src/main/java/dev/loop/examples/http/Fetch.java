package dev.loop.examples.http;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.examples.cli.CountConverter;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.io.http.Http;
import dev.loop.io.http.HttpClients;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.netty.http.client.HttpClient;

/** How are many URLs fetched at the same time, but not too many, and none for too long? */
@Command(
        name = "fetch",
        header = "Fetches URLs concurrently, with a limit and a time-out; prints status, bytes and milliseconds.",
        footer = "%nThe exit code is 1 if any of them gave no answer.")
public final class Fetch implements Callable<Integer> {

    @Option(
            names = "--limit",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many at the same time (default: ${DEFAULT-VALUE}).")
    private int limit = 8;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            converter = SecondsConverter.class,
            defaultValue = "5",
            description = "How long each may take (default: ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ofSeconds(5);

    @Parameters(paramLabel = "URL", arity = "1..*", description = "What to fetch, http or https.")
    private List<String> urls = new ArrayList<>();

    private int next; // the workers share it

    /** What became of a URL. */
    private record Row(String status, String bytes, long millis, String what) {}

    @Override
    public Integer call() {
        var rows = new Row[urls.size()];
        EventLoop.run(() -> {
            HttpClient client = HttpClients.on(EventLoop.current());
            // @start region="limit"
            var workers = new ArrayList<Task<?>>();
            for (int i = 0; i < Math.min(limit, urls.size()); i++) {
                workers.add(spawn(() -> {
                    while (next < urls.size()) {
                        int mine = next++; // no other worker can come in between
                        rows[mine] = fetch(client, urls.get(mine));
                    }
                }));
            }
            gather(workers).await();
            // @end
        });
        return print(Arrays.asList(rows));
    }

    private Row fetch(HttpClient client, String url) {
        long begin = EventLoop.current().time();
        String error;
        try {
            var reply = waitFor(Http.get(client, url), timeout).await();
            return new Row(reply.status().code() + "", reply.bytes().length + "", millisSince(begin), url);
        } catch (TimeoutException e) {
            error = "no answer within " + timeout.toMillis() + " ms";
        } catch (UncheckedIOException e) {
            error = String.valueOf(e.getMessage());
        }
        return new Row("error", "-", millisSince(begin), url + "  " + error);
    }

    private static int print(List<Row> rows) {
        IO.println("%6s %10s %8s  %s".formatted("status", "bytes", "ms", "url"));
        for (Row row : rows) {
            IO.println("%6s %10s %8d  %s".formatted(row.status(), row.bytes(), row.millis(), row.what()));
        }
        return rows.stream().anyMatch(row -> row.status().equals("error")) ? 1 : 0;
    }

    private static long millisSince(long begin) {
        return (EventLoop.current().time() - begin) / 1_000_000;
    }
}
