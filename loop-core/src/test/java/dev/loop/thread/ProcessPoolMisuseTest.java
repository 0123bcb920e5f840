package dev.loop.thread;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.testing.TestLoop;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What jobs should not do, and what becomes of the pool then. */
@Tag("unseeded") // real processes: what orders them is the system
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessPoolMisuseTest {

    private static final long HERE = ProcessHandle.current().pid();

    @TempDir
    Path dir;

    private static ProcessPoolBuilder children(int size) {
        return ProcessPool.builder().size(size).jvmOptions("-XX:TieredStopAtLevel=1");
    }

    // --- results and failures

    /** Can be read in a child only, or nowhere. */
    static final class Unreadable implements Serializable {
        private static final long serialVersionUID = 1L;
        private final int how;

        Unreadable(int how) {
            this.how = how;
        }

        private void readObject(ObjectInputStream in) throws Exception {
            in.defaultReadObject();
            switch (how) {
                case 0 -> throw new NoClassDefFoundError("dev/loop/Missing");
                case 1 -> throw new IllegalArgumentException("no such value");
                case 2 -> recurse(0);
                default -> {}
            }
        }

        private int recurse(int n) {
            return n < 0 ? 0 : 1 + recurse(n + 1);
        }
    }

    @Test
    void aResultThatCannotBeReadHereIsAFailureOfTheJobAndNotOfTheLoop() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                for (int how = 0; how < 3; how++) {
                    int h = how;
                    assertThatThrownBy(pool.submit(() -> new Unreadable(h))::await)
                            .isInstanceOf(JobSerializationException.class)
                            .hasMessageContaining("result");
                }
                assertThat(pool.submit(() -> 1).await()).isEqualTo(1);
                assertThat(pool.statistics().started()).isEqualTo(1);
            }
        });
    }

    /** Cannot even say what it is. */
    static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final Jobs.NotForAWire field = new Jobs.NotForAWire();

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message " + field.value);
        }
    }

    @Test
    void anExceptionThatCannotSayWhatItIsComesOverAllTheSame() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Throwable error = catchThrowable(pool.submit(() -> {
                    throw new Mute();
                })::await);
                assertThat(error).isInstanceOf(ChildFailureException.class).hasMessageContaining(Mute.class.getName());
                assertThat(pool.submit(() -> 1).await()).isEqualTo(1);
                assertThat(pool.statistics().started()).isEqualTo(1);
            }
        });
    }

    @Test
    void aJobThatIsTooDeepToSerializeIsRefused() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                var deep = new ArrayList<Object>();
                for (int i = 0; i < 100_000; i++) {
                    deep = new ArrayList<>(List.of(deep));
                }
                var list = deep;
                assertThatThrownBy(() -> pool.submit(() -> list.size())).isInstanceOf(JobSerializationException.class);
            }
        });
    }

    // --- output

    @Test
    void aListenerThatFailsWithAnErrorIsToldTheNextLineAllTheSame() {
        var three = new CountDownLatch(3);
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .output((_, line) -> {
                        if (line.endsWith("!")) {
                            three.countDown();
                        }
                        throw new AssertionError("a listener that fails");
                    })
                    .build()) {
                int printed = pool.submit(() -> {
                            for (int i = 0; i < 3; i++) {
                                System.err.println("x".repeat(70_000) + "!"); // more than the pipe holds
                            }
                            return 3;
                        })
                        .await();
                assertThat(printed).isEqualTo(3);
                three.await();
            }
        });
    }

    @Test
    void aLineWithoutAnEndComesInPieces() {
        var longest = new int[1];
        var total = new long[1];
        var all = new CountDownLatch(1);
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .output((_, line) -> {
                        longest[0] = Math.max(longest[0], line.length());
                        total[0] += line.length();
                        if (line.endsWith("!")) {
                            all.countDown();
                        }
                    })
                    .build()) {
                int printed = pool.submit(() -> {
                            for (int i = 0; i < 100; i++) {
                                System.err.print("x".repeat(10_000));
                            }
                            System.err.println("!");
                            return 1;
                        })
                        .await();
                assertThat(printed).isEqualTo(1);
                all.await();
            }
        });
        assertThat(total[0]).isEqualTo(1_000_001);
        assertThat(longest[0]).isLessThanOrEqualTo(10_000);
    }

    @Test
    void whatIsPrintedIsReadInTheEncodingInWhichItIsWritten() {
        var lines = new ConcurrentLinkedQueue<String>();
        var two = new CountDownLatch(2);
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .output((_, line) -> {
                        lines.add(line);
                        two.countDown();
                    })
                    .build()) {
                pool.submit(() -> {
                            System.out.println("Grüße");
                            System.err.println("от ребёнка");
                            return 1;
                        })
                        .await();
                two.await();
            }
        });
        assertThat(lines).containsExactly("Grüße", "от ребёнка");
    }

    // --- processes of jobs

    @Test
    void aJobWhoseOwnProcessHoldsThePipesCanBeCancelled() throws Exception {
        Path sign = dir.resolve("sign");
        String file = sign.toString();
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Future<Integer> job = pool.submit(() -> {
                    var process = new ProcessBuilder("sleep", "600").inheritIO().start();
                    Files.writeString(Path.of(file + ".part"), "" + process.pid());
                    Files.move(Path.of(file + ".part"), Path.of(file));
                    return process.waitFor();
                });
                while (!Files.exists(sign)) {
                    Threads.run(() -> Thread.sleep(1)).await();
                }
                job.cancel("enough");
                assertThatThrownBy(job::await).isInstanceOf(CancelledException.class);
                assertThat(pool.submit(() -> 1).await()).isEqualTo(1);
            } finally {
                ProcessHandle.of(Long.parseLong(Files.readString(sign))).ifPresent(ProcessHandle::destroyForcibly);
            }
        });
    }

    // --- settings

    @Test
    void aNegativeIdleTimeOutIsRefused() {
        assertThatThrownBy(() -> ProcessPool.builder().idleTimeout(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-1S");
    }

    @Test
    void withAnIdleTimeOutOfZeroEachJobHasAChildOfItsOwn() {
        TestLoop.run(() -> {
            try (var pool = children(1).idleTimeout(Duration.ZERO).build()) {
                long one = pool.submit(Jobs.pid()).await();
                sleep(Duration.ofMillis(1)).await();
                assertThat(pool.statistics().children()).isZero();
                assertThat(one).isNotEqualTo(HERE);
            }
        });
    }
}
