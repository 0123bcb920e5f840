package dev.loop.reactor;

import dev.loop.Async;
import dev.loop.Future;
import dev.loop.RaceException;
import dev.loop.WaitCondition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * Several Monos, of which the first that succeeds is wanted. The winner's future is handed on unread: so what it was granted can go back
 * until the very moment at which the value is passed to the subscriber.
 */
final class Race {

    /** The winner on its way to the subscriber. */
    private record Winner<T extends @Nullable Object>(Future<T> future) {}

    private Race() {}

    static <T> Mono<T> of(List<Mono<? extends T>> monos) {
        if (monos.isEmpty()) {
            throw new IllegalArgumentException("a race of no Monos has no winner: give it at least one");
        }
        return Monos.<Winner<@Nullable T>>from(() -> Async.spawn(() -> run(monos)))
                .doOnDiscard(Winner.class, w -> w.future().cancel("the subscriber of the race cancelled"))
                .flatMap(w -> WaitMono.<T>create(w.future().loop(), w::future));
    }

    private static <T> Winner<@Nullable T> run(List<Mono<? extends T>> monos) {
        var started = new ArrayList<Future<@Nullable T>>();
        Winner<@Nullable T> winner = null;
        try {
            for (Mono<? extends T> mono : monos) {
                started.add(Monos.<T>toFuture(mono));
            }
            winner = first(started);
            return winner;
        } finally {
            if (winner != null) {
                started.remove(winner.future());
            }
            end(started);
        }
    }

    /** The first that has ended, and not with a failure. Its value is not read: it may still have to go back. */
    private static <T> Winner<@Nullable T> first(List<Future<@Nullable T>> started) {
        while (true) {
            var failures = new ArrayList<Throwable>(started.size());
            for (Future<@Nullable T> future : started) {
                if (future.isDone()) {
                    Throwable failure = Outcomes.failure(future);
                    if (failure == null) {
                        return new Winner<>(future);
                    }
                    failures.add(failure);
                }
            }
            if (failures.size() == started.size()) {
                throw new RaceException(failures);
            }
            List<Future<@Nullable T>> running =
                    started.stream().filter(future -> !future.isDone()).toList();
            Async.waitOn(running, WaitCondition.FIRST_COMPLETED).await();
        }
    }

    private static void end(List<? extends Future<?>> losers) {
        losers.forEach(loser -> loser.cancel("another one has won the race"));
        List<? extends Future<?>> running =
                losers.stream().filter(loser -> !loser.isDone()).toList();
        if (!running.isEmpty()) {
            Async.shielded(() -> {
                Async.waitOn(running).await();
            });
        }
        for (Future<?> loser : losers) {
            if (Outcomes.failure(loser) == null) {
                Outcomes.discard(loser, Context.of(ReactorContexts.VIEW.get()));
            }
        }
    }
}
