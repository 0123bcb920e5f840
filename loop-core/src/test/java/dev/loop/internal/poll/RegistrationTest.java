package dev.loop.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels that are registered, refused and let go. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegistrationTest {

    private static final long LONG = Duration.ofSeconds(15).toNanos();

    private final SelectorPoller poller = new SelectorPoller();
    private final List<Pipe> pipes = new ArrayList<>();
    private final List<Integer> events = new ArrayList<>();
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        pipe = newPipe();
    }

    private Pipe newPipe() throws IOException {
        Pipe p = Pipe.open();
        p.source().configureBlocking(false);
        p.sink().configureBlocking(false);
        pipes.add(p);
        return p;
    }

    @AfterEach
    void close() throws IOException {
        poller.close();
        for (Pipe p : pipes) {
            p.source().close();
            p.sink().close();
        }
    }

    private static void fill(Pipe p) throws IOException {
        p.sink().write(ByteBuffer.allocate(1));
    }

    @Test
    void aCancelledRegistrationIsNotToldAndDoesNothingMore() throws IOException {
        Registration registration = poller.register(pipe.source(), Interest.READ, events::add);
        assertThat(registration.isValid()).isTrue();
        assertThat(poller.registrations()).isEqualTo(1);
        fill(pipe);
        registration.cancel();
        registration.cancel();
        registration.interest(Interest.READ);
        poller.poll(0);
        assertThat(events).isEmpty();
        assertThat(registration.isValid()).isFalse();
        assertThat(registration.interest()).isZero();
        assertThat(poller.registrations()).isZero();
        assertThat(pipe.source().isOpen()).isTrue();
    }

    @Test
    void aClosedChannelIsNoRegistrationAnyMore() throws IOException {
        Registration registration = poller.register(pipe.source(), Interest.READ, events::add);
        pipe.source().close();
        assertThat(registration.isValid()).isFalse();
        registration.interest(Interest.READ);
        registration.cancel();
        poller.poll(0);
        assertThat(poller.registrations()).isZero();
        assertThat(events).isEmpty();
    }

    @Test
    void aChannelMayBeRegisteredAgainAfterTheNextPoll() throws IOException {
        poller.register(pipe.source(), Interest.READ, _ -> events.add(-1)).cancel();
        poller.poll(0);
        poller.register(pipe.source(), Interest.READ, events::add);
        fill(pipe);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void aChannelThatWasLetGoMayBeRegisteredAgainAtOnce() throws IOException {
        poller.register(pipe.source(), Interest.READ, _ -> events.add(-1)).cancelNow();
        poller.register(pipe.source(), Interest.READ, events::add);
        fill(pipe);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void lettingGoLosesNoReadinessOfOthers() throws IOException {
        Pipe second = newPipe();
        poller.register(pipe.source(), Interest.READ, events::add);
        Registration gone = poller.register(second.source(), Interest.READ, _ -> events.add(-1));
        fill(pipe);
        fill(second);
        gone.cancelNow();
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void theKeyIsThereForWhoInsists() {
        Registration registration = poller.register(pipe.source(), Interest.READ, events::add);
        assertThat(registration.unwrap(SelectionKey.class).channel()).isSameAs(pipe.source());
        assertThat(registration.unwrap(String.class)).isNull();
        assertThat(registration.toString()).contains("interest 1");
    }

    // --- refusals

    @Test
    void aChannelInBlockingModeIsRefused() throws IOException {
        pipe.source().configureBlocking(true);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> poller.register(pipe.source(), Interest.READ, events::add))
                .withMessageContaining("configureBlocking(false)");
    }

    @Test
    void anInterestThatTheChannelCannotHaveIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> poller.register(pipe.source(), Interest.WRITE, events::add));
    }

    @Test
    void aClosedChannelIsRefused() throws IOException {
        pipe.source().close();
        assertThatThrownBy(() -> poller.register(pipe.source(), Interest.READ, events::add))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot be registered");
    }

    @Test
    void aChannelThatIsRegisteredAlreadyIsRefusedAndKeepsItsHandler() throws IOException {
        poller.register(pipe.source(), Interest.READ, events::add);
        assertThatIllegalStateException()
                .isThrownBy(() -> poller.register(pipe.source(), Interest.READ, _ -> events.add(-1)))
                .withMessageContaining("registered");
        fill(pipe);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }
}
