package dev.loop.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Handle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** asyncio's loop and scheduling, behaviours 1 to 15, as ours. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopParityTest {

    // --- 9, 10, 12, 13: what is told, and to whom

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(EventLoop.class);

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        logger.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
        logger.setAdditive(true);
    }

    private static void boom() {
        throw new IllegalArgumentException("boom");
    }

    /** What is ready now, and what the loop has to say about it. */
    private static void runOnce(EventLoop loop) {
        loop.stop();
        loop.runForever();
        loop.stop();
        loop.runForever();
    }

    @Test
    void anExceptionInACallbackReachesTheHandlerWithHandleAndMessageAndTheLoopGoesOn_9() {
        var told = new ArrayList<ExceptionContext>();
        var order = new ArrayList<String>();
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((l, context) -> {
                assertThat(l).isSameAs(loop);
                told.add(context);
            });
            Handle failing = loop.callSoon(LoopParityTest::boom);
            loop.callSoon(() -> order.add("next"));
            runOnce(loop);
            assertThat(told).singleElement().satisfies(context -> {
                assertThat(context.handle()).isSameAs(failing);
                assertThat(context.message()).isEqualTo("a callback failed");
                assertThat(context.exception()).hasMessage("boom");
            });
        }
        assertThat(order).containsExactly("next");
        assertThat(log.list).isEmpty();
    }

    @Test
    void aHandlerThatFailsIsLoggedTogetherWithWhatItWasTold_10() {
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, _) -> {
                throw new IllegalStateException("the handler");
            });
            loop.callSoon(LoopParityTest::boom);
            runOnce(loop);
        }
        assertThat(log.list)
                .extracting(line -> line.getThrowableProxy().getMessage())
                .containsExactly("the handler", "boom");
    }

    /** What asyncio does for KeyboardInterrupt and SystemExit, for the errors of the JVM after which nothing can be relied on. */
    @Test
    void aFatalErrorLeavesTheLoopPastEveryHandler_10() {
        var told = new ArrayList<ExceptionContext>();
        var order = new ArrayList<String>();
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, context) -> told.add(context));
            for (Error fatal :
                    new Error[] {new OutOfMemoryError("for a test"), new NoClassDefFoundError("for a test")}) {
                loop.callSoon(() -> {
                    throw fatal;
                });
                loop.callSoon(() -> order.add("the rest of the batch"));
                assertThatThrownBy(loop::runForever).isSameAs(fatal);
            }
            loop.callSoon(() -> order.add("a later run"));
            runOnce(loop);
        }
        assertThat(told).isEmpty();
        assertThat(order).containsExactly("the rest of the batch", "the rest of the batch", "a later run");
    }

    private static Runnable named(String name, Runnable code) {
        return new Runnable() {
            @Override
            public void run() {
                code.run();
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    @Test
    void inDebugModeASlowCallbackIsLoggedWithItsNameAndTimeAndOtherwiseItIsNot_12() {
        var slow = Duration.ofMillis(2);
        for (boolean debug : new boolean[] {false, true}) {
            try (EventLoop loop =
                    EventLoop.builder().debug(debug).slowCallbackDuration(slow).build()) {
                loop.callSoon(named("compact-the-index", () -> spin(slow)));
                runOnce(loop);
            }
            List<String> slowLines = log.list.stream()
                    .filter(line -> line.getLevel() == Level.WARN)
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(line -> line.contains("compact-the-index"))
                    .toList();
            if (debug) {
                assertThat(slowLines).singleElement().asString().containsPattern("compact-the-index took \\d+ ms");
            } else {
                assertThat(slowLines).isEmpty();
            }
        }
    }

    private static void spin(Duration time) {
        long began = System.nanoTime();
        while (System.nanoTime() - began < time.toNanos()) {
            Thread.onSpinWait();
        }
    }

    /** asyncio looks in debug mode only. */
    @Test
    void aCallFromAnotherThreadIsRefusedAlwaysAndSaysWhatToCallInstead_13() throws InterruptedException {
        for (boolean debug : new boolean[] {false, true}) {
            try (EventLoop loop = EventLoop.builder().debug(debug).build()) {
                var running = new CompletableFuture<Void>();
                loop.callSoon(() -> running.complete(null));
                Thread thread = Thread.ofPlatform().start(loop::runForever);
                running.join();
                assertThatThrownBy(() -> loop.callSoon(() -> {}))
                        .isInstanceOf(WrongThreadException.class)
                        .hasMessageContaining("callSoon was called from")
                        .hasMessageContaining("use callSoonThreadsafe");
                loop.callSoonThreadsafe(loop::stop);
                thread.join();
            }
        }
    }
}
