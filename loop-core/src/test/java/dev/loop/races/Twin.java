package dev.loop.races;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * A copy of one class of ours, made from its source with some places changed: hooks between its shared accesses, so that
 * {@link Interleavings} can be searched, and, for a broken twin, the step removed that the class cannot do without. So what is
 * searched is the code itself, not a model that grows old; a place that is not found any more fails the test.
 */
final class Twin {

    private static final String STEP = "dev.loop.races.Interleavings.step()";

    private final String name;
    private String source;

    private Twin(Class<?> original) {
        name = original.getName();
        try {
            source = Files.readString(Path.of("src/main/java", name.replace('.', '/') + ".java"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A faithful copy. */
    static Twin of(Class<?> original) {
        return new Twin(original);
    }

    /** Changes a place that stands there exactly so often; {@code STEP} in either text is a call of the hook. */
    Twin replace(int times, String old, String replacement) {
        String place = old.replace("STEP", STEP);
        assertThat(source.split(Pattern.quote(place), -1))
                .as("the places of <%s> in %s", place, name)
                .hasSize(times + 1);
        source = source.replace(place, replacement.replace("STEP", STEP));
        return this;
    }

    /** Changes a place that stands there once. */
    Twin replace(String old, String replacement) {
        return replace(1, old, replacement);
    }

    /** Compiles it. */
    Class<?> load(Path directory) {
        try {
            Path file = Files.createDirectories(directory.resolve("source"))
                    .resolve(name.substring(name.lastIndexOf('.') + 1) + ".java");
            Files.writeString(file, source);
            Path classes = Files.createDirectories(directory.resolve("classes"));
            var messages = new StringWriter();
            var compiler = ToolProvider.getSystemJavaCompiler();
            var files = compiler.getStandardFileManager(null, null, null);
            boolean compiled = compiler.getTask(
                            messages,
                            files,
                            null,
                            List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", classPath()),
                            null,
                            files.getJavaFileObjects(file))
                    .call();
            assertThat(compiled).as("%s%n%s", messages, source).isTrue();
            return new Loader(classes, name).loadClass(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static String classPath() {
        return Stream.of(Twin.class, dev.loop.EventLoop.class, Nullable.class)
                .map(Twin::place)
                .distinct()
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    private static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Has the twin and its inner classes from the directory, and all else from where it is. */
    private static final class Loader extends ClassLoader {
        private final Path classes;
        private final String name;

        Loader(Path classes, String name) {
            super(Twin.class.getClassLoader());
            this.classes = classes;
            this.name = name;
        }

        @Override
        protected Class<?> loadClass(String wanted, boolean resolve) throws ClassNotFoundException {
            if (!wanted.equals(name) && !wanted.startsWith(name + "$")) {
                return super.loadClass(wanted, resolve);
            }
            Class<?> loaded = findLoadedClass(wanted);
            if (loaded != null) {
                return loaded;
            }
            try {
                byte[] bytes = Files.readAllBytes(classes.resolve(wanted.replace('.', '/') + ".class"));
                return defineClass(wanted, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(wanted, e);
            }
        }
    }
}
