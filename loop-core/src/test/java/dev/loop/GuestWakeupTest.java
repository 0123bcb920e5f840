package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.internal.ready.Inbox;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * The handshake between a thread that is going to wait for a guest, the host that touches the loop, and another thread that leaves
 * work: every order of their steps, on the real inbox. Each step is one volatile access or goes through the inbox alone, so these
 * are all the orders that there are.
 */
class GuestWakeupTest {

    /** What the three share. */
    private static final class Shared {
        final Inbox inbox = new Inbox(this::woken);
        boolean plan = true;
        boolean leaves;
        boolean sleeps;
        int wakeups;

        private void woken() {
            wakeups++;
        }

        void announce() {
            leaves |= !inbox.beginSleep();
        }

        void look() {
            leaves |= !plan;
        }

        void sleep() {
            sleeps = !leaves;
        }

        void dropPlan() {
            plan = false;
        }

        void leaveWork() {
            inbox.push(() -> {});
        }

        /** It sleeps for good, although there is something to see. */
        boolean isLost() {
            return sleeps && wakeups == 0 && (!plan || !inbox.isEmpty());
        }
    }

    private static final Function<Shared, List<Runnable>> WAITS = s -> List.of(s::announce, s::look, s::sleep);
    private static final Function<Shared, List<Runnable>> TOUCHES = s -> List.of(s::dropPlan, s.inbox::wake);
    private static final Function<Shared, List<Runnable>> LEAVES_WORK = s -> List.of(s::leaveWork);

    @Test
    void aTouchOfTheHostIsNeverLost() {
        assertThat(lost(List.of(WAITS, TOUCHES))).isEmpty();
    }

    @Test
    void workOfAnotherThreadIsNeverLost() {
        assertThat(lost(List.of(WAITS, LEAVES_WORK))).isEmpty();
    }

    @Test
    void touchesAndWorkAtOnceAreNotLostEither() {
        assertThat(lost(List.of(WAITS, TOUCHES, LEAVES_WORK, LEAVES_WORK))).isEmpty();
    }

    /** The broken twins, which show that the orders are looked at. */
    @Test
    void whoLooksBeforeItAnnouncesOrWakesBeforeItChangesLosesATouch() {
        assertThat(lost(List.of(s -> List.of(s::look, s::announce, s::sleep), TOUCHES)))
                .containsExactly("abbaa");
        assertThat(lost(List.of(WAITS, s -> List.of(s.inbox::wake, s::dropPlan))))
                .containsExactlyInAnyOrder("baaab", "baaba");
    }

    /** The orders, as one letter for each thread's step, in which the sleeper would sleep for good. */
    private static List<String> lost(List<Function<Shared, List<Runnable>>> threads) {
        var orders = new ArrayList<String>();
        int[] sizes = threads.stream()
                .mapToInt(thread -> thread.apply(new Shared()).size())
                .toArray();
        enumerate("", sizes, orders);
        return orders.stream().filter(order -> isLost(order, threads)).toList();
    }

    private static void enumerate(String order, int[] left, List<String> orders) {
        boolean over = true;
        for (int t = 0; t < left.length; t++) {
            if (left[t] > 0) {
                over = false;
                left[t]--;
                enumerate(order + (char) ('a' + t), left, orders);
                left[t]++;
            }
        }
        if (over) {
            orders.add(order);
        }
    }

    private static boolean isLost(String order, List<Function<Shared, List<Runnable>>> threads) {
        var shared = new Shared();
        var steps = new ArrayList<List<Runnable>>();
        for (Function<Shared, List<Runnable>> thread : threads) {
            steps.add(new ArrayList<>(thread.apply(shared)));
        }
        order.chars().forEach(c -> steps.get(c - 'a').removeFirst().run());
        return shared.isLost();
    }
}
