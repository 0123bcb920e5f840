package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** SLF4J's MDC and other state of threads goes where the context goes. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContextAccessorTest {

    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(ContextAccessorTest.class);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing(); // it reads the MDC where it is asked for it first
            super.append(event);
        }
    };
    private final List<Logger> loggers = List.of((Logger) LOG, (Logger) LoggerFactory.getLogger(EventLoop.class));

    @BeforeEach
    void listen() {
        log.start();
        for (Logger logger : loggers) {
            logger.addAppender(log);
            logger.setAdditive(false);
        }
        loggers.getFirst().setLevel(Level.INFO);
    }

    @AfterEach
    void stopListening() {
        for (Logger logger : loggers) {
            logger.detachAppender(log);
            logger.setAdditive(true);
        }
        loggers.getFirst().setLevel(null);
        MDC.clear();
    }

    /** What was logged, each line with the MDC that it was logged with. */
    private List<String> lines() {
        List<String> lines = log.list.stream()
                .map(event -> event.getFormattedMessage() + " " + new TreeMap<>(event.getMDCPropertyMap()))
                .toList();
        log.list.clear();
        return lines;
    }

    private static Runner runner(ContextAccessor<?>... accessors) {
        LoopBuilder builder = EventLoop.builder();
        for (ContextAccessor<?> accessor : accessors) {
            builder.carry(accessor);
        }
        return Runner.create(builder::build);
    }

    @Test
    void theMdcIsThatOfTheCall() {
        MDC.put("user", "ada");
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                LOG.info("main");
                EventLoop loop = EventLoop.current();
                Promise<String> promise = loop.promise();
                loop.callSoon(() -> LOG.info("callSoon"));
                promise.addDoneCallback(_ -> LOG.info("done callback"));
                Task<?> task = spawn(() -> {
                    LOG.info("task");
                    MDC.put("step", "1");
                    yieldNow();
                    LOG.info("task after its wait");
                });
                MDC.put("user", "bob");
                toThread(() -> {
                            LOG.info("helper");
                            MDC.put("left", "behind");
                            return null;
                        })
                        .await();
                task.await();
                promise.complete("x");
                yieldNow();
                Handle timer = loop.callLater(Duration.ofNanos(1), () -> LOG.info("timer"));
                MDC.clear();
                while (!timer.toString().contains("begun")) {
                    yieldNow();
                }
                toThread(() -> {
                            LOG.info("helper without");
                            return null;
                        })
                        .await();
                LOG.info("main at the end");
            });
        }
        LOG.info("thread");
        assertThat(lines())
                .containsExactlyInAnyOrder(
                        "main {user=ada}",
                        "callSoon {user=ada}",
                        "task {user=ada}",
                        "task after its wait {step=1, user=ada}",
                        "helper {user=bob}",
                        "done callback {user=ada}",
                        "timer {user=bob}",
                        "helper without {}",
                        "main at the end {}",
                        "thread {user=ada}");
    }

    @Test
    void aCallbackLeavesNoMdcToTheNext() {
        MDC.put("owner", "the thread");
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                MDC.clear();
                EventLoop loop = EventLoop.current();
                loop.callSoon(() -> {
                    MDC.put("left", "behind");
                    LOG.info("first");
                    loop.callSoon(() -> LOG.info("of the first"));
                });
                loop.callSoon(() -> LOG.info("second"));
                yieldNow();
                yieldNow();
            });
        }
        assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("owner", "the thread"));
        assertThat(lines()).containsExactly("first {left=behind}", "second {}", "of the first {left=behind}");
    }

    @Test
    void twoTasksNeverSeeEachOthersMdc() {
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                List<Task<?>> tasks = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    String mine = "user " + i;
                    tasks.add(spawn(() -> {
                        assertThat(MDC.get("user")).isNull();
                        MDC.put("user", mine);
                        for (int j = 0; j < 20; j++) {
                            EventLoop.current()
                                    .callSoon(() -> assertThat(MDC.get("user")).isEqualTo(mine));
                            yieldNow();
                            assertThat(MDC.get("user")).isEqualTo(mine);
                        }
                    }));
                }
                for (Task<?> task : tasks) {
                    task.await();
                }
            });
        }
        assertThat(lines()).isEmpty(); // nor has any callback failed
    }

    @Test
    void whatTheLoopLogsOfAFailureHasTheMdcOfWhatFailed() {
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                MDC.put("user", "ada");
                loop.callSoon(() -> {
                    MDC.put("step", "2");
                    throw new IllegalArgumentException("boom");
                });
                spawn(() -> {
                    MDC.put("user", "bob");
                    throw new IllegalArgumentException("never looked at");
                });
                MDC.clear();
                yieldNow();
            });
        }
        assertThat(lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("a callback failed").endsWith("{step=2, user=ada}"),
                        line -> assertThat(line).contains("never looked at").endsWith("{user=bob}"));
    }

    @Test
    void aContextBringsTheMdcWhereverItIsRun() throws Exception {
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                MDC.put("user", "ada");
                Context captured = Context.current();
                MDC.put("user", "bob");
                captured.run(() -> LOG.info("inside"));
                LOG.info("outside");
                captured.call(() -> spawn(() -> LOG.info("task"))).await();
                Thread foreign = Thread.ofPlatform().start(captured.wrap(() -> LOG.info("foreign thread")));
                toThread(() -> {
                            foreign.join();
                            return null;
                        })
                        .await();
                ContextVar<String> variable = ContextVar.of("variable");
                variable.where("x").run(() -> MDC.put("user", "set inside where"));
                LOG.info("where leaves it alone");
            });
        }
        assertThat(lines())
                .containsExactlyInAnyOrder(
                        "inside {user=ada}",
                        "outside {user=bob}",
                        "task {user=ada}",
                        "foreign thread {user=ada}",
                        "where leaves it alone {user=set inside where}");
    }

    @Test
    void anotherThreadsCallbackHasTheMdcOfThatThread() {
        try (var runner = runner(ContextAccessor.mdc())) {
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                Promise<String> over = loop.promise();
                MDC.put("user", "ada");
                Thread.ofPlatform().start(() -> {
                    MDC.put("user", "thread");
                    loop.callSoonThreadsafe(() -> {
                        LOG.info("callback");
                        over.complete("x");
                    });
                });
                over.await();
            });
        }
        assertThat(lines()).containsExactly("callback {user=thread}");
    }

    @Test
    void nothingIsCarriedByDefault() {
        try (var runner = runner()) {
            runner.run(() -> {
                MDC.put("user", "ada");
                spawn(() -> LOG.info("task")).await();
            });
        }
        assertThat(lines()).containsExactly("task {}");
    }

    @Test
    void aThreadLocalIsCarriedLikewise() {
        ThreadLocal<String> first = new ThreadLocal<>();
        ThreadLocal<String> second = new ThreadLocal<>();
        List<String> seen = new ArrayList<>();
        try (var runner = runner(ContextAccessor.of(first), ContextAccessor.of(second))) {
            runner.run(() -> {
                first.set("1");
                spawn(() -> seen.add(first.get() + second.get())).await();
                second.set("2");
                first.remove();
                EventLoop.current().callSoon(() -> seen.add(first.get() + second.get()));
                yieldNow();
                assertThat(second.get()).isEqualTo("2");
            });
        }
        assertThat(seen).containsExactly("1null", "null2");
    }

    // --- an accessor that fails

    private static final class Failing implements ContextAccessor<String> {
        private boolean captures;
        private boolean restores;

        @Override
        public String capture() {
            if (captures) {
                throw new IllegalStateException("capture");
            }
            return "snapshot";
        }

        @Override
        public void restore(String snapshot) {
            if (restores) {
                throw new IllegalStateException("restore");
            }
        }

        @Override
        public void clear() {}
    }

    @Test
    void anAccessorThatFailsMeetsWhoeverSchedulesOrWhatWasToRun() {
        var failing = new Failing();
        List<String> seen = new ArrayList<>();
        try (var runner = runner(failing)) {
            runner.loop()
                    .setExceptionHandler((_, context) ->
                            seen.add("told: " + context.exception().getMessage()));
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                failing.captures = true;
                assertThatThrownBy(() -> loop.callSoon(() -> {})).hasMessage("capture");
                assertThatThrownBy(() -> spawn(() -> {})).hasMessage("capture");
                failing.captures = false;
                Task<?> task = spawn(() -> seen.add("never"));
                loop.callSoon(() -> seen.add("never"));
                failing.restores = true;
                yieldNow();
                failing.restores = false;
                loop.callSoon(() -> seen.add("the next one runs"));
                yieldNow();
                assertThatThrownBy(task::await).hasMessage("restore");
                assertThat(loop.allTasks()).hasSize(1);
            });
        }
        assertThat(seen).containsExactly("told: restore", "the next one runs");
    }
}
