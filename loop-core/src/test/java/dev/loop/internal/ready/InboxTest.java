package dev.loop.internal.ready;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work from many threads for one: nothing is lost, nothing doubled, nobody sleeps over it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InboxTest {

    private final AtomicInteger wakeups = new AtomicInteger();
    private final Inbox inbox = new Inbox(wakeups::incrementAndGet);
    private final ReadyQueue ready = new ReadyQueue();

    private record Entry(int producer, int number) implements ReadyEntry {
        @Override
        public void run() {}
    }

    private List<Entry> drained() {
        inbox.drainTo(ready);
        var entries = new ArrayList<Entry>();
        for (ReadyEntry entry = ready.poll(); entry != null; entry = ready.poll()) {
            entries.add((Entry) entry);
        }
        return entries;
    }

    @Test
    void itKeepsTheOrderOfArrival() {
        assertThat(inbox.isEmpty()).isTrue();
        for (int i = 0; i < 100; i++) {
            assertThat(inbox.push(new Entry(0, i))).isTrue();
        }
        assertThat(inbox.isEmpty()).isFalse();
        assertThat(inbox.drainTo(ready)).isEqualTo(100);
        assertThat(inbox.drainTo(ready)).isZero();
        assertThat(drained()).extracting(Entry::number).isSorted().hasSize(100);
        assertThat(inbox.isEmpty()).isTrue();
    }

    @Test
    void anEntrySaysItselfHowItIsAdmitted() {
        var admitted = new ArrayList<String>();
        inbox.push(new ReadyEntry() {
            @Override
            public void run() {}

            @Override
            public void admit(ReadyQueue queue) {
                admitted.add("not now");
            }
        });
        inbox.drainTo(ready);
        assertThat(admitted).containsExactly("not now");
        assertThat(ready.isEmpty()).isTrue();
    }

    @Test
    void onlyASleeperIsWokenAndOnlyOnce() {
        inbox.push(new Entry(0, 0));
        assertThat(wakeups).hasValue(0);
        drained();
        assertThat(inbox.beginSleep()).isTrue();
        inbox.push(new Entry(0, 1));
        inbox.push(new Entry(0, 2));
        assertThat(wakeups).hasValue(1);
        inbox.endSleep();
        inbox.push(new Entry(0, 3));
        assertThat(wakeups).hasValue(1);
    }

    @Test
    void whoeverFindsSomethingDoesNotSleep() {
        inbox.push(new Entry(0, 0));
        assertThat(inbox.beginSleep()).isFalse();
        inbox.push(new Entry(0, 1));
        assertThat(wakeups).hasValue(0);
        assertThat(drained()).hasSize(2);
        assertThat(inbox.beginSleep()).isTrue();
    }

    @Test
    void aClosedInboxTakesNothingAndHandsOverWhatItHad() {
        inbox.push(new Entry(0, 0));
        inbox.close(ready);
        assertThat(ready.size()).isEqualTo(1);
        assertThat(inbox.push(new Entry(0, 1))).isFalse();
        assertThat(inbox.drainTo(ready)).isZero();
        assertThat(inbox.beginSleep()).isFalse();
        inbox.close(ready);
        assertThat(ready.size()).isEqualTo(1);
        assertThat(wakeups).hasValue(0);
    }

    @Test
    void fromManyThreadsNothingIsLostAndEachKeepsItsOrder() throws Exception {
        run(4, 50_000);
    }

    @Test
    @Tag("stress")
    void fromManyThreadsForLong() throws Exception {
        for (int round = 0; round < 20; round++) {
            run(8, 200_000);
        }
    }

    /** A consumer that really sleeps: a lost wakeup would leave it there. */
    private static void run(int producers, int each) throws Exception {
        var wake = new Semaphore(0);
        var wakeups = new AtomicInteger();
        var inbox = new Inbox(() -> {
            wakeups.incrementAndGet();
            wake.release();
        });
        var begin = new CountDownLatch(1);
        var threads = IntStream.range(0, producers)
                .mapToObj(p -> Thread.ofPlatform().start(() -> {
                    try {
                        begin.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    for (int i = 0; i < each; i++) {
                        inbox.push(new Entry(p, i));
                        if (i % 97 == 0) {
                            Thread.yield(); // let the consumer fall asleep now and then
                        }
                    }
                }))
                .toList();
        begin.countDown();
        var ready = new ReadyQueue();
        var next = new int[producers];
        long got = 0;
        int sleeps = 0;
        while (got < (long) producers * each) {
            if (inbox.isEmpty()) {
                sleeps++;
                if (inbox.beginSleep()) {
                    assertThat(wake.tryAcquire(20, TimeUnit.SECONDS))
                            .as("a wakeup was lost")
                            .isTrue();
                    inbox.endSleep();
                }
            }
            inbox.drainTo(ready);
            for (ReadyEntry e = ready.poll(); e != null; e = ready.poll()) {
                var entry = (Entry) e;
                if (next[entry.producer()]++ != entry.number()) {
                    throw new AssertionError(entry + " came when " + (next[entry.producer()] - 1) + " was due");
                }
                got++;
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(inbox.isEmpty()).isTrue();
        assertThat(wakeups.get()).isLessThanOrEqualTo(sleeps);
    }
}
