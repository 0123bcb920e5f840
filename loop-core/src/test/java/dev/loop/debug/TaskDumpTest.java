package dev.loop.debug;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import dev.loop.sync.Event;
import dev.loop.sync.Lock;
import dev.loop.sync.RwLock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What all tasks are doing. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TaskDumpTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    @Tag("both-engines")
    void aLockThatIsNeverReleasedTellsWhoHoldsItAndWhoWaits() {
        TestLoop.run(() -> {
            // @start region="taskdump"
            var lock = new Lock();
            Task<?> forgetful = spawn("forgetful", () -> {
                var _ = lock.acquire().await(); // and never closed
                sleep(Duration.ofDays(1)).await();
            });
            Task<?> patient = spawn("patient", () -> lock.acquire().await().close());

            sleep(Duration.ofSeconds(3)).await();
            String dump = TaskDump.capture().format();
            // @end
            assertThat(dump.lines().filter(line -> !line.startsWith("    at ")))
                    .containsExactly(
                            "tasks of test-loop: 3",
                            "Lock[held by forgetful, 1 waiting on test-loop]",
                            "    held by forgetful for PT3S",
                            "    awaited by patient",
                            "main is ready or runs",
                            "forgetful awaits SleepFuture for PT3S",
                            "    awaited by patient",
                            "patient awaits Lock[held by forgetful, 1 waiting on test-loop] for PT3S");
            assertThat(dump).doesNotContain("TaskDump.capture");
            forgetful.cancel();
            patient.cancel();
            waitOn(List.of(forgetful, patient)).await();
        });
    }

    @Test
    void inDebugModeItTellsWhereTheLockWasAcquired() {
        TestLoop.run(() -> {
            EventLoop.current().setDebug(true);
            var lock = new Lock();
            var semaphore = new Semaphore(1);
            var rw = new RwLock();
            var held = List.<AutoCloseable>of(
                    takes(lock),
                    Objects.requireNonNull(semaphore.tryAcquire()),
                    rw.write().await());
            var waits = List.of(
                    spawn(() -> lock.acquire().await()),
                    spawn(() -> semaphore.acquire().await()),
                    spawn(() -> rw.read().await()));
            yieldNow();
            TaskDump dump = TaskDump.capture();
            assertThat(dump.resources())
                    .hasSize(3)
                    .allSatisfy(resource -> assertThat(resource.holders())
                            .singleElement()
                            .satisfies(holder -> assertThat(
                                            holder.acquiredAt().getFirst().getClassName())
                                    .isEqualTo(TaskDumpTest.class.getName())));
            assertThat(dump.resources()
                            .getFirst()
                            .holders()
                            .getFirst()
                            .acquiredAt()
                            .getFirst()
                            .getMethodName())
                    .isEqualTo("takes");
            assertThat(dump.format())
                    .contains("    held by main for PT0S, acquired\n        at " + TaskDumpTest.class.getName()
                            + ".takes(");
            assertThat(held).doesNotContainNull();
            waits.forEach(Task::cancel);
            waitOn(waits).await();
        });
    }

    private static Lock.Held takes(Lock lock) {
        return lock.acquire().await();
    }

    @Test
    @Tag("both-engines")
    void aTaskHasItsScopesAndHowLongItHasWaited() {
        TestLoop.run(() -> {
            var event = new Event();
            Task<?> task = spawn(
                    "limited",
                    () -> timeout(SECOND.multipliedBy(9), () -> {
                        sleep(SECOND).await();
                        event.whenSet().await();
                    }));
            sleep(SECOND.multipliedBy(4)).await();
            TaskDump.TaskEntry entry =
                    TaskDump.capture(EventLoop.current()).tasks().get(1);
            assertThat(entry.node().name()).isEqualTo("limited");
            assertThat(entry.waitingFor()).isEqualTo(SECOND.multipliedBy(3));
            assertThat(entry.scopes()).singleElement().asString().startsWith("CancelScope[active, ");
            assertThat(entry.node().doing()).isEqualTo("awaits Event[not set, 1 waiting on test-loop]");
            assertThat(task.scopes().getFirst().deadline().when())
                    .isEqualTo(SECOND.multipliedBy(9).toNanos());
            event.set();
            task.await();
            assertThat(task.scopes()).isEmpty();
            assertThat(task.awaitingFor()).isNull();
        });
    }

    /** Something of a user's own. */
    private static final class Pool implements Resource {
        final WaitQueue<String, @Nullable Void> waiters = new WaitQueue<>(EventLoop.current(), null, this);
        final List<Task<?>> borrowers = new ArrayList<>();

        @Override
        public Collection<Task<?>> holders() {
            return borrowers;
        }

        @Override
        public String toString() {
            return "Pool";
        }
    }

    @Test
    @Tag("both-engines")
    void whatUsersMakeIsShownAsWell() {
        TestLoop.run(() -> {
            var pool = new Pool();
            Promise<String> promise = EventLoop.current().promise();
            Task<?> holder = spawn("holder", () -> promise.await());
            pool.borrowers.add(holder);
            Future<String> wait = pool.waiters.park(null);
            Task<?> waiter = spawn("waiter", () -> wait.await());
            yieldNow();
            assertThat(wait.resource()).isSameAs(pool);
            TaskDump dump = TaskDump.capture();
            assertThat(dump.resources())
                    .containsExactly(new TaskDump.ResourceEntry(
                            "Pool", List.of(new TaskDump.Holder("holder", null, List.of())), List.of("waiter")));
            assertThat(CallGraph.capture(holder).nodes()).hasSize(2);
            assertThat(CallGraph.capture(wait).nodes().getFirst().awaits()).containsExactly(holder);
            promise.complete("");
            holder.await();
            assertThat(TaskDump.capture()
                            .resources()
                            .getFirst()
                            .holders()
                            .getFirst()
                            .name())
                    .isEqualTo("holder (has ended)");
            pool.waiters.grant("");
            waiter.await();
            assertThat(wait.resource()).isNull();
        });
    }

    @Test
    void anotherThreadGetsOneFromTheLoop() {
        var dumps = new ArrayList<TaskDump>();
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var thread = new CompletableFuture<TaskDump>();
            Thread.ofPlatform().start(() -> TaskDump.captureThreadsafe(loop).thenAccept(thread::complete));
            dumps.add(Future.from(thread).await());
        });
        assertThat(dumps.getFirst()).hasToString("TaskDump[test-loop, 1 tasks, 0 cycles]");
        assertThat(dumps.getFirst().cycles()).isEmpty();
        var bytes = new ByteArrayOutputStream();
        dumps.getFirst().print(new PrintStream(bytes, false, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8)).startsWith("tasks of test-loop: 1\nmain awaits ");
        EventLoop closed = EventLoop.create();
        closed.close();
        assertThatIllegalStateException().isThrownBy(() -> TaskDump.captureThreadsafe(closed));
    }
}
