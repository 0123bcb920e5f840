package dev.loop.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.Promise;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's futures, behaviours 16 to 22, as ours. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FutureParityTest {

    // --- 19: a failure that nobody looks at

    private static Promise<String> makeAFailure(EventLoop loop) {
        Promise<String> promise = loop.promise();
        promise.fail(new IllegalArgumentException("boom"));
        return promise;
    }

    private static WeakReference<Future<String>> loseAFailure(EventLoop loop) {
        return new WeakReference<>(makeAFailure(loop));
    }

    /** Collects a failure that was lost, lets the loop hear of it, and closes it. */
    private static List<ExceptionContext> toldOf(boolean debug, Consumer<EventLoop> look) {
        var told = new ArrayList<ExceptionContext>();
        try (EventLoop loop = EventLoop.builder().debug(debug).build()) {
            loop.setExceptionHandler((_, context) -> told.add(context));
            look.accept(loop);
        }
        return told;
    }

    @Test
    void aFailureThatNobodyLookedAtIsToldOnceAndInDebugModeWithWhereItWasMade_19() {
        for (boolean debug : new boolean[] {false, true}) {
            assertThat(toldOf(debug, loop -> {
                        var reference = loseAFailure(loop);
                        for (int i = 0; i < 100 && reference.get() != null; i++) {
                            System.gc();
                        }
                        assertThat(reference.get()).isNull();
                    }))
                    .singleElement()
                    .satisfies(context -> {
                        assertThat(context.message()).contains("never looked at");
                        assertThat(context.exception()).hasMessage("boom");
                        assertThat(context.creationStack().toString().contains("makeAFailure"))
                                .isEqualTo(debug);
                    });
        }
    }

    @Test
    void aFailureThatWasReadOrAwaitedAndACancelAreNotTold_19() {
        assertThat(toldOf(false, loop -> {
                    assertThat(makeAFailure(loop).exception()).hasMessage("boom");
                    Future<String> awaited = makeAFailure(loop);
                    assertThatThrownBy(awaited::result).hasMessage("boom");
                    assertThatThrownBy(() -> loop.runUntilComplete(makeAFailure(loop)))
                            .hasMessage("boom");
                    assertThatThrownBy(() -> loop.runUntilComplete(
                                    loop.spawn(() -> makeAFailure(loop).await())))
                            .hasMessage("boom");
                    loop.promise().cancel();
                }))
                .isEmpty();
    }
}
