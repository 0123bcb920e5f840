package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Subscribers on other threads, and a loop that closes at that moment. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopEndsTest {

    @Test
    void whatWasSubscribedBeforeALoopThatNeverRunsHearsOfItsClose() throws Exception {
        EventLoop loop = EventLoop.create();
        List<String> heard = new ArrayList<>();
        Monos.from(loop, loop::promise).subscribe(_ -> {}, e -> heard.add("wait " + e.getMessage()));
        Monos.from(loop.promise()).subscribe(_ -> {}, e -> heard.add("shared " + e.getMessage()));
        Fluxes.from(loop, loop::<String>promise).subscribe(_ -> {}, e -> heard.add("flux " + e.getMessage()));
        loop.close();
        assertThat(heard).hasSize(3).allMatch(s -> s.contains("closed"));
    }

    @Test
    void whatWasSubscribedBeforeTheLoopRanHearsOfItsClose() {
        EventLoop loop = EventLoop.create();
        List<String> heard = new ArrayList<>();
        Monos.from(loop, loop::promise).subscribe(_ -> {}, e -> heard.add("wait " + e.getMessage()));
        Monos.from(loop.promise()).subscribe(_ -> {}, e -> heard.add("shared " + e.getMessage()));
        Fluxes.from(loop, loop::<String>promise).subscribe(_ -> {}, e -> {
            heard.add("flux " + e.getMessage());
            throw new IllegalStateException("of the subscriber");
        });
        Fluxes.from(loop, loop::<String>promise).subscribe(_ -> {}, e -> heard.add("last " + e.getMessage()));
        Disposable left = Monos.from(loop.promise()).subscribe(_ -> {}, e -> heard.add("left " + e.getMessage()));
        loop.runUntilComplete(loop.spawn(() -> Async.sleep(Duration.ofMillis(2)).await()));
        left.dispose();
        loop.close();
        assertThat(heard).hasSize(4).allMatch(s -> s.contains("closed"));
    }

    @Test
    void everySubscriberOnAnotherThreadHearsOfTheClose() throws Exception {
        var silent = new AtomicInteger();
        for (int round = 0; round < 100; round++) {
            EventLoop loop = EventLoop.create();
            var started = new CountDownLatch(2);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                boolean flux = i == 0;
                threads.add(Thread.ofPlatform().start(() -> {
                    started.countDown();
                    while (true) {
                        var ended = new CountDownLatch(1);
                        var failed = new AtomicInteger();
                        Flux<String> items = flux
                                ? Fluxes.from(loop, () -> loop.completed("a")).take(3)
                                : Monos.from(loop, () -> loop.completed("a")).flux();
                        items.subscribe(
                                _ -> {},
                                _ -> {
                                    failed.set(1);
                                    ended.countDown();
                                },
                                ended::countDown);
                        try {
                            if (!ended.await(5, TimeUnit.SECONDS)) {
                                silent.incrementAndGet();
                                return;
                            }
                        } catch (InterruptedException e) {
                            return;
                        }
                        if (failed.get() == 1) {
                            return;
                        }
                    }
                }));
            }
            started.await();
            loop.runUntilComplete(
                    loop.spawn(() -> Async.sleep(Duration.ofMillis(2)).await()));
            loop.close();
            for (Thread thread : threads) {
                thread.join();
            }
            if (silent.get() > 0) {
                break;
            }
        }
        assertThat(silent).hasValue(0);
    }
}
