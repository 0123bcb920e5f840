package dev.loop.thread;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks between processes; the other process is a Python that uses fcntl. */
@Tag("unseeded") // real processes and locks of the system
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessLockTest {

    @TempDir
    Path dir;

    private Path file;
    private final List<String> order = new ArrayList<>();

    @BeforeEach
    void aFile() {
        file = dir.resolve("the.lock");
    }

    // --- in this program

    @Test
    void tasksHaveItOneAfterAnotherInTheirOrder() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 20; i++) {
                String n = "" + i;
                tasks.add(spawn(() -> {
                    try (var _ = lock.acquire().await()) {
                        order.add(n);
                        yieldNow();
                        order.add(n);
                    }
                }));
            }
            gather(tasks).await();
            for (int i = 0; i < 40; i++) {
                assertThat(order.get(i)).isEqualTo("" + i / 2);
            }
            settled(lock);
            assertThat(lock.statistics()).isEqualTo(new ProcessLock.Statistics(0, 0, 20, 0));
        });
    }

    @Test
    void loopsOfOneProgramExcludeEachOtherToo() throws InterruptedException {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var rounds = new AtomicInteger();
        Runnable program = () -> EventLoop.run(() -> {
            var lock = new ProcessLock(file);
            for (int i = 0; i < 50; i++) {
                try (var _ = lock.acquire().await()) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    yieldNow();
                    inside.decrementAndGet();
                    rounds.incrementAndGet();
                }
            }
        });
        var threads =
                List.of(Thread.ofPlatform().start(program), Thread.ofPlatform().start(program));
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most.get()).isEqualTo(1);
        assertThat(rounds.get()).isEqualTo(100);
    }

    @Test
    void aTryDoesNotWaitForOthersOfThisProgram() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            var link = Files.createSymbolicLink(dir.resolve("link"), file);
            var held = lock.tryAcquire().await();
            assertThat(held).isNotNull();
            assertThat(lock.tryAcquire().await()).isNull();
            assertThat(new ProcessLock(link).tryAcquire().await())
                    .as("the same file")
                    .isNull();
            assertThat(lock.shared().tryAcquire().await()).isNull();
            held.release().await();
            held.close(); // harmless
            try (var again = new ProcessLock(link).tryAcquire().await()) {
                assertThat(again).isNotNull();
            }
        });
    }

    @Test
    void theTimeOutNamesWhoHoldsItHere() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            EventLoop loop = EventLoop.current();
            Promise<String> done = loop.promise();
            Task<?> holder = spawn("the holder", () -> {
                try (var _ = lock.acquire().await()) {
                    done.await();
                }
            });
            while (lock.statistics().holders() == 0) {
                yieldNow();
            }
            assertThatThrownBy(lock.acquire(Duration.ofHours(1))::await) // of virtual time
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("the.lock")
                    .hasMessageContaining("PT1H")
                    .hasMessageContaining("the holder of test-loop");
            assertThat(lock.statistics()).isEqualTo(new ProcessLock.Statistics(1, 0, 1, 1));
            done.complete("done");
            holder.await();
        });
    }

    @Test
    void manyShareItAndNobodyOvertakes() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            var one = lock.shared().acquire().await();
            var two = lock.shared().acquire().await();
            var probe = lock.shared();
            Future<ProcessLock.Held> exclusive = lock.acquire();
            until(() -> lock.statistics().waiting() == 1);
            Future<ProcessLock.Held> late = lock.shared().acquire();
            until(() -> lock.statistics().waiting() == 2);
            assertThat(probe.tryAcquire().await()).as("nor does a try").isNull();
            one.release().await();
            assertThat(isFree(true)).as("the system's lock is still there").isFalse();
            assertThat(isFree(false)).as("for others to share").isTrue();
            two.release().await();
            var held = exclusive.await();
            assertThat(isFree(false)).isFalse();
            assertThat(late.isDone()).isFalse();
            held.close();
            late.await().release().await();
            assertThat(isFree(true)).isTrue();
        });
    }

    @Test
    void whoSharesGoesInWhenTheWriterBeforeGivesUp() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            var one = lock.shared().acquire().await();
            Future<ProcessLock.Held> exclusive = lock.acquire();
            until(() -> lock.statistics().waiting() == 1);
            Future<ProcessLock.Held> two = lock.shared().acquire();
            Future<ProcessLock.Held> three = lock.shared().acquire();
            until(() -> lock.statistics().waiting() == 3);
            assertThat(exclusive.cancel()).isTrue();
            two.await().close(); // the first one is still held
            three.await().close();
            one.release().await();
            settled(lock);
            assertThat(isFree(true)).isTrue();
        });
    }

    @Test
    void aFileThatIsDeletedIsMadeAgain() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            for (int i = 0; i < 2; i++) {
                var held = lock.acquire().await();
                Files.delete(file); // also while it is held
                held.release().await();
                assertThat(lock.statistics().holders()).isZero();
            }
            try (var _ = lock.acquire().await()) {
                assertThat(isFree(true)).isFalse();
            }
        });
    }

    @Test
    void aLockThatNobodyHasReadGoesBack() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            Future<ProcessLock.Held> granted = lock.acquire();
            until(granted::isDone);
            assertThat(granted.cancel()).isTrue();
            settled(lock);
            assertThat(isFree(true)).isTrue();
        });
    }

    // --- between processes

    @Test
    void anotherProcessIsWaitedForAndExcluded() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            try (var other = new Other(file)) {
                assertThat(lock.tryAcquire().await()).isNull();
                Future<ProcessLock.Held> wait = lock.acquire();
                until(() -> lock.statistics().waiting() == 1);
                assertThat(wait.isDone()).isFalse();
                other.release();
                var held = wait.await();
                assertThat(isFree(true)).isFalse();
                held.release().await();
                assertThat(isFree(true)).isTrue();
            }
        });
    }

    @Test
    void aProcessThatIsKilledLeavesNoLock() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            try (var other = new Other(file)) {
                Future<ProcessLock.Held> wait = lock.acquire();
                other.process.destroyForcibly();
                wait.await().release().await();
            }
        });
    }

    @Test
    void aTimeOutLeavesNoLockAndNamesTheOwner() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            try (var other = new Other(file)) {
                Files.writeString(file, "pid 4711, a test");
                assertThatThrownBy(lock.acquire(Duration.ofMillis(20))::await)
                        .isInstanceOf(TimeoutException.class)
                        .hasMessageContaining("its file says: pid 4711, a test");
                Future<ProcessLock.Held> cancelled = lock.acquire();
                until(() -> lock.statistics().waiting() == 1);
                cancelled.cancel("enough");
                assertThatThrownBy(cancelled::await).isInstanceOf(CancelledException.class);
                other.release();
            }
            settled(lock);
            assertThat(lock.statistics()).isEqualTo(new ProcessLock.Statistics(0, 0, 0, 1));
            assertThat(isFree(true)).isTrue();
            try (var again = lock.acquire(Duration.ofMinutes(1)).await()) {
                assertThat(again).isNotNull();
            }
        });
    }

    @Test
    void theOwnerWritesItsProcessIdAndTakesItAway() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file).withOwner();
            Files.writeString(file, "a former owner that was killed, and had much to say for itself");
            var held = spawn("main task", () -> lock.acquire().await()).await();
            // a cat is another process: reading the file here would release the lock
            var cat = new ProcessBuilder("cat", file.toString()).start();
            assertThat(Threads.run(() -> new String(cat.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .await())
                    .isEqualTo("pid " + ProcessHandle.current().pid() + ", main task of test-loop\n");
            held.release().await();
            assertThat(file).isEmptyFile();
        });
    }

    @Test
    void whoHasNoTimeAsksOnce() {
        TestLoop.run(() -> {
            var lock = new ProcessLock(file);
            var held = lock.acquire(Duration.ZERO).await();
            assertThatThrownBy(lock.acquire(Duration.ZERO)::await).isInstanceOf(TimeoutException.class);
            held.release().await();
            try (var other = new Other(file)) {
                assertThatThrownBy(lock.acquire(Duration.ofSeconds(-1))::await).isInstanceOf(TimeoutException.class);
                other.release();
            }
            assertThat(lock.statistics()).isEqualTo(new ProcessLock.Statistics(0, 0, 1, 2));
        });
    }

    @Test
    void theCloseOfALoopReleasesWhatItsCodeHolds() {
        EventLoop.run(() -> {
            new ProcessLock(file).acquire().await(); // and forgotten
        });
        TestLoop.run(() -> {
            assertThat(isFree(true)).isTrue();
            try (var held = new ProcessLock(file).tryAcquire().await()) {
                assertThat(held).isNotNull();
            }
        });
    }

    // --- what is wrong

    @Test
    void aFileThatCannotBeUsedIsNamed() {
        TestLoop.run(() -> {
            Path nowhere = dir.resolve("no/such/dir/the.lock");
            assertThatThrownBy(new ProcessLock(nowhere).acquire()::await)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(nowhere.toString());
            assertThatThrownBy(new ProcessLock(dir).acquire()::await).isInstanceOf(UncheckedIOException.class);
        });
    }

    @Test
    void aLockOfOtherCodeInThisProgramIsToldFromOneOfOurs() {
        TestLoop.run(() -> {
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                assertThatThrownBy(new ProcessLock(file).acquire()::await)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("without a ProcessLock");
            }
        });
    }

    // --- all of it

    @Test
    @Tag("scaled")
    void chaos() {
        int rounds = Boolean.getBoolean("loop.stress") ? 200 : 10;
        for (int seed = 0; seed < rounds; seed++) {
            var random = new Random(seed);
            TestLoop.run(() -> chaos(random));
        }
    }

    private void chaos(Random random) {
        var lock = new ProcessLock(file);
        var shared = lock.shared();
        var inside = new int[2]; // readers, writers
        var tasks = new ArrayList<Task<?>>();
        for (int i = 0; i < 30; i++) {
            boolean share = random.nextBoolean();
            boolean tries = random.nextInt(4) == 0;
            tasks.add(spawn(() -> {
                var l = share ? shared : lock;
                try (var held = (tries ? l.tryAcquire() : l.acquire()).await()) {
                    if (held == null) {
                        return;
                    }
                    inside[share ? 0 : 1]++;
                    try {
                        assertThat(inside[1]).isLessThanOrEqualTo(1);
                        assertThat(inside[0] == 0 || inside[1] == 0).isTrue();
                        yieldNow();
                    } finally {
                        inside[share ? 0 : 1]--;
                    }
                }
            }));
            for (int c = random.nextInt(3); c > 0; c--) {
                tasks.get(random.nextInt(tasks.size())).cancel("chaos");
            }
            if (random.nextBoolean()) {
                Threads.run(Thread::yield).await();
            }
        }
        for (Task<?> task : tasks) {
            task.join().await();
            assertThat(task.isCancelled() || task.exception() == null).isTrue();
        }
        settled(lock);
        assertThat(inside).containsExactly(0, 0);
    }

    // --- how

    /** Until the system's part of what was let go is done. */
    private static void settled(ProcessLock lock) {
        until(() -> lock.statistics().holders() + lock.statistics().waiting() == 0
                && EventLoop.current().externalWork() == 0);
    }

    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Threads.run(() -> LockSupport.parkNanos(200_000)).await(); // a turn, and a rest for the other processes
        }
    }

    /** Whether another process could have it now. */
    private boolean isFree(boolean exclusive) throws IOException {
        var probe = new ProcessBuilder("python3", "-c", """
                        import fcntl, sys
                        f = open(sys.argv[1], 'r+')
                        try:
                            fcntl.lockf(f, (fcntl.LOCK_EX if sys.argv[2] == 'true' else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                        except OSError:
                            sys.exit(9)
                        """, file.toString(), "" + exclusive).start();
        int code = Threads.run(() -> probe.waitFor()).await();
        assertThat(code).isIn(0, 9);
        return code == 0;
    }

    /** Another process that has the lock until it is told to let go. */
    private static final class Other implements AutoCloseable {
        final Process process;

        Other(Path file) throws IOException {
            process = new ProcessBuilder("python3", "-c", """
                            import fcntl, sys
                            f = open(sys.argv[1], 'a+')
                            fcntl.lockf(f, fcntl.LOCK_EX)
                            print('locked', flush=True)
                            sys.stdin.read()
                            """, file.toString()).start();
            assertThat(Threads.run(() -> process.inputReader().readLine()).await())
                    .isEqualTo("locked");
        }

        void release() throws IOException {
            process.outputWriter().close();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
