package dev.loop.races;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static dev.loop.races.Interleavings.blockUntil;
import static dev.loop.races.Interleavings.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.LoopPortal;
import dev.loop.PortalClosedException;
import dev.loop.Runner;
import dev.loop.internal.ready.Inbox;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import dev.loop.races.Interleavings.Scene;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Submissions to a portal against its close and that of its loop: what was accepted ends before the portal counts as drained, what
 * was not is refused, and nobody waits for ever. The protocol under every interleaving, beside twins that are broken; and the real
 * portal with real threads.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PortalRaceTest {

    private enum Way {
        /** As the portal does: one word for the count and the close, then the inbox, whose answer counts. */
        ONE_WORD,
        /** Looks whether it is closed, and then counts. */
        LOOKS_THEN_COUNTS,
        /** Counts when the work arrives, not when it is accepted. */
        COUNTS_LATE,
        /** Does not look at the inbox's answer. */
        TRUSTS_THE_INBOX
    }

    /** The protocol of {@link LoopPortal}, with a hook between its shared accesses. */
    private static final class Protocol {
        private final Way way;
        private final Inbox inbox = new Inbox(() -> {});
        private final AtomicLong state = new AtomicLong(); // twice the count, and 1 for closed
        private boolean drained;
        private boolean loopClosed;
        private int accepted;
        private int ended;

        Protocol(Way way) {
            this.way = way;
        }

        /** Returns the caller's future, or null if it was refused. */
        boolean[] submit() {
            var result = new boolean[1];
            step();
            if (way == Way.ONE_WORD || way == Way.TRUSTS_THE_INBOX) {
                long s;
                do {
                    s = state.get();
                    if ((s & 1) != 0) {
                        return null;
                    }
                    step();
                } while (!state.compareAndSet(s, s + 2));
            } else {
                if ((state.get() & 1) != 0) {
                    return null;
                }
                step();
                if (way == Way.LOOKS_THEN_COUNTS) {
                    state.addAndGet(2);
                }
            }
            step();
            boolean taken = push(() -> {
                if (way == Way.COUNTS_LATE) {
                    state.addAndGet(2);
                }
                ended++;
                assertThat(drained).as("drained before the last end").isFalse();
                result[0] = true;
                release();
            });
            if (!taken && way != Way.TRUSTS_THE_INBOX) {
                release();
                return null;
            }
            accepted++;
            return result;
        }

        private boolean push(Runnable work) {
            return inbox.push(new ReadyEntry() {
                @Override
                public void run() {
                    work.run();
                }
            });
        }

        private void release() {
            if (state.addAndGet(-2) == 1) {
                push(this::settle);
            }
        }

        private void settle() {
            if (state.get() == 1) {
                drained = true;
            }
        }

        void close() {
            step();
            state.getAndUpdate(s -> s | 1);
            step();
            push(this::settle);
        }

        void turns(boolean closesLoop) {
            var ready = new ReadyQueue();
            while (!drained && !closesLoop) {
                blockUntil(() -> !inbox.isEmpty());
                inbox.drainTo(ready);
                run(ready);
            }
            step();
            inbox.drainTo(ready);
            run(ready);
            step();
            inbox.close(ready);
            run(ready);
            loopClosed = true;
        }

        private static void run(ReadyQueue ready) {
            for (ReadyEntry e = ready.poll(); e != null; e = ready.poll()) {
                e.run();
            }
        }
    }

    private static void program(Scene scene, Way way, boolean closesLoop) {
        var portal = new Protocol(way);
        for (String name : List.of("a", "b")) {
            scene.thread(name, () -> {
                boolean[] result = portal.submit();
                if (result != null) {
                    blockUntil(() -> result[0]);
                }
            });
        }
        scene.thread("closer", portal::close);
        scene.thread("loop", () -> portal.turns(closesLoop));
        scene.check(() -> {
            assertThat(portal.ended).as("ends").isEqualTo(portal.accepted);
            assertThat(portal.loopClosed).isTrue();
            if (!closesLoop) {
                assertThat(portal.drained).isTrue();
            }
        });
    }

    private static String search(Way way, boolean closesLoop) {
        return Interleavings.explore(
                        Boolean.getBoolean("loop.stress") ? 4 : 2, scene -> program(scene, way, closesLoop))
                .failure();
    }

    @Test
    void whatIsAcceptedEndsBeforeThePortalIsDrainedAndNobodyWaitsForEver() {
        assertThat(search(Way.ONE_WORD, false)).isNull();
        assertThat(search(Way.ONE_WORD, true)).isNull();
    }

    @Test
    void aTwinThatLooksForTheCloseAndCountsThenIsCaught() {
        assertThat(search(Way.LOOKS_THEN_COUNTS, false)).isNotNull();
    }

    @Test
    void aTwinThatCountsWhatHasArrivedInsteadOfWhatWasAcceptedIsCaught() {
        assertThat(search(Way.COUNTS_LATE, false)).isNotNull();
    }

    @Test
    void aTwinThatDoesNotLookAtTheInboxsAnswerIsCaught() {
        assertThat(search(Way.TRUSTS_THE_INBOX, true)).contains("wait for ever");
    }

    // --- the real one

    private final ExecutorService others = Executors.newFixedThreadPool(3);

    @AfterEach
    void stop() throws InterruptedException {
        others.shutdownNow();
        assertThat(others.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @Tag("scaled")
    void realThreadsSubmitCallCancelAndCloseWhileTheLoopEnds() throws Exception {
        int rounds = Boolean.getBoolean("loop.stress") ? 4_000 : 80;
        for (int seed = 0; seed < rounds; seed++) {
            try {
                new Round(seed).run();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private final class Round {
        private final Random random;
        private final ConcurrentLinkedQueue<CompletableFuture<Integer>> futures = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> reports = new ConcurrentLinkedQueue<>();
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();
        private LoopPortal portal;

        Round(int seed) {
            random = new Random(seed);
        }

        void run() throws Exception {
            var jobs = new ArrayList<Future<?>>();
            boolean waits = random.nextBoolean();
            try (var runner = Runner.create()) {
                runner.loop().setExceptionHandler((_, context) -> reports.add(context.toString()));
                runner.run(() -> {
                    portal = EventLoop.current().portal();
                    for (int i = 0; i < 3; i++) {
                        var mine = new Random(random.nextLong());
                        jobs.add(others.submit(() -> use(mine)));
                    }
                    int turns = random.nextInt(30);
                    for (int i = 0; i < turns; i++) {
                        yieldNow();
                    }
                    if (waits) {
                        portal.close();
                        portal.drained().await();
                        assertThat(ended).hasValue(begun.get());
                    }
                });
            }
            for (Future<?> job : jobs) {
                job.get(20, TimeUnit.SECONDS);
            }
            assertThat(reports).isEmpty();
            assertThat(ended).hasValue(begun.get());
            assertThat(futures).allMatch(CompletableFuture::isDone);
            for (CompletableFuture<Integer> future : futures) {
                if (!future.isCompletedExceptionally()) {
                    assertThat(future.join()).isEqualTo(1);
                }
            }
        }

        private int work(int kind) {
            begun.incrementAndGet();
            try {
                switch (kind) {
                    case 0 -> yieldNow();
                    case 1 -> sleep(Duration.ofNanos(50_000)).await();
                    default -> {}
                }
                return 1;
            } finally {
                ended.incrementAndGet();
            }
        }

        private void use(Random mine) {
            for (int i = 0; i < 12; i++) {
                int kind = mine.nextInt(4);
                try {
                    switch (mine.nextInt(8)) {
                        case 0 ->
                            assertThat(portal.<Integer>call(() -> work(kind))).isEqualTo(1);
                        case 1 -> {
                            CompletableFuture<Integer> future = portal.submit(() -> work(kind));
                            futures.add(future);
                            future.cancel(true);
                        }
                        case 2 -> {
                            if (mine.nextInt(4) == 0) {
                                portal.close();
                            }
                        }
                        case 3 -> {
                            if (mine.nextInt(8) == 0) {
                                portal.cancelAll("enough").toCompletableFuture();
                            }
                        }
                        default -> futures.add(portal.submit(() -> work(kind)));
                    }
                } catch (PortalClosedException e) {
                    assertThat(portal.isClosed()).isTrue();
                } catch (CancelledException e) {
                    // by the close of the loop, or cancelAll
                }
            }
        }
    }
}
