package dev.loop.io.os;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Waiting for signals that this process sends to itself: WINCH and CONT, which harm nobody. */
@Tag("both-engines")
class SignalsTest {

    /** What the test has installed before Loop: what must be there again afterwards. */
    private final LinkedBlockingQueue<String> before = new LinkedBlockingQueue<>();

    private final Map<String, Object> ours = new HashMap<>();
    private final Map<String, Object> theJvms = new HashMap<>();

    @BeforeEach
    void installHandlers() throws Exception {
        for (String name : List.of("WINCH", "CONT")) {
            Object handler = RawSignals.handler(() -> before.add(name));
            ours.put(name, handler);
            theJvms.put(name, RawSignals.install(name, handler));
        }
    }

    @AfterEach
    void restoreHandlers() throws Exception {
        for (var handler : theJvms.entrySet()) {
            RawSignals.install(handler.getKey(), handler.getValue());
        }
    }

    private static void send(String signal) throws Exception {
        var kill = new ProcessBuilder(
                "kill", "-" + signal, Long.toString(ProcessHandle.current().pid()));
        assertThat(kill.start().waitFor()).isZero();
    }

    private static void sendFromTask(String signal) {
        toThread(() -> {
                    send(signal);
                    return null;
                })
                .await();
    }

    /** What was installed before gets the signal again. */
    private void assertRestored(String signal) throws Exception {
        assertThat(before).isEmpty();
        send(signal);
        assertThat(before.poll(30, TimeUnit.SECONDS)).isEqualTo(signal);
        Object handler = ours.get(signal);
        assertThat(RawSignals.install(signal, handler)).isSameAs(handler);
    }

    @Test
    void aSignalEndsTheWaitAndIsRestored() throws Exception {
        EventLoop.run(() -> {
            Future<String> signal = Signals.next("WINCH", "SIGCONT");
            sendFromTask("CONT");
            assertThat(signal.await()).isEqualTo("CONT");
        });
        assertRestored("WINCH");
        assertRestored("CONT");
    }

    @Test
    void aSignalWakesALoopThatSleeps() throws Exception {
        EventLoop.run(() -> {
            Task<String> waiting = spawn(() -> Signals.next("winch").await());
            yieldNow();
            Thread.ofPlatform().start(() -> {
                try {
                    send("WINCH");
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(waiting.await()).isEqualTo("WINCH");
        });
        assertRestored("WINCH");
    }

    @Test
    void oneSignalEndsAllWaitsForIt() throws Exception {
        EventLoop.run(() -> {
            var waits = List.of(Signals.next("WINCH"), Signals.next("CONT", "WINCH"), Signals.next("WINCH"));
            Future<String> other = Signals.next("CONT");
            sendFromTask("WINCH");
            for (Future<String> wait : waits) {
                assertThat(wait.await()).isEqualTo("WINCH");
            }
            assertThat(other.isDone()).isFalse();
            sendFromTask("CONT");
            assertThat(other.await()).isEqualTo("CONT");
        });
        assertRestored("WINCH");
        assertRestored("CONT");
    }

    @Test
    void aWaitThatIsCancelledRestoresToo() throws Exception {
        EventLoop.run(() -> {
            Task<String> waiting = spawn(() -> Signals.next("WINCH").await());
            yieldNow();
            waiting.cancel();
            assertThatThrownBy(waiting::await).isInstanceOf(CancelledException.class);
            yieldNow();
        });
        assertRestored("WINCH");
    }

    @Test
    void theOthersGoOnWaitingWhenOneIsCancelled() throws Exception {
        EventLoop.run(() -> {
            Future<String> cancelled = Signals.next("WINCH");
            Future<String> waiting = Signals.next("WINCH");
            cancelled.cancel();
            yieldNow();
            sendFromTask("WINCH");
            assertThat(waiting.await()).isEqualTo("WINCH");
        });
        assertRestored("WINCH");
    }

    @Test
    void theEndOfTheLoopRestores() throws Exception {
        EventLoop.run(() -> {
            spawn(() -> Signals.next("WINCH").await());
            yieldNow();
        });
        assertRestored("WINCH");
    }

    @Test
    void aWaitThatNobodyEndedWithItsLoopSwallowsNothing() throws Exception {
        var forgotten = new ArrayList<Future<String>>();
        EventLoop.run(() -> forgotten.add(Signals.next("WINCH")));
        send("WINCH");
        assertThat(before.poll(30, TimeUnit.SECONDS)).isEqualTo("WINCH");
        assertRestored("WINCH");
    }

    @Test
    void severalLoopsMayWaitForOneSignal() throws Exception {
        var got = new LinkedBlockingQueue<String>();
        var ready = new LinkedBlockingQueue<String>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform()
                    .start(() -> EventLoop.run(() -> {
                        Future<String> signal = Signals.next("WINCH");
                        ready.add("ready");
                        got.add(signal.await());
                    })));
        }
        ready.take();
        ready.take();
        send("WINCH");
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(got).containsExactly("WINCH", "WINCH");
        assertRestored("WINCH");
    }

    @Test
    void whatNobodyCanWaitForIsRefusedByName() throws Exception {
        EventLoop.run(() -> {
            for (String name : List.of("KILL", "STOP", "SEGV", "QUIT")) {
                assertThatThrownBy(() -> Signals.next("WINCH", name))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("the signal " + name)
                        .hasMessageContaining("keeps it for itself");
            }
            assertThatThrownBy(() -> Signals.next("NONSENSE"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no signal 'NONSENSE'")
                    .hasMessageContaining("INT");
            assertThatThrownBy(Signals::next)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least one");
        });
        assertRestored("WINCH"); // a refused wait leaves nothing behind
    }

    @Test
    void outsideOfALoopNobodyWaits() {
        assertThatThrownBy(() -> Signals.next("WINCH")).isInstanceOf(IllegalStateException.class);
    }
}
