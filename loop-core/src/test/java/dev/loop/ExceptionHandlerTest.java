package dev.loop;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.loop.spi.Interest;
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Who is told when a callback fails, and what is logged when nobody is. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExceptionHandlerTest {

    private final List<String> order = new ArrayList<>();
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

    @Test
    void aCallbackThatFailsIsToldWithItsHandleAndTheLoopGoesOn() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                Handle handle = loop.callSoon(ExceptionHandlerTest::boom);
                loop.callSoon(() -> order.add("next"));
                yieldNow();
                assertThat(test.reports()).singleElement().satisfies(report -> {
                    assertThat(report.message()).isEqualTo("a callback failed");
                    assertThat(report.exception()).hasMessage("boom");
                    assertThat(report.handle()).isSameAs(handle);
                    assertThat(report.future()).isNull();
                });
                test.reports().clear();
            });
        }
        assertThat(order).containsExactly("next");
    }

    @Test
    void everyKindOfCallbackIsTold() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                loop.callSoonThreadsafe(ExceptionHandlerTest::boom);
                loop.callLater(java.time.Duration.ZERO, ExceptionHandlerTest::boom);
                loop.done().addDoneCallback(_ -> boom());
                loop.callSoon(() -> {
                    throw new AssertionError("errors too");
                });
                Async.sleep(java.time.Duration.ofSeconds(1)).await();
                assertThat(test.reports()).hasSize(4);
                test.reports().clear();
            });
        }
    }

    @Test
    void aFailingDoneCallbackDoesNotKeepTheOthersFromRunning() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Promise<String> promise = EventLoop.current().promise();
                promise.addDoneCallback(_ -> boom());
                promise.addDoneCallback(_ -> order.add("second"));
                promise.complete("value");
                yieldNow();
                test.reports().clear();
            });
        }
        assertThat(order).containsExactly("second");
    }

    @Test
    void theHandlerRunsAsACallback() {
        try (EventLoop loop = EventLoop.create()) {
            assertThat(loop.exceptionHandler()).isNull();
            ExceptionHandler handler = (l, _) -> {
                assertThat(l).isSameAs(loop);
                assertThat(EventLoop.current()).isSameAs(loop);
                assertThat(loop.isCallbackThread(Thread.currentThread())).isTrue();
                order.add("told");
                loop.stop();
            };
            loop.setExceptionHandler(handler);
            assertThat(loop.exceptionHandler()).isSameAs(handler);
            loop.callSoon(() -> loop.callExceptionHandler(new ExceptionContext("asked for", null, null, null)));
            loop.runForever();
            assertThat(order).containsExactly("told");
        }
        assertThat(log.list).isEmpty();
    }

    @Test
    void withoutAHandlerItIsLogged() {
        try (EventLoop loop = EventLoop.builder().name("quiet").build()) {
            loop.callSoon(ExceptionHandlerTest::boom);
        }
        assertThat(log.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(ch.qos.logback.classic.Level.ERROR);
            assertThat(line.getFormattedMessage()).contains("quiet").contains("a callback failed");
            assertThat(line.getThrowableProxy().getMessage()).isEqualTo("boom");
        });
    }

    @Test
    void aHandlerThatFailsIsLoggedWithWhatItWasTold() {
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, _) -> {
                throw new IllegalStateException("the handler");
            });
            loop.callSoon(ExceptionHandlerTest::boom);
            loop.callSoon(() -> order.add("next"));
        }
        assertThat(log.list)
                .extracting(line -> line.getThrowableProxy().getMessage())
                .containsExactly("the handler", "boom");
        assertThat(order).containsExactly("next");
    }

    @Test
    void aHandlerThatFailsFatallyIsLoggedTooAndTheLoopStops() {
        var fatal = new NoClassDefFoundError("the handler");
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, _) -> {
                throw fatal;
            });
            loop.callSoon(ExceptionHandlerTest::boom);
            assertThatThrownBy(loop::runForever).isSameAs(fatal);
            loop.setExceptionHandler(null);
            loop.callSoon(loop::stop);
            loop.runForever(); // it can go on all the same
        }
        assertThat(log.list)
                .extracting(line -> line.getThrowableProxy().getMessage())
                .containsExactly("the handler", "boom");
    }

    @Test
    void aHandlerMayLeaveWhatItDoesNotWantToTheDefaultOne() {
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((l, context) -> {
                order.add("told");
                l.defaultExceptionHandler().handle(l, context);
            });
            loop.callSoon(ExceptionHandlerTest::boom);
        }
        assertThat(order).containsExactly("told");
        assertThat(log.list)
                .singleElement()
                .satisfies(line ->
                        assertThat(line.getThrowableProxy().getMessage()).isEqualTo("boom"));
    }

    /** User code in an exception: whoever logs it calls that. */
    private static final class Unspeakable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }
    }

    @Test
    void aFailureThatCannotBeLoggedIsNamedAndTheLoopGoesOn() {
        try (EventLoop loop = EventLoop.create()) {
            loop.callSoon(() -> {
                throw new Unspeakable();
            });
            loop.callSoon(() -> order.add("next"));
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(order).containsExactly("next");
        assertThat(log.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .contains("a callback failed")
                        .contains("Unspeakable"));
    }

    @Test
    void aHandlerMayBeTakenAway() {
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, _) -> order.add("told"));
            loop.setExceptionHandler(null);
            loop.callSoon(ExceptionHandlerTest::boom);
        }
        assertThat(order).isEmpty();
        assertThat(log.list).hasSize(1);
    }

    @Test
    void aReadinessHandlerThatFailsIsToldAndItsChannelIsNotWatchedAnyMore() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        pipe.sink().write(ByteBuffer.allocate(1));
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, context) -> {
                order.add(context.message() + ": " + context.exception().getMessage());
                loop.stop();
            });
            var registration = loop.register(pipe.source(), Interest.READ, _ -> boom());
            loop.runForever();
            assertThat(registration.isValid()).isFalse();
            assertThat(order)
                    .singleElement()
                    .asString()
                    .contains("polling failed")
                    .contains("no longer watched");
            loop.callSoon(loop::stop);
            loop.runForever();
        } finally {
            pipe.source().close();
            pipe.sink().close();
        }
    }
}
