package dev.loop.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MicroTest {

    @Test
    void printsAFigureUnderEachNameOfThePeers() {
        assertThat(figures("", 1000))
                .allSatisfy(line -> assertThat(line.split("\t")).hasSize(3))
                .allSatisfy(line ->
                        assertThat(Double.parseDouble(line.split("\t")[1])).isPositive())
                .extracting(line -> line.split("\t")[0])
                .containsExactly(
                        "1_spawn_join",
                        "2_queue_pingpong",
                        "3_yield",
                        "4_sleepers_100k",
                        "5_call_soon_1000_chains",
                        "5b_call_soon_1_chain",
                        "6_lock_handoff",
                        "7_gather_10k_x100");
    }

    @Test
    void runsOnlyWhatTheDigitsName() {
        assertThat(figures("37", 1000))
                .extracting(line -> line.split("\t")[0])
                .containsExactly("3_yield", "7_gather_10k_x100");
    }

    private static List<String> figures(String digits, int divisor) {
        var bytes = new ByteArrayOutputStream();
        EventLoop.run(() -> new Micro(digits, divisor, new PrintStream(bytes, true, StandardCharsets.UTF_8)).runAll());
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
