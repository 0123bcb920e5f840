package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The parking lot beneath locks and queues. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitQueueTest {

    private final List<String> back = new ArrayList<>();

    @Test
    void whoHasWaitedLongestIsServedFirst() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, Integer>(EventLoop.current(), (value, _, _) -> back.add(value));
            assertThat(queue.isEmpty()).isTrue();
            Future<String> one = queue.park(1);
            Future<String> two = queue.park(2);
            assertThat(queue.size()).isEqualTo(2);
            assertThat(queue.firstAttachment()).isEqualTo(1);
            assertThat(queue.grant("a")).isTrue();
            assertThat(one.await()).isEqualTo("a");
            assertThat(two.isDone()).isFalse();
            assertThat(queue.firstAttachment()).isEqualTo(2);
            assertThat(queue.fail(new IllegalArgumentException("boom"))).isTrue();
            assertThatThrownBy(two::await).hasMessage("boom");
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void whereNobodyWaitsNothingIsTaken() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, Integer>(EventLoop.current(), (value, _, _) -> back.add(value));
            assertThat(queue.grant("a")).isFalse();
            assertThat(queue.fail(new IllegalArgumentException())).isFalse();
            assertThatIllegalStateException().isThrownBy(queue::firstAttachment);
            assertThat(back).isEmpty();
        });
    }

    @Test
    void aCancelledWaitLeavesFromWhereverItStands() {
        TestLoop.run(() -> {
            for (int victim = 0; victim < 3; victim++) {
                var queue = new WaitQueue<String, Integer>(EventLoop.current(), (value, _, _) -> back.add(value));
                var waits = List.of(queue.park(0), queue.park(1), queue.park(2));
                assertThat(waits.get(victim).cancel("not needed")).isTrue();
                assertThat(waits.get(victim).cancel()).isFalse();
                assertThat(queue.size()).isEqualTo(2);
                queue.grant("a");
                queue.grant("b");
                assertThat(queue.grant("c")).isFalse();
                for (int i = 0; i < 3; i++) {
                    assertThat(waits.get(i).isCancelled()).isEqualTo(i == victim);
                }
            }
        });
    }

    @Test
    void aGrantThatNobodyHasReadGoesBack() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(EventLoop.current(), (value, _, _) -> back.add(value));
            Future<String> parked = queue.park(null);
            queue.grant("parked");
            Future<String> atOnce = queue.granted("at once", null);
            assertThat(parked.cancel()).isTrue();
            assertThat(atOnce.cancel()).isTrue();
            assertThat(atOnce.cancel()).isFalse();
            assertThat(back).containsExactly("parked", "at once");
            assertThat(parked.isCancelled()).isTrue();
            assertThatThrownBy(atOnce::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void aGrantComesBackWithTheNumberThatItHad() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(
                    EventLoop.current(), (value, _, ticket) -> back.add(value + ticket));
            Future<String> parked = queue.park(null);
            assertThat(queue.grant("parked ", 7)).isTrue();
            assertThat(queue.grant("nobody is there ", 8)).isFalse();
            Future<String> atOnce = queue.granted("at once ", null, 3);
            Future<String> numberedHere = queue.granted("first of this queue ", null);
            for (Future<String> wait : List.of(parked, atOnce, numberedHere)) {
                assertThat(wait.cancel()).isTrue();
            }
            assertThat(back).containsExactly("parked 7", "at once 3", "first of this queue 0");
        });
    }

    @Test
    void aGrantThatWasReadStays() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(EventLoop.current(), (value, _, _) -> back.add(value));
            Future<String> read = queue.granted("read", null);
            assertThat(read.result()).isEqualTo("read");
            assertThat(read.cancel()).isFalse();
            assertThat(read.isCancelled()).isFalse();
            Future<String> awaited = queue.park(null);
            Task<String> task = spawn(() -> awaited.await());
            yieldNow();
            queue.grant("awaited");
            assertThat(task.await()).isEqualTo("awaited");
            assertThat(awaited.cancel()).isFalse();
            assertThat(back).isEmpty();
        });
    }

    @Test
    void aGrantThatCannotBeUndoneRefusesACancel() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(EventLoop.current(), null);
            Future<String> wait = queue.park(null);
            queue.grant("final");
            assertThat(wait.cancel()).isFalse();
            assertThat(wait.await()).isEqualTo("final");
        });
    }

    @Test
    void aTaskThatIsCancelledAfterItsGrantKeepsIt() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(EventLoop.current(), (value, _, _) -> back.add(value));
            var got = new ArrayList<String>();
            Task<?> task = spawn(() -> {
                got.add(queue.park(null).await());
                yieldNow();
                got.add("too far");
            });
            yieldNow();
            queue.grant("granted");
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(got).containsExactly("granted");
            assertThat(back).isEmpty();
        });
    }

    @Test
    void aTaskThatIsCancelledBeforeItsGrantLeavesItToTheNext() {
        TestLoop.run(() -> {
            var queue = new WaitQueue<String, @Nullable Void>(EventLoop.current(), (value, _, _) -> back.add(value));
            Task<String> one = spawn(() -> queue.park(null).await());
            Task<String> two = spawn(() -> queue.park(null).await());
            yieldNow();
            one.cancel();
            queue.grant("granted");
            assertThat(two.await()).isEqualTo("granted");
            assertThat(one.isCancelled()).isTrue();
        });
    }

    @Test
    void whoHearsOfAWithdrawalMayCancelTheSameWaitAgain() {
        TestLoop.run(() -> {
            List<Future<String>> waits = new ArrayList<>();
            var queue = new WaitQueue<String, Integer>(
                    EventLoop.current(),
                    null,
                    List::of,
                    which -> back.add(which + " " + waits.get(which).cancel()));
            waits.add(queue.park(0));
            waits.add(queue.park(1));
            assertThat(waits.get(0).cancel()).isTrue();
            assertThat(back).containsExactly("0 false");
            assertThat(queue.size()).isEqualTo(1);
            assertThat(queue.grant("a")).isTrue();
            assertThat(waits.get(1).await()).isEqualTo("a");
        });
    }
}
