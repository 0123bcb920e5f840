package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The list of a loop's tasks, asked for by other threads. */
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AllTasksTest {

    private static List<String> names(EventLoop loop) {
        return loop.allTasks().stream().map(Task::name).toList();
    }

    @Test
    void aLoopThatIsStuckInAStepCanBeAsked() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            spawn("waiting", () -> Async.sleep(Duration.ofHours(1)).await());
            var seen = new LinkedBlockingQueue<List<String>>();
            Thread.ofPlatform().start(() -> seen.add(names(loop)));
            while (seen.isEmpty()) {
                Thread.onSpinWait(); // a step that does not end
            }
            assertThat(seen.take()).containsExactly("main", "waiting");
        });
    }

    @Test
    void aLoopThatChangesAllTheTimeGivesOneStateOfMany() throws Exception {
        var loop = new AtomicReference<EventLoop>();
        var over = new AtomicBoolean();
        var ready = new CountDownLatch(1);
        Thread runner = Thread.ofPlatform()
                .start(() -> EventLoop.run(() -> {
                    loop.set(EventLoop.current());
                    var never = EventLoop.current().promise();
                    for (int i = 0; i < 300; i++) {
                        spawn("ends", () -> {});
                        if (i % 100 == 0) {
                            spawn("stays", () -> never.await());
                        }
                    }
                    yieldNow();
                    ready.countDown();
                    while (!over.get()) {
                        for (int i = 0; i < 50; i++) {
                            spawn("ends", () -> {});
                        }
                        yieldNow();
                    }
                }));
        ready.await();
        var wrong = new ArrayList<List<String>>();
        for (int i = 0; i < 2_000; i++) {
            List<Task<?>> tasks = loop.get().allTasks();
            List<String> names = tasks.stream().map(Task::name).toList();
            if (names.stream().filter("stays"::equals).count() != 3
                    || !names.getFirst().equals("main")
                    || tasks.stream().distinct().count() != tasks.size()
                    || names.subList(4, names.size()).contains("stays")) {
                wrong.add(names);
            }
        }
        over.set(true);
        runner.join();
        assertThat(wrong).isEmpty();
        assertThat(names(loop.get())).as("of a closed loop").isEmpty();
    }

    @Test
    void anInterruptedThreadGetsItsAnswerAndKeepsItsFlag() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<List<String>> seen = loop.promise();
            Promise<Boolean> flag = loop.promise();
            Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                seen.completeThreadsafe(names(loop));
                flag.completeThreadsafe(Thread.currentThread().isInterrupted());
            });
            assertThat(seen.await()).containsExactly("main");
            assertThat(flag.await()).isTrue();
        });
    }
}
