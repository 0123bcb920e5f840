package dev.loop.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listening to a signal that this process sends to itself: WINCH, which harms nobody. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessSignalsTest {

    private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final Object signal = JvmSignals.signal("WINCH");
    private Object theJvms;

    @BeforeEach
    void remember() {
        theJvms = JvmSignals.install(signal, JvmSignals.handler(() -> heard.add("the program's")));
        JvmSignals.install(signal, theJvms);
    }

    @AfterEach
    void restore() {
        JvmSignals.install(signal, theJvms);
    }

    private ProcessSignals.Listener listener(String name, boolean takes) {
        return (got, _) -> {
            heard.add(name + " " + got);
            return takes;
        };
    }

    private static void send() throws Exception {
        String pid = Long.toString(ProcessHandle.current().pid());
        assertThat(new ProcessBuilder("kill", "-WINCH", pid).start().waitFor()).isZero();
    }

    private String next() throws InterruptedException {
        return heard.poll(30, TimeUnit.SECONDS);
    }

    /** A signal is handled by a thread of its own: only what is asked of a later one shows that nothing more has come. */
    private void assertSilent() {
        assertThat(heard).isEmpty();
    }

    @Test
    void whoListensByDefaultHearsWhatNobodyElseTakesUntilTheProgramHasTakenOneItself() throws Exception {
        try (var _ = ProcessSignals.listenByDefault(List.of("WINCH"), listener("default", true))) {
            send();
            assertThat(next()).isEqualTo("default WINCH");
            try (var _ = ProcessSignals.listen(List.of("WINCH"), listener("no use", false))) {
                send();
                assertThat(next()).isEqualTo("no use WINCH");
                assertThat(next()).isEqualTo("default WINCH");
            }
            send();
            assertThat(next()).isEqualTo("default WINCH");
            try (var _ = ProcessSignals.listen(List.of("sigwinch"), listener("listener", true))) {
                send();
                assertThat(next()).isEqualTo("listener WINCH");
            }
            send(); // goes to the system, which does nothing
            try (var _ = ProcessSignals.listen(List.of("WINCH"), listener("last", true))) {
                send();
                assertThat(next()).isEqualTo("last WINCH");
            }
            // the one for the system may have been on its way until then, and has met the last listener too: but not
            // the default
            assertThat(heard).allMatch("last WINCH"::equals);
        }
    }

    @Test
    void aProgramsOwnHandlerIsLeftAloneByDefault() throws Exception {
        Object own = JvmSignals.handler(() -> heard.add("the program's"));
        JvmSignals.install(signal, own);
        try (var _ = ProcessSignals.listenByDefault(List.of("WINCH", "KILL"), listener("default", true))) {
            send();
            assertThat(next()).isEqualTo("the program's");
        }
        assertThat(JvmSignals.install(signal, own)).isSameAs(own);
        assertSilent();
    }

    @Test
    void aHandlerThatTheProgramInstallsLaterStays() throws Exception {
        Object own = JvmSignals.handler(() -> heard.add("the program's"));
        try (var _ = ProcessSignals.listenByDefault(List.of("WINCH"), listener("default", true))) {
            JvmSignals.install(signal, own);
        }
        send();
        assertThat(next()).isEqualTo("the program's");
        assertThat(JvmSignals.install(signal, own)).isSameAs(own);
    }

    @Test
    void whatNobodyTakesGoesWhereItWentBefore() throws Exception {
        JvmSignals.install(signal, JvmSignals.handler(() -> heard.add("the program's")));
        try (var subscription = ProcessSignals.listen(List.of("WINCH"), listener("no use", false))) {
            send();
            assertThat(next()).isEqualTo("no use WINCH");
            assertThat(next()).isEqualTo("the program's");
            subscription.close(); // and again at the end
        }
    }

    @Test
    void aRefusedSignalLeavesNothingBehind() {
        Object own = JvmSignals.handler(() -> heard.add("the program's"));
        JvmSignals.install(signal, own);
        assertThatThrownBy(() -> ProcessSignals.listen(List.of("WINCH", "KILL"), listener("x", true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("KILL");
        assertThat(JvmSignals.install(signal, own)).isSameAs(own);
    }
}
