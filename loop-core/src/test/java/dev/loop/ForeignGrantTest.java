package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is granted to a thread that has turned away goes back to where it came from, and no thread waits for ever. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForeignGrantTest {

    private static void turns(int count) {
        for (int i = 0; i < count; i++) {
            yieldNow();
        }
    }

    @Test
    void anItemThatWasGrantedToACancelledCompletableFutureGoesBack() {
        EventLoop.run(() -> {
            var queue = new Queue<String>(1);
            CompletableFuture<String> get = queue.get().toCompletableFuture();
            queue.put("item").await(); // granted: it is on its way to the stage
            assertThat(get.cancel(true)).isTrue();
            turns(4);
            assertThat(queue.tryGet()).isEqualTo("item");
        });
    }

    @Test
    void anItemThatHasReachedItsCompletableFutureIsRead() {
        EventLoop.run(() -> {
            var queue = new Queue<String>(1);
            Future<String> wait = queue.get();
            CompletableFuture<String> get = wait.toCompletableFuture();
            queue.put("item").await();
            turns(4);
            assertThat(get.cancel(true)).isFalse();
            assertThat(wait.cancel()).isFalse();
            assertThat(get.join()).isEqualTo("item");
            assertThat(queue.tryGet()).isNull();
        });
    }

    @Test
    void theItemsOfACancelledCompletableFutureOfSeveralGoBack() {
        EventLoop.run(() -> {
            var queue = new Queue<String>(2);
            CompletableFuture<List<String>> both =
                    gather(queue.get(), queue.get()).toCompletableFuture();
            queue.put("one").await();
            queue.put("two").await();
            assertThat(both.cancel(true)).isTrue();
            turns(4);
            assertThat(queue.tryGet()).isEqualTo("one");
            assertThat(queue.tryGet()).isEqualTo("two");
        });
    }

    @Test
    void aCompletableFutureOfSeveralEndsAlsoIfOneTakesItsItemBackMeanwhile() throws Exception {
        var stage = new AtomicReference<CompletableFuture<List<String>>>();
        EventLoop.run(() -> {
            var queue = new Queue<String>(2);
            Future<String> one = queue.get();
            stage.set(gather(one, queue.get()).toCompletableFuture());
            queue.put("one").await();
            queue.put("two").await();
            assertThat(one.cancel("no longer wanted")).isTrue();
            turns(4);
        });
        assertThat(stage.get()).isDone();
        assertThat(catchThrowable(stage.get()::get)).hasRootCauseMessage("cancelled: no longer wanted");
    }

    /** An interrupt that meets the value: the thread gets one of them, and the value is not lost either way. */
    @Test
    void anItemThatWasGrantedToAnInterruptedThreadIsGottenOrGoesBack() throws Exception {
        var got = new ConcurrentLinkedQueue<String>();
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (int round = 0; round < 300; round++) {
                var queue = new Queue<String>(1);
                Future<String> wait = queue.get();
                Promise<Boolean> over = loop.promise();
                var waiting = new CountDownLatch(1);
                Thread thread = Thread.ofPlatform().start(() -> {
                    waiting.countDown();
                    boolean gotIt = false;
                    try {
                        got.add(wait.await());
                        gotIt = true;
                    } catch (CancelledException e) {
                        // interrupted first
                    }
                    over.completeThreadsafe(gotIt);
                });
                waiting.await();
                if (round % 2 == 0) {
                    yieldNow();
                }
                spawn(thread::interrupt);
                queue.put("item").await();
                boolean gotIt = over.await();
                if (!gotIt) {
                    assertThat(wait.cancel()).as("round %d", round).isTrue(); // nobody has read it
                    assertThat(queue.tryGet()).isEqualTo("item");
                }
                thread.join();
            }
        });
    }

    @Test
    void noCompletableFutureIsLeftPendingByACloseThatMeetsIt() throws Exception {
        EventLoop loop = EventLoop.builder().closeLimit(Duration.ofSeconds(5)).build();
        Future<String> done = loop.completed("value");
        var stages = new ArrayList<CompletableFuture<String>>();
        loop.callSoon(() -> handOut(loop, done, stages));
        loop.close();
        assertThat(stages).isNotEmpty().allMatch(CompletableFuture::isDone);
    }

    /** Another thread asks for a stage in each turn, the last ones of the close included. */
    private static void handOut(EventLoop loop, Future<String> future, List<CompletableFuture<String>> stages) {
        var stage = new AtomicReference<CompletableFuture<String>>();
        Thread.ofPlatform().start(() -> stage.set(future.toCompletableFuture()));
        while (stage.get() == null) {
            Thread.onSpinWait(); // not a park: the turn waits, and the request is in the inbox when it ends
        }
        stages.add(stage.get());
        loop.callSoon(() -> handOut(loop, future, stages));
    }

    @Test
    void noCompletableFutureIsLeftPendingByALateCompletion() {
        EventLoop loop = EventLoop.create();
        var stages = new ArrayList<CompletableFuture<String>>();
        loop.callSoon(() -> completeOne(loop, stages));
        loop.close();
        assertThat(stages).isNotEmpty().allMatch(CompletableFuture::isDone);
    }

    private static void completeOne(EventLoop loop, List<CompletableFuture<String>> stages) {
        Promise<String> promise = loop.promise();
        stages.add(promise.toCompletableFuture());
        promise.complete("value");
        loop.callSoon(() -> completeOne(loop, stages));
    }
}
