package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GeneratorTest {
    @Test
    void smoke() {
        Generator<Integer, String, String> g = Generator.of(out -> {
            String s = out.yield(1);
            s += out.yield(2);
            return s;
        });
        assertThat(g.next()).isEqualTo(1);
        assertThat(g.send("a")).isEqualTo(2);
        assertThat(g.step("b")).isEqualTo(new Step.Returned<>("ab"));
    }
}
