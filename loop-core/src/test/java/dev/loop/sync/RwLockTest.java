package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitOn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One writer or many readers. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RwLockTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private Task<?> reader(RwLock lock, String name) {
        return spawn(name, () -> {
            try (var _ = lock.read().await()) {
                stay(name);
            }
        });
    }

    private Task<?> writer(RwLock lock, String name) {
        return spawn(name, () -> {
            try (var _ = lock.write().await()) {
                stay(name);
            }
        });
    }

    private void stay(String name) {
        order.add(name + " " + Duration.ofNanos(EventLoop.current().time()).toSeconds());
        sleep(SECOND).await();
    }

    @Test
    void readersGoTogetherUpToTheNextWriterAndWritersAlone() {
        TestLoop.run(() -> {
            var lock = new RwLock();
            waitOn(List.of(
                            reader(lock, "r1"),
                            reader(lock, "r2"),
                            writer(lock, "w1"),
                            reader(lock, "r3"),
                            reader(lock, "r4"),
                            writer(lock, "w2"),
                            writer(lock, "w3")))
                    .await();
            assertThat(order).containsExactly("r1 0", "r2 0", "w1 1", "r3 2", "r4 2", "w2 3", "w3 4");
        });
    }

    @Test
    void aStreamOfReadersDoesNotStarveAWriter() {
        TestLoop.run(() -> {
            var lock = new RwLock();
            RwLock.Held first = lock.read().await();
            Future<RwLock.Held> writer = lock.write();
            Future<RwLock.Held> late = lock.read();
            assertThat(lock.tryRead()).isNull();
            assertThat(late.isDone()).isFalse();
            first.close();
            assertThat(writer.isDone()).isTrue();
            assertThat(late.isDone()).isFalse();
            writer.await().close();
            late.await().close();
        });
    }

    @Test
    void aWriterThatGivesUpLetsInTheReadersBehindIt() {
        TestLoop.run(() -> {
            var lock = new RwLock();
            RwLock.Held first = lock.read().await();
            Future<RwLock.Held> writer = lock.write();
            Future<RwLock.Held> late = lock.read();
            writer.cancel();
            assertThat(late.isDone()).isTrue();
            assertThat(lock.readers()).isEqualTo(2);
            first.close();
        });
    }

    @Test
    void aWriterBecomesAReaderWithoutAnotherWriterInBetween() {
        TestLoop.run(() -> {
            var lock = new RwLock();
            RwLock.Held held = lock.write().await();
            Future<RwLock.Held> reader = lock.read();
            Future<RwLock.Held> writer = lock.write();
            assertThat(held.isWrite()).isTrue();
            held.downgrade();
            assertThat(reader.isDone()).isTrue();
            assertThat(writer.isDone()).isFalse();
            assertThat(lock.readers()).isEqualTo(2);
            assertThatIllegalStateException()
                    .isThrownBy(held::downgrade)
                    .withMessageContaining("held for reading: RwLock[2 reading, 1 waiting on test-loop]");
            reader.await().close();
            held.close();
            held.close();
            assertThat(writer.await().isWrite()).isTrue();
            writer.result().close();
            assertThatIllegalStateException()
                    .isThrownBy(() -> writer.result().downgrade())
                    .withMessageContaining("released");
        });
    }

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            var lock = new RwLock();
            assertThat(lock).hasToString("RwLock[free, 0 waiting on test-loop]");
            RwLock.Held held = lock.tryWrite();
            assertThat(held).isNotNull();
            Future<RwLock.Held> reader = lock.read();
            Future<RwLock.Held> writer = lock.write();
            RwLock.Statistics statistics = lock.statistics();
            assertThat(statistics).isEqualTo(new RwLock.Statistics(0, true, 1, 1, statistics.held()));
            assertThat(statistics.held().getFirst().task()).isSameAs(currentTask());
            assertThat(lock.holders()).containsExactly(currentTask());
            assertThat(lock).hasToString("RwLock[written, 2 waiting on test-loop]");
            assertThat(lock.isWriteLocked()).isTrue();
            reader.cancel();
            writer.cancel();
            held.close();
        });
    }
}
