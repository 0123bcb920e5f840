package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

class MainTest {

    static Stream<String> names() {
        return Main.EXAMPLES.stream().map(Main.Example::name);
    }

    @Test
    void withoutArgumentsItListsEveryExampleInOneAlignedLine() {
        var said = Said.by();

        assertThat(said.exitCode()).isZero();
        assertThat(said.err()).isEmpty();
        var rows = said.lines().stream().filter(line -> line.startsWith("  ")).toList();
        assertThat(rows).hasSameSizeAs(Main.EXAMPLES);
        int column = rows.getFirst().lastIndexOf("  ") + 2;
        for (int i = 0; i < rows.size(); i++) {
            var command = Main.EXAMPLES.get(i).type().getAnnotation(Command.class);
            assertThat(rows.get(i)).startsWith("  " + command.name() + " ");
            assertThat(rows.get(i).substring(column))
                    .isEqualTo(command.header()[0])
                    .hasSizeLessThan(100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "help", "--help", "-h"})
    void theListHasSeveralNames(String word) {
        assertThat(Said.by(word)).isEqualTo(Said.by());
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyExampleExplainsItself(String name) {
        var said = Said.by(name, "--help");

        var type = Main.EXAMPLES.stream()
                .filter(e -> e.name().equals(name))
                .findFirst()
                .orElseThrow()
                .type();
        assertThat(said.exitCode()).isZero();
        assertThat(said.err()).isEmpty();
        assertThat(said.out())
                .contains(type.getAnnotation(Command.class).header()[0])
                .contains("Usage: ./loop " + name)
                .contains("--help");
        assertThat(type.getAnnotation(Command.class).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "ecco-servr, : did you mean echo-server?",
        "echo, : did you mean echo-server or echo-client?",
        "Demo, : did you mean demo?",
        "something else, ''",
        "--version, ''",
    })
    void anUnknownNameGetsOneLineWithTheNamesThatAreClose(String given, String suggestion) {
        var said = Said.by(given);

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out()).isEmpty();
        assertThat(said.err().lines())
                .containsExactly(
                        "loop: there is no example '" + given + "'" + suggestion + " ('./loop list' shows them all)");
    }
}
