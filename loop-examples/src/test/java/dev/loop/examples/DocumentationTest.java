package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documentation cannot rot: every Java block in it is a piece of a file that is compiled, and every relative link
 * leads somewhere.
 *
 * <p>A Java block follows a comment that names its source, seen from the root of the repository:
 * {@code <!-- snippet: loop-examples/src/main/java/dev/loop/examples/guide/TwoTasks.java#main -->}. The part behind
 * {@code #} is a region, written in the file as {@code // @start region="main"} … {@code // @end} as in Javadoc
 * snippets; without it the block is the whole file from its first {@code import} (or {@code void main}) on.
 */
class DocumentationTest {
    private static final Path ROOT = root();

    private static final Pattern SNIPPET = Pattern.compile("<!--\\s*snippet:\\s*([^#\\s]+)(?:#(\\S+))?\\s*-->");
    private static final Pattern FENCE = Pattern.compile("\\s*(```+|~~~+)\\s*(\\w*).*");
    private static final Pattern START =
            Pattern.compile("//\\s*@start\\b.*?\\bregion\\s*=\\s*[\"']?([^\\s\"']+)[\"']?.*");
    private static final Pattern MARKUP = Pattern.compile("//\\s*@(start|end|highlight|link|replace)\\b.*");
    private static final Pattern LINK =
            Pattern.compile("\\]\\(\\s*<?([^)\\s>]+)>?[^)]*\\)|^\\s*\\[[^\\]]+]:\\s*(\\S+)");

    private static final Pattern TESTS = Pattern.compile("`(\\w+Test)`((?: \\d+(?:, \\d+)*)?)");

    @Test
    void everyJavaBlockIsCompiledCode() throws IOException {
        var problems = new ArrayList<String>();
        for (Path page : pages()) {
            if (!page.startsWith(ROOT.resolve("docs/adr"))) {
                checkBlocks(page, problems);
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        var problems = new ArrayList<String>();
        for (Path page : pages()) {
            checkLinks(page, problems);
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void everyTestThatAPageNamesIsThere() throws IOException {
        var problems = new ArrayList<String>();
        for (Path page : pages()) {
            for (String line : Files.readAllLines(page)) {
                checkTests(page, line, problems);
            }
        }
        assertThat(problems).isEmpty();
    }

    /** A test in back quotes is a class; numbers behind a parity test are behaviours, each of which has a method. */
    private static void checkTests(Path page, String line, List<String> problems) throws IOException {
        var tests = TESTS.matcher(line);
        while (tests.find()) {
            var source = sourceOf(tests.group(1));
            if (source.isEmpty()) {
                problems.add(ROOT.relativize(page) + ": there is no test " + tests.group(1));
                continue;
            }
            for (String number : tests.group(2).split("[^0-9]+")) {
                if (!number.isEmpty() && !source.get().contains("_" + number + "()")) {
                    problems.add(ROOT.relativize(page) + ": " + tests.group(1) + " shows no behaviour " + number);
                }
            }
        }
    }

    private static Optional<String> sourceOf(String test) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            var file = files.filter(path -> path.endsWith(test + ".java")).findFirst();
            return file.isEmpty() ? Optional.empty() : Optional.of(Files.readString(file.get()));
        }
    }

    private static void checkBlocks(Path page, List<String> problems) throws IOException {
        var lines = Files.readAllLines(page);
        String before = ""; // the last line that is not blank and not in a block
        for (int i = 0; i < lines.size(); i++) {
            var fence = FENCE.matcher(lines.get(i));
            if (!fence.matches()) {
                before = lines.get(i).isBlank() ? before : lines.get(i).strip();
                continue;
            }
            int end = endOfBlock(lines, i, fence.group(1));
            if (fence.group(2).equals("java")) {
                var where = ROOT.relativize(page) + ":" + (i + 1) + ": ";
                var problem = compare(before, lines.subList(i + 1, end));
                if (!problem.isEmpty()) {
                    problems.add(where + problem);
                }
            }
            before = "";
            i = end;
        }
    }

    /** What is wrong with one block, or nothing. */
    private static String compare(String before, List<String> block) throws IOException {
        var comment = SNIPPET.matcher(before);
        if (!comment.matches()) {
            return "a Java block needs <!-- snippet: path/from/root.java#region --> on the line before it";
        }
        var file = ROOT.resolve(comment.group(1));
        if (!Files.isRegularFile(file)) {
            return "the snippet's file does not exist: " + comment.group(1);
        }
        var region = comment.group(2);
        var source = Files.readAllLines(file);
        var part = region == null ? wholeFile(source) : region(source, region);
        if (part.isEmpty()) {
            return comment.group(1) + " has no region " + region + " (// @start region=\"" + region + "\" … // @end)";
        }
        var expected = tidy(part);
        var actual = tidy(block);
        for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
            var there = i < expected.size() ? expected.get(i) : "(nothing more)";
            var here = i < actual.size() ? actual.get(i) : "(nothing more)";
            if (!there.equals(here)) {
                return "line " + (i + 1) + " of the block differs from " + comment.group(1)
                        + "\n  source: " + there + "\n  page:   " + here
                        + "\n  the whole block should be:\n" + String.join("\n", expected);
            }
        }
        return "";
    }

    private static List<String> wholeFile(List<String> source) {
        for (int i = 0; i < source.size(); i++) {
            if (source.get(i).startsWith("import ") || source.get(i).startsWith("void main")) {
                return source.subList(i, source.size());
            }
        }
        return source;
    }

    private static List<String> region(List<String> source, String name) {
        int start = -1;
        int depth = 0;
        for (int i = 0; i < source.size(); i++) {
            var line = source.get(i).strip();
            var opening = START.matcher(line);
            if (start < 0 && opening.matches() && opening.group(1).equals(name)) {
                start = i + 1;
            } else if (start >= 0 && opening.matches()) {
                depth++;
            } else if (start >= 0 && line.matches("//\\s*@end\\b.*") && depth-- == 0) {
                return source.subList(start, i);
            }
        }
        return List.of();
    }

    /** Without snippet mark-up, common indentation, trailing blanks, and blank lines at both ends. */
    private static List<String> tidy(List<String> lines) {
        var text = lines.stream()
                .filter(line -> !MARKUP.matcher(line.strip()).matches())
                .map(String::stripTrailing)
                .collect(Collectors.joining("\n"));
        return text.replaceAll("\\A\n+|\n+\\z", "").stripIndent().lines().toList();
    }

    private static void checkLinks(Path page, List<String> problems) throws IOException {
        var lines = Files.readAllLines(page);
        for (int i = 0; i < lines.size(); i++) {
            var fence = FENCE.matcher(lines.get(i));
            if (fence.matches()) {
                i = endOfBlock(lines, i, fence.group(1));
                continue;
            }
            var link = LINK.matcher(lines.get(i).replaceAll("`[^`]*`", "code"));
            while (link.find()) {
                var target = link.group(1) != null ? link.group(1) : link.group(2);
                if (target.startsWith("#") || target.matches("[a-zA-Z][a-zA-Z+.-]*:.*")) {
                    continue;
                }
                var file =
                        page.resolveSibling(target.replaceFirst("[#?].*", "")).normalize();
                if (!file.startsWith(ROOT) || !Files.exists(file)) {
                    problems.add(ROOT.relativize(page) + ":" + (i + 1) + ": the link leads nowhere: " + target);
                }
            }
        }
    }

    private static int endOfBlock(List<String> lines, int start, String fence) {
        int end = start + 1;
        while (end < lines.size() && !lines.get(end).strip().equals(fence)) {
            end++;
        }
        return end;
    }

    /** The pages at the root, and everything below docs. */
    private static List<Path> pages() throws IOException {
        var pages = new ArrayList<Path>();
        try (Stream<Path> top = Files.list(ROOT)) {
            top.forEach(pages::add);
        }
        if (Files.isDirectory(ROOT.resolve("docs"))) {
            try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
                docs.forEach(pages::add);
            }
        }
        pages.removeIf(path -> !path.toString().endsWith(".md") || !Files.isRegularFile(path));
        return pages.stream().sorted().toList();
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("loop-core"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
