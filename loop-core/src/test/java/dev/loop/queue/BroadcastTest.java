package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.WaitQueue;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Everybody who has subscribed sees every item, or is known not to. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BroadcastTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> slow = new ArrayList<>();

    private Broadcast<Integer> broadcast(int replay) {
        var broadcast = new Broadcast<Integer>(replay);
        broadcast.whenSlow(subscription -> slow.add(subscription.name()));
        return broadcast;
    }

    private static void publish(Broadcast<Integer> broadcast, int... items) {
        for (int item : items) {
            assertThat(broadcast.tryPublish(item)).isTrue();
        }
    }

    private static List<Integer> drain(Subscription<Integer> subscription) {
        var items = new ArrayList<Integer>();
        for (Integer item = subscription.tryReceive(); item != null; item = subscription.tryReceive()) {
            items.add(item);
        }
        return items;
    }

    // --- the plain case

    @Test
    void everySubscriberSeesWhatIsPublishedAfterItSubscribed() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            publish(broadcast, 0);
            var one = broadcast.subscribe("one");
            assertThat(broadcast.publish(1)).isSameAs(EventLoop.current().done());
            var two = broadcast.subscribe("two");
            publish(broadcast, 2, 3);
            assertThat(drain(one)).containsExactly(1, 2, 3);
            assertThat(drain(two)).containsExactly(2, 3);
            one.close();
            publish(broadcast, 4);
            assertThat(drain(two)).containsExactly(4);
            assertThat(two.tryReceive()).isNull();
            two.close();
        });
    }

    @Test
    void aReceiveWaitsForTheNextItem() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var subscription = broadcast.subscribe("one");
            var waits = List.of(subscription.receive(), subscription.receive());
            EventLoop.current().callLater(SECOND, () -> publish(broadcast, 1, 2));
            assertThat(gather(waits).await()).containsExactly(1, 2);
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void aNewSubscriberSeesTheLastOnesFirst() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(3);
            publish(broadcast, 1, 2, 3, 4);
            var all = broadcast.subscribe("all");
            var small = broadcast.subscribe("small", 2, SlowPolicy.DISCONNECT);
            assertThat(drain(all)).containsExactly(2, 3, 4);
            assertThat(drain(small)).containsExactly(3, 4);
            broadcast.close();
            var late = broadcast.subscribe("late");
            assertThat(late.receive().await()).isEqualTo(2);
            late.forEach(_ -> {});
            assertThatThrownBy(late::tryReceive).isInstanceOf(ChannelClosedException.class);
            assertThat(slow).isEmpty();
        });
    }

    // --- those who are slow

    @Test
    void aPublisherWaitsForTheSlowest() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var quick = broadcast.subscribe("quick", 9, SlowPolicy.WAIT);
            var slowly = broadcast.subscribe("slow", 1, SlowPolicy.WAIT);
            publish(broadcast, 1);
            assertThat(broadcast.tryPublish(0)).isFalse();
            Future<?> two = broadcast.publish(2);
            Future<?> three = broadcast.publish(3);
            yieldNow();
            assertThat(slow).containsExactly("slow");
            assertThat(drain(quick)).containsExactly(1); // nobody sees an item that waits
            assertThat(broadcast.tryPublish(0)).isFalse();
            assertThat(slowly.receive().await()).isEqualTo(1);
            assertThat(two.isDone()).isTrue();
            assertThat(three.isDone()).isFalse();
            assertThat(slowly.tryReceive()).isEqualTo(2);
            three.await();
            assertThat(drain(quick)).containsExactly(2, 3);
            assertThat(drain(slowly)).containsExactly(3);
            yieldNow();
            assertThat(slow).containsExactly("slow"); // once
        });
    }

    @Test
    void aPublishThatIsCancelledReachesNobody() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(2);
            var one = broadcast.subscribe("one", 1, SlowPolicy.WAIT);
            publish(broadcast, 1);
            Task<?> task = spawn(() -> broadcast.publish(2).await());
            Future<?> three = broadcast.publish(3);
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(drain(one)).containsExactly(1, 3);
            three.await();
            Future<?> four = broadcast.publish(4);
            assertThat(four.cancel()).isFalse(); // it was published
            assertThat(drain(broadcast.subscribe("two"))).containsExactly(3, 4);
        });
    }

    @Test
    void whoeverUnsubscribesLetsThePublishersGoOn() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var quick = broadcast.subscribe("quick");
            var gone = broadcast.subscribe("gone", 1, SlowPolicy.WAIT);
            publish(broadcast, 1);
            var waits = List.of(broadcast.publish(2), broadcast.publish(3));
            gone.close();
            gone.close();
            gather(waits).await();
            assertThat(drain(quick)).containsExactly(1, 2, 3);
            assertThatThrownBy(gone::tryReceive)
                    .isInstanceOf(ChannelClosedException.class)
                    .hasMessageContaining("'gone'");
            assertThat(broadcast.statistics().subscribers()).hasSize(1);
        });
    }

    @Test
    void theOldestIsDropped() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one", 2, SlowPolicy.DROP_OLDEST);
            publish(broadcast, 1, 2, 3, 4);
            assertThat(one.statistics())
                    .isEqualTo(new Subscription.Statistics("one", SlowPolicy.DROP_OLDEST, 2, 2, 2, 0, 2, true, false));
            assertThat(drain(one)).containsExactly(3, 4);
            yieldNow();
            assertThat(slow).containsExactly("one");
        });
    }

    @Test
    void theNewestIsDropped() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one", 2, SlowPolicy.DROP_NEWEST);
            publish(broadcast, 1, 2, 3, 4);
            assertThat(one.statistics().dropped()).isEqualTo(2);
            assertThat(one.tryReceive()).isEqualTo(1);
            publish(broadcast, 5);
            assertThat(drain(one)).containsExactly(2, 5);
            yieldNow();
            assertThat(slow).containsExactly("one");
        });
    }

    @Test
    void aSubscriberIsLetGo() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one", 2, SlowPolicy.DISCONNECT);
            publish(broadcast, 1, 2, 3, 4);
            assertThat(broadcast.statistics().subscribers()).isEmpty();
            var seen = new ArrayList<Integer>();
            assertThatThrownBy(() -> one.forEach(seen::add))
                    .isInstanceOfSatisfying(SlowSubscriberException.class, e -> {
                        assertThat(e.name()).isEqualTo("one");
                        assertThat(e.behind()).isEqualTo(3);
                    })
                    .hasMessageContaining("'one'")
                    .hasMessageContaining("3 items behind");
            assertThat(seen).containsExactly(1, 2); // all that came before
            assertThat(one).hasToString("Subscription['one', DISCONNECT, 0 of 2 items, 0 dropped, ended]");
            assertThatThrownBy(() -> one.receive().await()).isInstanceOf(SlowSubscriberException.class);
            one.close();
            yieldNow();
            assertThat(slow).containsExactly("one");
        });
    }

    @Test
    void whoIsSlowIsLoggedIfNobodyElseIsTold() {
        var log = (Logger) LoggerFactory.getLogger(Broadcast.class);
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        log.addAppender(lines);
        log.setAdditive(false);
        try {
            TestLoop.run(() -> {
                var broadcast = new Broadcast<Integer>();
                var one = broadcast.subscribe("one", 1, SlowPolicy.DROP_NEWEST);
                publish(broadcast, 1, 2, 3);
                assertThat(drain(one)).containsExactly(1);
            });
        } finally {
            log.detachAppender(lines);
            log.setAdditive(true);
        }
        assertThat(lines.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage()).contains("does not keep up", "'one'"));
    }

    @Test
    void aListenerThatFailsIsReportedAndHarmsNobody() {
        var loop = new TestLoop();
        loop.runMain(() -> {
            var broadcast = new Broadcast<Integer>();
            broadcast.whenSlow(_ -> {
                throw new IllegalArgumentException("boom");
            });
            var one = broadcast.subscribe("one", 1, SlowPolicy.DROP_NEWEST);
            publish(broadcast, 1, 2);
            yieldNow();
            assertThat(drain(one)).containsExactly(1);
        });
        assertThat(loop.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.exception()).hasMessage("boom"));
    }

    // --- cancels

    @Test
    void whatNobodyHasReadGoesToTheNextOrBack() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one", 2, SlowPolicy.WAIT);
            publish(broadcast, 1, 2);
            Future<Integer> first = one.receive();
            Future<Integer> second = one.receive();
            Future<Integer> third = one.receive();
            assertThat(first.cancel()).isTrue();
            assertThat(third.await()).isEqualTo(1);
            assertThat(second.cancel()).isTrue();
            publish(broadcast, 3);
            assertThat(broadcast.tryPublish(4)).isFalse();
            assertThat(drain(one)).containsExactly(2, 3);
            publish(broadcast, 5);
            Future<Integer> dropped = one.receive();
            one.close();
            assertThat(dropped.cancel()).isTrue();
            assertThat(one.statistics().items()).isZero();
        });
    }

    // --- the end

    @Test
    void aCloseEndsTheIterationsWhenAllIsTaken() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var sums = new ArrayList<Integer>();
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                var subscription = broadcast.subscribe("number " + i, 2, SlowPolicy.WAIT);
                tasks.add(spawn(() -> {
                    int sum = 0;
                    for (int item : subscription) {
                        sleep(SECOND).await();
                        sum += item;
                    }
                    sums.add(sum);
                }));
            }
            for (int i = 0; i < 10; i++) {
                broadcast.publish(i).await();
            }
            broadcast.close();
            broadcast.close();
            gather(tasks).await();
            assertThat(sums).containsExactly(45, 45, 45);
            assertThat(EventLoop.current().time())
                    .isEqualTo(SECOND.multipliedBy(10).toNanos());
        });
    }

    @Test
    void aCloseFailsWhoWaits() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var empty = broadcast.subscribe("empty");
            var full = broadcast.subscribe("full", 1, SlowPolicy.WAIT);
            publish(broadcast, 1);
            Task<?> publisher = spawn(() -> broadcast.publish(2).await());
            assertThat(empty.tryReceive()).isEqualTo(1);
            Task<Integer> receiver = spawn(() -> empty.receive().await());
            yieldNow();
            broadcast.close(new IOException("gone"));
            assertThatThrownBy(publisher::await)
                    .isInstanceOf(ChannelClosedException.class)
                    .hasRootCauseMessage("gone");
            assertThatThrownBy(receiver::await)
                    .isInstanceOf(ChannelClosedException.class)
                    .hasRootCauseMessage("gone");
            var seen = new ArrayList<Integer>();
            assertThatThrownBy(() -> full.forEach(seen::add)).hasRootCauseMessage("gone");
            assertThat(seen).containsExactly(1);
            assertThatThrownBy(() -> broadcast.publish(3).await()).isInstanceOf(ChannelClosedException.class);
            assertThatThrownBy(() -> broadcast.tryPublish(3)).isInstanceOf(ChannelClosedException.class);
            assertThat(broadcast.isClosed()).isTrue();
        });
    }

    // --- figures, mistakes, select

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one", 1, SlowPolicy.WAIT);
            publish(broadcast, 1);
            Future<?> waits = broadcast.publish(2);
            assertThat(broadcast.statistics())
                    .isEqualTo(new Broadcast.Statistics(1, 1, List.of(one.statistics()), false));
            assertThat(broadcast).hasToString("Broadcast[1 published, 1 publishing, 1 subscribers]");
            waits.cancel();
            broadcast.close();
            assertThat(broadcast).hasToString("Broadcast[1 published, 0 publishing, 0 subscribers, closed]");
        });
    }

    @Test
    void badInputIsRefused() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Broadcast<Integer>(-1))
                    .withMessageContaining("-1");
            Broadcast<Integer> broadcast = broadcast(0);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> broadcast.subscribe("one", 0, SlowPolicy.WAIT))
                    .withMessageContaining("0");
            assertThatNullPointerException().isThrownBy(() -> broadcast.subscribe(null));
            assertThatNullPointerException().isThrownBy(() -> broadcast.tryPublish(null));
            assertThatNullPointerException().isThrownBy(() -> broadcast.close(null));
        });
    }

    @Test
    void aSelectMayWaitForIt() {
        TestLoop.run(() -> {
            Broadcast<Integer> broadcast = broadcast(0);
            var one = broadcast.subscribe("one");
            EventLoop.current().callLater(SECOND, () -> {
                publish(broadcast, 1);
                broadcast.close();
            });
            var seen = new ArrayList<String>();
            for (int i = 0; i < 2; i++) {
                seen.add(Select.first(Clause.receive(one, x -> "item " + x, _ -> "the end")));
            }
            assertThat(seen).containsExactly("item 1", "the end");
        });
    }

    @Test
    void whoWaitsToPublishOrToReceiveTakesNobodyElsesTurn() {
        TestLoop.run(() -> {
            var broadcast = new Broadcast<Integer>();
            Subscription<Integer> own = broadcast.subscribe("own");
            Subscription<Integer> slow = broadcast.subscribe("slow", 1, SlowPolicy.WAIT);
            publish(broadcast, 0);
            assertThat(own.tryReceive()).isZero();
            Future<Integer> first = WaitQueue.first(
                    EventLoop.current(), List.of(broadcast.publish(1), own.receive()), List.of(), (index, _) -> index);
            Future<?> next = broadcast.publish(2);
            assertThat(slow.tryReceive()).isZero();
            assertThat(first.await()).isZero(); // it has published
            assertThat(next.isDone()).isFalse();
            assertThat(slow.tryReceive()).isEqualTo(1);
            assertThat(slow.tryReceive()).isEqualTo(2);
            assertThat(own.statistics().items()).isEqualTo(2);
            assertThat(next.isDone()).isTrue();
        });
    }

    @Test
    @Tag("unseeded") // many of one kind
    void manySubscribersThatAreWaitedForAndLeaveTakeNoLongEach() {
        TestLoop.run(() -> {
            var broadcast = new Broadcast<Integer>();
            broadcast.whenSlow(_ -> {});
            List<Subscription<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 100_000; i++) {
                all.add(broadcast.subscribe("s", 1, SlowPolicy.WAIT));
            }
            publish(broadcast, 0);
            Future<?> one = broadcast.publish(1);
            Future<?> two = broadcast.publish(2);
            for (Subscription<Integer> subscription : all.reversed()) {
                assertThat(one.isDone()).isFalse();
                assertThat(subscription.tryReceive()).isZero();
            }
            assertThat(one.isDone()).isTrue();
            assertThat(two.isDone()).isFalse();
            all.reversed().forEach(Subscription::close);
            assertThat(two.isDone()).isTrue();
            assertThat(broadcast.statistics().subscribers()).isEmpty();
        });
    }
}
