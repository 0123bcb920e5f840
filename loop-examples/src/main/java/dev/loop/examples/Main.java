package dev.loop.examples;

import dev.loop.examples.cli.Mistakes;
import dev.loop.examples.guide.BlockingCalls;
import dev.loop.examples.guide.Demo;
import dev.loop.examples.guide.TaskGroups;
import dev.loop.examples.guide.Timers;
import dev.loop.examples.guide.TwoTasks;
import dev.loop.examples.http.Fetch;
import dev.loop.examples.http.HttpServerExample;
import dev.loop.examples.net.Chat;
import dev.loop.examples.net.EchoClient;
import dev.loop.examples.net.EchoServer;
import dev.loop.examples.recipes.Barriers;
import dev.loop.examples.recipes.Conditions;
import dev.loop.examples.recipes.Filter;
import dev.loop.examples.recipes.MonoAndTasks;
import dev.loop.examples.recipes.PeriodicWork;
import dev.loop.examples.recipes.ProcessPoolExample;
import dev.loop.examples.recipes.ProducerConsumer;
import dev.loop.examples.recipes.RateLimited;
import dev.loop.examples.recipes.ReactorQueue;
import dev.loop.examples.recipes.Retrying;
import dev.loop.examples.recipes.SemaphoreGroups;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Runs an example by its name; without a name, lists them.
 *
 * <p>Exit codes: 0 if all went well, 2 for a mistake of whoever runs it, with one line on the standard error, 1 for everything else.
 */
public final class Main {

    private static final String PROGRAM = "./loop";

    private static final int FAULT = 1;
    private static final int MISTAKE = 2;

    /** The name stands here too, so that running one example reads the annotations of that one only. */
    record Example(String name, Class<? extends Callable<Integer>> type) {}

    /** In a good order for a first reading. */
    static final List<Example> EXAMPLES = List.of(
            new Example("two-tasks", TwoTasks.class),
            new Example("timers", Timers.class),
            new Example("task-groups", TaskGroups.class),
            new Example("blocking-calls", BlockingCalls.class),
            new Example("semaphore-groups", SemaphoreGroups.class),
            new Example("barrier", Barriers.class),
            new Example("condition", Conditions.class),
            new Example("producer-consumer", ProducerConsumer.class),
            new Example("generator", Filter.class),
            new Example("retry", Retrying.class),
            new Example("periodic", PeriodicWork.class),
            new Example("rate-limit", RateLimited.class),
            new Example("process-pool", ProcessPoolExample.class),
            new Example("mono-and-tasks", MonoAndTasks.class),
            new Example("reactor-queue", ReactorQueue.class),
            new Example("echo-server", EchoServer.class),
            new Example("echo-client", EchoClient.class),
            new Example("chat", Chat.class),
            new Example("http-server", HttpServerExample.class),
            new Example("fetch", Fetch.class),
            new Example("demo", Demo.class));

    private Main() {}

    /**
     * Runs an example and ends the process with its exit code.
     *
     * @param args the name of an example and its options; nothing or {@code list} for a list
     */
    public static void main(String... args) {
        int exitCode = run(args);
        System.out.flush();
        System.exit(exitCode);
    }

    static int run(String... args) {
        String name = args.length == 0 ? "list" : args[0];
        if (List.of("list", "help", "-h", "--help").contains(name)) {
            list();
            return 0;
        }
        Optional<Example> example =
                EXAMPLES.stream().filter(e -> e.name().equals(name)).findFirst();
        if (example.isEmpty()) {
            return mistake("there is no example '" + name + "'" + suggestion(name) + " ('" + PROGRAM
                    + " list' shows them all)");
        }
        return commandLine(example.get())
                .execute(List.of(args).subList(1, args.length).toArray(String[]::new));
    }

    private static CommandLine commandLine(Example example) {
        var commandLine = new CommandLine(example.type());
        commandLine.setCommandName(PROGRAM + " " + example.name());
        commandLine.getCommandSpec().usageMessage().sortOptions(false).width(100);
        commandLine
                .getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Print this help.")
                        .build());
        commandLine.setParameterExceptionHandler((e, _) -> mistake(e));
        commandLine.setExecutionExceptionHandler((e, _, _) -> failure(e));
        return commandLine;
    }

    private static void list() {
        int width = EXAMPLES.stream().mapToInt(e -> e.name().length()).max().orElse(0);
        IO.println("Usage: " + PROGRAM + " NAME [options]      " + PROGRAM + " NAME --help");
        IO.println();
        for (Example example : EXAMPLES) {
            String header = example.type().getAnnotation(Command.class).header()[0];
            IO.println("  " + example.name() + " ".repeat(width - example.name().length()) + "  " + header);
        }
    }

    private static int mistake(ParameterException e) {
        String command = e.getCommandLine().getCommandName();
        return mistake(Mistakes.oneLine(e) + " ('" + command + " --help' shows the options)");
    }

    private static int mistake(String line) {
        System.err.println("loop: " + line);
        return MISTAKE;
    }

    private static int failure(Exception e) {
        String line = Mistakes.explain(e);
        if (line != null) {
            return mistake(line);
        }
        e.printStackTrace();
        return FAULT;
    }

    /** The names that contain what was given, or are a few letters away from it. */
    private static String suggestion(String given) {
        List<String> names = EXAMPLES.stream().map(Example::name).toList();
        List<String> close = names.stream()
                .filter(name -> name.contains(given) || edits(given, name) <= name.length() / 3)
                .toList();
        return close.isEmpty() ? "" : ": did you mean " + String.join(" or ", close) + "?";
    }

    /** How many letters must be added, removed or replaced (Levenshtein). */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replace = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
