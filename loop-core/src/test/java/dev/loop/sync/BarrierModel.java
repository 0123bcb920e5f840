package dev.loop.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random arrivals, cancels, resets and aborts, on the futures themselves. */
final class BarrierModel {

    private final Random random;
    private final int parties;
    private final Barrier barrier;
    private final List<Future<Integer>> waiting = new ArrayList<>();
    private final List<Future<Integer>> done = new ArrayList<>();
    private long rounds;
    private boolean broken;

    BarrierModel(Random random) {
        this.random = random;
        parties = 1 + random.nextInt(4);
        barrier = new Barrier(parties);
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            switch (random.nextInt(12)) {
                case 0 -> end(false);
                case 1 -> end(true);
                case 2, 3 -> cancel();
                default -> arrive();
            }
            Model.expect(
                    barrier.statistics(), new Barrier.Statistics(parties, waiting.size(), rounds, broken), "standing");
            if (waiting.stream().anyMatch(Future::isDone) || done.stream().anyMatch(Future::cancel)) {
                throw new AssertionError("a wait of this round is over, or one of an earlier round could be cancelled");
            }
        }
        end(false);
    }

    private void arrive() {
        Future<Integer> future = barrier.arrive();
        if (broken) {
            assertBroken(future);
            return;
        }
        waiting.add(future);
        if (waiting.size() == parties) {
            rounds++;
            for (int index = 0; index < parties; index++) {
                assertThat(waiting.get(index).result()).isEqualTo(index);
            }
            done.addAll(waiting);
            waiting.clear();
        }
    }

    private void cancel() {
        if (!waiting.isEmpty()) {
            Future<Integer> future = waiting.remove(random.nextInt(waiting.size()));
            assertThat(future.cancel()).isTrue();
        }
    }

    private void end(boolean abort) {
        if (abort) {
            barrier.abort();
        } else {
            barrier.reset();
        }
        broken = abort;
        waiting.forEach(BarrierModel::assertBroken);
        waiting.clear();
    }

    private static void assertBroken(Future<Integer> future) {
        assertThatThrownBy(future::await).isInstanceOf(BrokenBarrierException.class);
    }
}
