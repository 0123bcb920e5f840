package dev.loop.thread;

import static dev.loop.Async.gather;
import static dev.loop.Async.gatherResults;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Result;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs in child processes, which are real ones. */
@Tag("unseeded") // real processes: what orders them is the system
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessPoolTest {

    /** Most children of these tests live for a moment: what they run is not worth a second compiler. */
    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    @TempDir
    Path dir;

    private static ProcessPoolBuilder children(int size) {
        return ProcessPool.builder().size(size).jvmOptions(QUICK);
    }

    // --- jobs

    @Test
    void jobsAndTheirResultsGoThereAndBack() {
        TestLoop.run(() -> {
            try (var pool = children(2).build()) {
                int base = 40;
                assertThat(pool.submit(() -> base + 2).await()).isEqualTo(42);
                assertThat(pool.submit(() -> null).await()).isNull();
                long child = pool.submit(Jobs.pid()).await();
                assertThat(child).isNotEqualTo(ProcessHandle.current().pid());
                assertThat(pool.statistics())
                        .isEqualTo(new ProcessPool.Statistics(2, 1, 1, 0, 0, 1, 3, 0)); // one child was enough

                byte[] large = new byte[10 << 20];
                new Random(7).nextBytes(large);
                byte[] back = pool.submit(() -> {
                            byte[] reversed = large.clone();
                            reversed[0]++;
                            return reversed;
                        })
                        .await();
                large[0]++;
                assertThat(Arrays.equals(back, large)).isTrue();

                assertThat(EventLoop.current().externalWork()).isZero();
                sleep(Duration.ofHours(1)).await(); // an idle child does not keep time from jumping
            }
        });
    }

    @Test
    @Tag("scaled")
    void manySmallJobsOverTwoChildren() {
        int count = Boolean.getBoolean("loop.stress") ? 10_000 : 200;
        TestLoop.run(() -> {
            try (var pool = children(2).build()) {
                var jobs = new ArrayList<Future<Integer>>();
                for (int i = 0; i < count; i++) {
                    int n = i;
                    jobs.add(pool.submit(() -> n * 2));
                }
                assertThat(pool.statistics().waiting()).isEqualTo(count - 2);
                assertThat(gather(jobs).await())
                        .containsExactlyElementsOf(IntStream.range(0, count)
                                .map(i -> i * 2)
                                .boxed()
                                .toList());
                assertThat(pool.statistics().started()).isEqualTo(2);
            }
        });
    }

    @Test
    void aMapKeepsTheOrderAndTakesItemsAsItGoes() {
        TestLoop.run(() -> {
            try (var pool = children(2).build()) {
                var most = new int[1];
                Iterable<Integer> items = () -> IntStream.range(0, 40)
                        .peek(_ -> most[0] = Math.max(
                                most[0],
                                pool.statistics().running() + pool.statistics().waiting()))
                        .iterator();
                assertThat(pool.map(items, n -> n + 0.5).await())
                        .containsExactlyElementsOf(
                                IntStream.range(0, 40).mapToObj(n -> n + 0.5).toList());
                assertThat(most[0]).isBetween(1, 4);

                var failure = catchThrowable(pool.map(List.of(1, 2, 0, 3, 4, 5, 6, 7), n -> 10 / n)::await);
                assertThat(failure).isInstanceOf(ArithmeticException.class);
                assertThat(pool.statistics().running() + pool.statistics().waiting())
                        .as("left under way")
                        .isZero();
                assertThat(pool.map(List.<Integer>of(), n -> n).await()).isEmpty();
            }
        });
    }

    @Test
    void theJobIsSentAsItIsWhenItIsSubmitted() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                var list = new ArrayList<>(List.of("first"));
                Future<Integer> size = pool.submit(() -> list.size());
                list.add("second");
                assertThat(size.await()).isEqualTo(1);
            }
        });
    }

    // --- failures

    @Test
    void whatAJobThrowsIsThrownHereWithTheStackOfThere() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Throwable error = catchThrowable(pool.submit(() -> {
                    throw new IllegalArgumentException("bad", new FileNotFoundException("cause"));
                })::await);
                long pid = pool.submit(Jobs.pid()).await();
                assertThat(error)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("bad")
                        .hasCauseInstanceOf(FileNotFoundException.class);
                assertThat(error.getStackTrace()[0].toString())
                        .startsWith("child " + pid + "//" + ProcessPoolTest.class.getName());
                assertThat(error.getCause().getStackTrace()[0].toString()).startsWith("child " + pid);
                assertThat(Arrays.stream(error.getStackTrace()).map(StackTraceElement::toString))
                        .as("and where it was submitted")
                        .anyMatch(line -> line.startsWith(ProcessPool.class.getName() + ".submit"))
                        .anyMatch(line -> line.startsWith(ProcessPoolTest.class.getName()));

                assertThatThrownBy(pool.submit(() -> {
                            throw new FileNotFoundException("checked");
                        })::await)
                        .isInstanceOf(CompletionException.class)
                        .hasCauseInstanceOf(FileNotFoundException.class);
                assertThatThrownBy(pool.submit(() -> {
                            throw new AssertionError("an error");
                        })::await)
                        .isInstanceOf(AssertionError.class)
                        .hasMessage("an error");
                assertThat(pool.statistics().started())
                        .as("none of it harms the child")
                        .isEqualTo(1);
            }
        });
    }

    @Test
    void whatIsNotSerializableIsNamed() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                var captured = new Jobs.NotForAWire();
                assertThatThrownBy(() -> pool.submit(() -> captured.value))
                        .isInstanceOf(JobSerializationException.class)
                        .hasMessageContaining(Jobs.NotForAWire.class.getName());
                var stubborn = new Jobs.Stubborn();
                assertThatThrownBy(() -> pool.submit(() -> stubborn.hashCode()))
                        .isInstanceOf(JobSerializationException.class)
                        .hasMessageContaining("not today");
                assertThatThrownBy(pool.submit(() -> new Jobs.NotForAWire())::await)
                        .isInstanceOf(JobSerializationException.class)
                        .hasMessageContaining("result")
                        .hasMessageContaining(Jobs.NotForAWire.class.getName());
                Throwable error = catchThrowable(pool.submit(() -> {
                    throw new Jobs.Unsendable("inside");
                })::await);
                assertThat(error).isInstanceOf(ChildFailureException.class).hasMessageContaining("inside");
                assertThat(((ChildFailureException) error).type()).isEqualTo(Jobs.Unsendable.class.getName());
                assertThat(((ChildFailureException) error).trace()).contains("Jobs$Unsendable: inside");
                assertThat(error.getStackTrace()[0].toString()).startsWith("child ");
                assertThat(pool.submit(() -> 1).await()).isEqualTo(1);
                assertThat(pool.statistics().started()).isEqualTo(1);
            }
        });
    }

    @Test
    void errorsOfTheChildsJvmAreNotTakenForOnesOfThis() {
        TestLoop.run(() -> {
            try (var pool = children(1).jvmOptions(QUICK, "-Xmx24m").build()) {
                Throwable memory = catchThrowable(pool.submit(Jobs.eatsMemory())::await);
                assertThat(memory).isInstanceOf(ChildFailureException.class);
                assertThat(((ChildFailureException) memory).type()).isEqualTo("java.lang.OutOfMemoryError");
                long next = pool.submit(Jobs.pid()).await();
                assertThat(pool.statistics().started()).as("it is replaced").isEqualTo(2);

                Throwable stack = catchThrowable(pool.submit(() -> deep(0))::await);
                assertThat(((ChildFailureException) stack).type()).isEqualTo("java.lang.StackOverflowError");
                assertThat(pool.submit(Jobs.pid()).await()).as("it goes on").isEqualTo(next);
            }
        });
    }

    private static int deep(int n) {
        return n < 0 ? 0 : 1 + deep(n + 1);
    }

    // --- crashes

    @Test
    void aChildThatEndsInTheMiddleIsNamedAndReplaced() {
        TestLoop.run(() -> {
            try (var pool = children(1).name("mine").output((_, _) -> {}).build()) {
                long pid = pool.submit(Jobs.pid()).await();
                var crash = (ProcessCrashedException) catchThrowable(pool.submit(Jobs.dies(3))::await);
                assertThat(crash.pid()).isEqualTo(pid);
                assertThat(crash.exitCode()).isEqualTo(3);
                assertThat(crash.lastLines()).containsExactly("about to die");
                assertThat(crash)
                        .hasMessageStartingWith("child " + pid + " of mine ended in the middle of a job: exit code 3")
                        .hasMessageContaining("about to die");

                assertThat(pool.submit(Jobs.pid()).await()).isNotEqualTo(pid);
                var exit = (ProcessCrashedException) catchThrowable(pool.submit(() -> {
                    System.exit(5);
                    return 1;
                })::await);
                assertThat(exit.exitCode()).isEqualTo(5);
                assertThat(pool.statistics()).isEqualTo(new ProcessPool.Statistics(1, 0, 0, 0, 0, 2, 4, 2));
            }
        });
    }

    @Test
    void aChildThatIsKilledIsNamedWithItsSignal() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Path sign = dir.resolve("sign");
                Future<Integer> endless = pool.submit(Jobs.endless(sign));
                long pid = await(sign);
                signal("KILL", pid);
                assertThatThrownBy(endless::await)
                        .isInstanceOf(ProcessCrashedException.class)
                        .hasMessageContaining("child " + pid)
                        .hasMessageContaining("SIGKILL");

                long idle = pool.submit(Jobs.pid()).await();
                signal("KILL", idle); // while it has nothing to do
                knownToBeGone(idle);
                assertThat(pool.submit(Jobs.pid()).await()).isNotEqualTo(idle);
                assertThat(pool.statistics().crashed()).isEqualTo(2);
            }
        });
    }

    @Test
    void aChildThatCannotStartSaysWhy() {
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .jvmOptions("-XX:+NoSuchOption")
                    .output((_, _) -> {})
                    .build()) {
                assertThatThrownBy(pool.submit(() -> 1)::await)
                        .isInstanceOf(ProcessCrashedException.class)
                        .hasMessageContaining("could not start")
                        .hasMessageContaining("NoSuchOption");
                assertThatThrownBy(pool.warmUp()::await).isInstanceOf(ProcessCrashedException.class);
            }
            try (var pool =
                    children(1).classPath(dir.toString()).output((_, _) -> {}).build()) {
                assertThatThrownBy(pool.submit(() -> 1)::await)
                        .isInstanceOf(ProcessCrashedException.class)
                        .hasMessageContaining("ChildMain");
            }
        });
    }

    // --- cancel

    @Test
    void aCancelKillsTheChildAndTheNextJobGetsANewOne() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Path sign = dir.resolve("sign");
                Task<?> task = spawn(() -> pool.submit(Jobs.endless(sign)).await());
                long pid = await(sign);
                Future<Long> next = pool.submit(Jobs.pid()); // waits for its turn
                task.cancel("too long");
                assertThatThrownBy(task::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("too long");
                assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
                assertThat(next.await()).isNotEqualTo(pid);
                assertThat(pool.statistics().crashed()).as("it was us").isZero();
            }
        });
    }

    @Test
    void aChildThatReadsNothingCanBeCancelled() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                long pid = pool.submit(Jobs.pid()).await();
                signal("STOP", pid);
                byte[] large = new byte[10 << 20]; // more than the pipe holds
                Future<Integer> stuck = pool.submit(() -> large.length);
                Threads.run(ProcessPoolTest::untilOneWrites).await();
                stuck.cancel("it hangs");
                assertThatThrownBy(stuck::await).isInstanceOf(CancelledException.class);
                assertThat(pool.submit(() -> large.length).await()).isEqualTo(10 << 20);
            }
        });
    }

    @Test
    void aJobThatWaitsForItsTurnIsCancelledWithoutHarm() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Future<Integer> first = pool.submit(() -> 1);
                Future<Integer> second = pool.submit(() -> 2);
                Future<Integer> third = pool.submit(() -> 3);
                second.cancel();
                assertThat(gather(first, third).await()).containsExactly(1, 3);
                assertThat(second.isCancelled()).isTrue();
                assertThat(pool.statistics().started()).isEqualTo(1);
            }
        });
    }

    @Test
    @Tag("scaled")
    void whateverIsCancelledTheOthersHaveTheirValues() {
        int cancels = Boolean.getBoolean("loop.stress") ? 100 : 3; // each takes a start of a child
        TestLoop.run(() -> {
            var random = new Random(11);
            try (var pool = children(2).build()) {
                var jobs = new ArrayList<Future<Integer>>();
                for (int i = 0; i < 6 * cancels + 4; i++) {
                    int n = i;
                    jobs.add(pool.submit(() -> {
                        LockSupport.parkNanos(1_000_000);
                        return n;
                    }));
                }
                for (int i = 0; i < cancels; i++) {
                    int at = 6 * i + random.nextInt(3);
                    jobs.get(at).await(); // the next ones run now, or wait
                    jobs.get(at + 1 + random.nextInt(3)).cancel("chaos");
                }
                for (var result : gatherResults(jobs).await()) {
                    assertThat(result).isNotInstanceOf(Result.Failure.class);
                }
                var now = pool.statistics();
                assertThat(now.running() + now.waiting() + now.crashed()).isZero();
                assertThat(now.children()).isEqualTo(now.idle()).isLessThanOrEqualTo(2);
            }
            assertThat(EventLoop.current().externalWork()).isZero();
        });
    }

    // --- what it says and reads

    @Test
    void whatJobsPrintComesLineByLineAndTheyHaveNothingToRead() {
        var lines = new ConcurrentLinkedQueue<String>();
        var three = new CountDownLatch(3);
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .output((pid, line) -> {
                        lines.add(line);
                        three.countDown();
                        if (line.equals("to out")) {
                            throw new IllegalStateException("a listener that fails");
                        }
                    })
                    .build()) {
                int read = pool.submit(() -> {
                            System.out.println("to out");
                            System.err.println("to err");
                            System.out.print("no end of line");
                            System.out.println();
                            return System.in.read();
                        })
                        .await();
                assertThat(read).isEqualTo(-1);
                three.await();
            }
        });
        assertThat(lines).containsExactly("to out", "to err", "no end of line");
    }

    @Test
    void bytesOfNativeCodeBetweenTheFramesAreToldAndEndTheChild() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                assertThatThrownBy(pool.submit(() -> {
                            try (var out = new FileOutputStream(FileDescriptor.out)) {
                                out.write("hello from C".getBytes(StandardCharsets.UTF_8));
                            }
                            return 1;
                        })::await)
                        .isInstanceOf(ProcessCrashedException.class)
                        .hasMessageContaining("'hello from C'");
                assertThat(pool.submit(() -> 1).await()).isEqualTo(1);
            }
        });
    }

    // --- lives

    @Test
    void aChildEndsAfterItsJobsOrWhenItIsIdle() {
        TestLoop.run(() -> {
            try (var pool = children(1)
                    .maxJobsPerChild(2)
                    .idleTimeout(Duration.ofMinutes(1))
                    .build()) {
                long one = pool.submit(Jobs.pid()).await();
                assertThat(pool.submit(Jobs.pid()).await()).isEqualTo(one);
                long two = pool.submit(Jobs.pid()).await();
                assertThat(two).isNotEqualTo(one);
                gone(one);
                sleep(Duration.ofSeconds(59)).await();
                assertThat(pool.statistics().idle()).isEqualTo(1);
                sleep(Duration.ofSeconds(2)).await();
                assertThat(pool.statistics().children()).isZero();
                gone(two);
                assertThat(pool.submit(Jobs.pid()).await()).isNotIn(one, two);
            }
        });
    }

    @Test
    void aWarmPoolHasAllItsChildren() {
        TestLoop.run(() -> {
            try (var pool = children(2).build()) {
                pool.warmUp().await();
                assertThat(pool.statistics()).isEqualTo(new ProcessPool.Statistics(2, 2, 2, 0, 0, 2, 0, 0));
                pool.warmUp().await(); // harmless
                assertThat(pool.statistics().started()).isEqualTo(2);
            }
        });
    }

    @Test
    void aDrainLetsTheJobsEndAndAClosKillsThem() {
        TestLoop.run(() -> {
            var pool = children(1).build();
            Future<Integer> first = pool.submit(() -> 1);
            Future<Integer> second = pool.submit(() -> 2);
            Future<?> drained = pool.drain();
            assertThatThrownBy(() -> pool.submit(() -> 3))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("takes no more jobs");
            drained.await();
            assertThat(first.result() + second.result()).isEqualTo(3);
            assertThat(pool.statistics().children()).isZero();
            pool.close(); // harmless

            Path sign = dir.resolve("sign");
            var killed = children(1).build();
            Future<Integer> endless = killed.submit(Jobs.endless(sign));
            Future<Integer> waiting = killed.submit(() -> 1);
            long pid = await(sign);
            killed.close();
            assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(endless.isCancelled() && waiting.isCancelled()).isTrue();
            assertThat(EventLoop.current().externalWork()).isZero();
        });
    }

    @Test
    void theCloseOfTheLoopEndsItsChildren() {
        var pids = new ArrayList<Long>();
        TestLoop.run(() -> {
            var pool = children(2).build();
            Path sign = dir.resolve("sign");
            pool.submit(Jobs.endless(sign));
            pids.add(await(sign));
            pids.add(pool.submit(Jobs.pid()).await());
        });
        assertThat(new HashSet<>(pids)).hasSize(2);
        pids.forEach(ProcessPoolTest::gone);
    }

    @Test
    void signalsOfATerminalAreLeftToTheParent() {
        TestLoop.run(() -> {
            try (var pool = children(1).build()) {
                Path sign = dir.resolve("sign");
                String go = dir.resolve("go").toString();
                String file = sign.toString();
                Future<String> job = pool.submit(() -> {
                    Files.writeString(
                            Path.of(file), "" + ProcessHandle.current().pid());
                    while (!Files.exists(Path.of(go))) {
                        LockSupport.parkNanos(1_000_000);
                    }
                    return "went on";
                });
                long pid = await(sign);
                for (String name : List.of("INT", "TERM", "HUP")) {
                    signal(name, pid);
                }
                Files.createFile(Path.of(go));
                assertThat(job.await()).isEqualTo("went on");
            }
        });
    }

    @Test
    void jobsMayRunLoopsOfTheirOwn() {
        TestLoop.run(() -> {
            try (var pool = children(1).runsLoops().build()) {
                boolean virtual = pool.submit(() -> EventLoop.run(() -> {
                            sleep(Duration.ofMillis(1)).await();
                            return Thread.currentThread().isVirtual();
                        }))
                        .await();
                assertThat(virtual).isTrue();
            }
        });
    }

    // --- programs

    /** The parent: prints the process id of a child that is at work and one that is idle, and stays. */
    static final class Parent {
        static void main(String... args) {
            EventLoop.run(() -> {
                try (var pool = children(2).build()) {
                    Path sign = Path.of(args[0]);
                    Future<Integer> endless = pool.submit(Jobs.endless(sign));
                    IO.println(await(sign));
                    IO.println(pool.submit(Jobs.pid()).await());
                    endless.await();
                }
            });
        }
    }

    @Test
    void noChildOutlivesItsParentAndAManifestIsAClassPathToo() throws Exception {
        Path jar = manifestOnlyJar();
        var parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens",
                        "java.base/java.lang=ALL-UNNAMED",
                        "-cp",
                        jar.getFileName().toString(), // relative
                        Parent.class.getName(),
                        dir.resolve("sign").toString())
                .directory(dir.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var lines = parent.inputReader()) {
            long busy = Long.parseLong(lines.readLine());
            long idle = Long.parseLong(lines.readLine());
            assertThat(ProcessHandle.of(busy)).isPresent();
            parent.destroyForcibly().waitFor(); // SIGKILL: it can do nothing any more
            orphanGone(idle);
            orphanGone(busy);
        } finally {
            parent.destroyForcibly();
        }
    }

    private Path manifestOnlyJar() throws Exception {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        String urls = Arrays.stream(realClassPath().split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .reduce((a, b) -> a + " " + b)
                .orElseThrow();
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, urls);
        Path jar = dir.resolve("all of it.jar"); // quoted in the argument file
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.flush();
        }
        return jar;
    }

    private static String realClassPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    @Test
    void theClassPathHoldsWhereverAChildBegins() {
        assertThat(ChildCommand.absolute("a.jar" + File.pathSeparator + "lib/*" + File.pathSeparator))
                .isEqualTo(String.join(
                        File.pathSeparator,
                        Path.of("a.jar").toAbsolutePath().toString(),
                        Path.of("lib").toAbsolutePath() + "/*",
                        Path.of("").toAbsolutePath().toString()));
        assertThat(ChildCommand.quoted("C:\\a \"b\"")).isEqualTo("\"C:\\\\a \\\"b\\\"\"");
    }

    @Test
    void badSettingsAreRefusedWithTheValue() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> ProcessPool.create(0)).hasMessageContaining("not 0");
            assertThatThrownBy(() -> ProcessPool.builder().maxJobsPerChild(0)).hasMessageContaining("not 0");
        });
    }

    // --- how

    /** The process id that a job writes when it runs. */
    private static long await(Path sign) {
        while (true) {
            try {
                String text = Files.exists(sign) ? Files.readString(sign) : "";
                if (!text.isEmpty()) {
                    return Long.parseLong(text);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Threads.run(() -> {
                        LockSupport.parkNanos(1_000_000);
                    })
                    .await();
        }
    }

    private static void untilOneWrites() {
        while (Thread.getAllStackTraces().values().stream()
                .noneMatch(stack -> Arrays.stream(stack)
                        .anyMatch(frame -> frame.getClassName().equals(Wire.class.getName())
                                && frame.getMethodName().equals("write")))) {
            Thread.yield();
        }
    }

    private static void signal(String name, long pid) {
        try {
            assertThat(new ProcessBuilder("kill", "-" + name, "" + pid).start().waitFor())
                    .isZero();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void gone(long pid) {
        ProcessHandle.of(pid).ifPresent(handle -> handle.onExit().join());
    }

    /** Until this program knows that its child has ended: the thread that reads the child's output is the last to. */
    private static void knownToBeGone(long pid) {
        Threads.run(() -> {
                    for (Thread thread : Thread.getAllStackTraces().keySet()) {
                        if (thread.getName().endsWith("-child-" + pid + "-output")) {
                            thread.join();
                        }
                    }
                })
                .await();
    }

    /** Until a process of another parent has ended, for which Java looks only every few hundred milliseconds. */
    private static void orphanGone(long pid) {
        while (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent() && !isZombie(pid)) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Whether it has ended, and nobody has asked how: an orphan in a container whose first process does not. */
    private static boolean isZombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.startsWith(") Z", stat.lastIndexOf(')'));
        } catch (IOException e) {
            return false; // no such system, or no such process any more
        }
    }
}
