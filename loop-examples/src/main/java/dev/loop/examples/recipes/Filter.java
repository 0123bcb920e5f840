package dev.loop.examples.recipes;

import dev.loop.generator.Generator;
import dev.loop.generator.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is a generator good for that is sent what it works on? */
@Command(
        name = "generator",
        header = "A filter that is sent lines, as grep is, and tells at its end how many it has let through.")
public final class Filter implements Callable<Integer> {

    private static final String TEXT = """
            a loop runs tasks
            a generator yields values
            a loop runs callbacks as well
            and a generator needs no loop
            """;

    @Parameters(
            arity = "0..1",
            paramLabel = "WORD",
            defaultValue = "loop",
            description = "Lets lines with this word through; by default ${DEFAULT-VALUE}.")
    private String word = "loop";

    @Option(names = "--stdin", description = "Read the lines from the standard input instead of a text of four lines.")
    private boolean stdin;

    @Override
    public Integer call() {
        // @start region="filter"
        try (var lines = lines();
                var filter = filter(word)) {
            filter.next(); // to its first yield, where it waits for a line
            for (String line : lines) {
                String found = filter.send(line);
                if (found != null) {
                    IO.println(found);
                }
            }
            if (filter.step(null) instanceof Step.Returned(Summary summary)) {
                IO.println("%d of %d lines with '%s'".formatted(summary.found(), summary.read(), word));
            }
        }
        // @end
        return 0;
    }

    // @start region="bodies"
    private record Summary(int read, int found) {}

    /** Answers each line that it is sent with the line or with null; ends when it is sent null. */
    private static Generator<@Nullable String, String, Summary> filter(String word) {
        return Generator.of("filter", out -> {
            int read = 0;
            int found = 0;
            String line = out.yield(null);
            while (line != null) {
                read++;
                boolean matches = line.contains(word);
                found += matches ? 1 : 0;
                line = out.yield(matches ? line : null);
            }
            return new Summary(read, found);
        });
    }

    /** The lines one by one; its close ends the reading. */
    private Generator<String, @Nullable Void, @Nullable Void> lines() {
        return Generator.yielding(out -> {
            if (stdin) {
                out.yieldFrom(standardInput());
            } else {
                out.yieldAll(TEXT.lines().toList());
            }
        });
    }

    private static Generator<String, @Nullable Void, @Nullable Void> standardInput() {
        return Generator.yielding(out -> {
            try (var reader = new BufferedReader(new InputStreamReader(System.in, charset()))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    out.yield(line);
                }
            } catch (IOException e) {
                throw new IllegalStateException("the standard input cannot be read", e);
            }
        });
    }
    // @end

    private static Charset charset() {
        return Charset.forName(
                System.getProperty("stdin.encoding", Charset.defaultCharset().name()));
    }
}
