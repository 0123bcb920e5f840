package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values that each loop has for itself. */
@Tag("both-engines")
class LoopLocalTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void eachLoopHasItsOwnMadeOnce() {
        var made = new int[1];
        LoopLocal<String> local = LoopLocal.of(loop -> loop.name() + " " + ++made[0]);
        try (var one = EventLoop.builder().name("one").build();
                var two = EventLoop.builder().name("two").build()) {
            assertThat(local.get(one)).isEqualTo("one 1");
            assertThat(local.get(two)).isEqualTo("two 2");
            assertThat(local.get(one)).isEqualTo("one 1");
        }
        assertThat(EventLoop.<String>run(() -> local.get())).endsWith(" 3");
        assertThatThrownBy(local::get).isInstanceOf(IllegalStateException.class);
        LoopLocal<Object> nothing = LoopLocal.of(_ -> null);
        EventLoop.run(() -> {
            assertThatThrownBy(nothing::get).isInstanceOf(NullPointerException.class);
        });
    }

    @Test
    void valuesAreClosedAfterTheirLoopTheLastOneFirst() {
        LoopLocal<AutoCloseable> first = LoopLocal.of(loop -> () -> order.add("first, closed " + loop.isClosed()));
        LoopLocal<AutoCloseable> failing = LoopLocal.of(_ -> () -> {
            throw new IllegalStateException("boom");
        });
        LoopLocal<AutoCloseable> last = LoopLocal.of(_ -> () -> order.add("last"));
        var loop = EventLoop.create();
        var values = List.of(first.get(loop), failing.get(loop), last.get(loop));
        try (var log = new CapturedLog(EventLoop.class)) {
            loop.close();
            assertThat(log.lines)
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage()).contains("could not be closed"));
        }
        assertThat(values).hasSize(3);
        assertThat(order).containsExactly("last", "first, closed true");
        assertThatThrownBy(() -> first.get(loop)).isInstanceOf(IllegalStateException.class);
    }
}
