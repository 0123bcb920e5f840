package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a loop, as its owner sees it. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopCloseTest {

    @Test
    void closeIsRefusedWhileItRuns() {
        TestLoop.run(() -> assertThatIllegalStateException()
                .isThrownBy(EventLoop.current()::close)
                .withMessageContaining("stop it first"));
    }

    @Test
    void closingTwiceIsHarmless() {
        EventLoop loop = EventLoop.create();
        assertThat(loop.isClosed()).isFalse();
        loop.close();
        loop.close();
        assertThat(loop.isClosed()).isTrue();
        assertThat(loop.isRunning()).isFalse();
    }

    @Test
    void aClosedLoopRefusesWork() {
        EventLoop loop = EventLoop.builder().name("gone").build();
        Future<String> done = loop.completed("value");
        loop.close();
        List<Runnable> calls = List.of(
                () -> loop.callSoon(() -> {}),
                () -> loop.callSoonThreadsafe(() -> {}),
                () -> loop.callLater(Duration.ZERO, () -> {}),
                () -> loop.callAt(0, () -> {}),
                () -> loop.spawn(() -> {}),
                () -> loop.sleep(Duration.ZERO).isDone(),
                () -> loop.runInExecutor(() -> 1).isDone(),
                loop::runForever,
                () -> loop.runUntilComplete(done));
        for (Runnable call : calls) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessage("gone is closed");
        }
        assertThat(done.result()).isEqualTo("value");
    }

    @Test
    void aCallbackThatReschedulesItselfDoesNotKeepTheCloseFromEnding() {
        EventLoop loop = EventLoop.create();
        var again = new Runnable[1];
        again[0] = () -> loop.callSoon(again[0]);
        loop.callSoon(again[0]);
        loop.close();
        assertThat(loop.isClosed()).isTrue();
    }
}
