package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.staggeredRace;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts that begin one after another; the first value wins. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StaggeredRaceTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration NEVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertNothingIsLeft() {
        assertThat(EventLoop.current().allTasks()).containsExactly(currentTask());
        assertThat(EventLoop.current().timers.size()).isZero();
    }

    private void note(String what) {
        order.add(Duration.ofNanos(EventLoop.current().time()).toSeconds() + " " + what);
    }

    /** An attempt that begins, takes its time, and tells its end. */
    private Callable<String> attempt(String name, int seconds, Callable<String> end) {
        return () -> {
            note(name + " begins");
            try {
                sleep(SECOND.multipliedBy(seconds)).await();
                return end.call();
            } catch (CancelledException e) {
                note(name + " cancelled");
                throw e;
            }
        };
    }

    private Callable<String> value(String name, int seconds) {
        return attempt(name, seconds, () -> name);
    }

    private Callable<String> failure(String name, int seconds) {
        return attempt(name, seconds, () -> {
            throw new IOException(name);
        });
    }

    // --- who wins

    @Test
    void anAttemptThatIsQuickWinsAloneAndTheOthersNeverBegin() {
        TestLoop.run(() -> {
            assertThat(staggeredRace(List.of(value("a", 1), value("b", 1)), SECOND.multipliedBy(2))
                            .await())
                    .isEqualTo("a");
            assertThat(order).containsExactly("0 a begins");
            assertNow(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    @Tag("unseeded") // two causes at one instant: the value has to come before the delay
    void eachDelayBeginsOneMoreAndTheFirstValueCancelsTheOthers() {
        TestLoop.run(() -> {
            String winner = staggeredRace(
                            List.of(value("a", 60), value("b", 2), value("c", 60), value("d", 60)), SECOND)
                    .await();
            assertThat(winner).isEqualTo("b");
            assertThat(order)
                    .containsExactly("0 a begins", "1 b begins", "2 c begins", "3 a cancelled", "3 c cancelled");
            assertNow(SECOND.multipliedBy(3));
            assertNothingIsLeft();
        });
    }

    @Test
    void aFailureBeginsTheNextOneAtOnceAndTheDelayAnew() {
        TestLoop.run(() -> {
            String winner = staggeredRace(
                            List.of(failure("a", 1), value("b", 60), value("c", 1)), SECOND.multipliedBy(10))
                    .await();
            assertThat(winner).isEqualTo("c");
            assertThat(order).containsExactly("0 a begins", "1 b begins", "11 c begins", "12 b cancelled");
            assertNothingIsLeft();
        });
    }

    @Test
    void theFailureOfAnEarlierOneThanTheLastDoesNotHurryTheNext() {
        TestLoop.run(() -> {
            staggeredRace(List.of(failure("a", 11), value("b", 60), value("c", 1)), SECOND.multipliedBy(10))
                    .await();
            assertThat(order).containsExactly("0 a begins", "10 b begins", "20 c begins", "21 b cancelled");
        });
    }

    @Test
    void withoutADelayAllBeginOneAfterAnother() {
        TestLoop.run(() -> {
            assertThat(staggeredRace(List.of(value("a", 3), value("b", 1), value("c", 2)), Duration.ZERO)
                            .await())
                    .isEqualTo("b");
            assertNow(SECOND);
        });
    }

    @Test
    void withADelayForEverOnlyAFailureBeginsTheNext() {
        TestLoop.run(() -> {
            assertThat(staggeredRace(List.of(failure("a", 1), value("b", 1000), value("c", 0)), NEVER)
                            .await())
                    .isEqualTo("b");
            assertThat(order).containsExactly("0 a begins", "1 b begins");
        });
    }

    @Test
    void twoThatEndAtTheSameInstantHaveOneWinner() {
        TestLoop.run(() -> {
            assertThat(staggeredRace(List.of(value("a", 2), value("b", 1)), SECOND)
                            .await())
                    .isEqualTo("a");
            assertNothingIsLeft();
        });
    }

    @Test
    void nullIsAValue() {
        TestLoop.run(() -> assertThat(staggeredRace(List.<Callable<String>>of(() -> null), SECOND)
                        .await())
                .isNull());
    }

    // --- losers

    @Test
    void theRaceEndsWhenTheLosersHaveCleanedUp() {
        TestLoop.run(() -> {
            Callable<String> tidy = () -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add("caught " + e.reason());
                } finally {
                    order.add("tidied");
                }
                return "late, and dropped";
            };
            assertThat(staggeredRace(List.of(tidy, value("b", 1)), SECOND).await())
                    .isEqualTo("b");
            assertThat(order).containsExactly("1 b begins", "caught another attempt has won the race", "tidied");
            assertNothingIsLeft();
        });
    }

    @Test
    void aLoserCannotGoOnByCatchingTheCancel() {
        TestLoop.run(() -> {
            Callable<String> stubborn = () -> {
                for (int i = 0; i < 3; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add("caught");
                    }
                }
                throw new IOException("and its failure is of no interest");
            };
            staggeredRace(List.of(stubborn, value("b", 1)), SECOND).await();
            assertThat(order).containsExactly("1 b begins", "caught", "caught", "caught");
            assertNow(SECOND.multipliedBy(2));
        });
    }

    // --- failures

    @Test
    void ifAllFailEveryFailureIsTold() {
        TestLoop.run(() -> {
            Future<String> race = staggeredRace(List.of(failure("a", 5), failure("b", 1), failure("c", 1)), SECOND);
            assertThatThrownBy(race::await)
                    .isInstanceOf(RaceException.class)
                    .hasMessageContaining("3 attempts")
                    .hasCauseInstanceOf(IOException.class)
                    .satisfies(e -> {
                        assertThat(e.getCause()).hasMessage("a");
                        assertThat(e.getSuppressed())
                                .extracting(Throwable::getMessage)
                                .containsExactly("b", "c");
                        assertThat(((RaceException) e).failures())
                                .extracting(Throwable::getMessage)
                                .containsExactly("a", "b", "c");
                    });
            assertNow(SECOND.multipliedBy(5));
            assertNothingIsLeft();
        });
    }

    @Test
    void theSameFailureTwiceIsToldTwice() {
        TestLoop.run(() -> {
            var boom = new IllegalArgumentException("boom");
            Callable<String> fails = () -> {
                throw boom;
            };
            assertThatThrownBy(staggeredRace(List.of(fails, fails), NEVER)::await)
                    .hasCause(boom)
                    .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(boom));
        });
    }

    @Test
    void anAttemptThatSomebodyCancelsHasFailed() {
        TestLoop.run(() -> {
            Future<String> race = staggeredRace(List.of(value("a", 60), value("b", 1)), NEVER);
            yieldNow();
            EventLoop.current().allTasks().stream()
                    .filter(task -> task.name().equals("attempt-0"))
                    .forEach(Task::cancel);
            assertThat(race.await()).isEqualTo("b");
        });
    }

    @Test
    void anAttemptThatSomebodyCancelsBeforeItsTurnIsPassedOver() {
        TestLoop.run(() -> {
            Future<String> race = staggeredRace(List.of(failure("a", 1), value("b", 1), value("c", 1)), NEVER);
            yieldNow();
            EventLoop.current().allTasks().stream()
                    .filter(task -> task.name().equals("attempt-1"))
                    .forEach(Task::cancel);
            assertThat(race.await()).isEqualTo("c");
            assertThat(order).containsExactly("0 a begins", "1 c begins");
        });
    }

    // --- cancels

    @Test
    void aCancelEndsAllAndWaitsForThem() {
        TestLoop.run(() -> {
            Callable<String> slowToEnd = () -> {
                try {
                    return sleep(HOUR, "slept").await();
                } finally {
                    note("ended");
                }
            };
            Task<String> task = spawn(() -> staggeredRace(List.of(slowToEnd, value("b", 60), value("c", 60)), SECOND)
                    .await());
            sleep(Duration.ofMillis(1500)).await();
            task.cancel("reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(order).containsExactlyInAnyOrder("1 b begins", "1 ended", "1 b cancelled");
            assertNow(Duration.ofMillis(1500));
            assertNothingIsLeft();
        });
    }

    @Test
    void aCancelBeforeTheFirstStepRunsNothing() {
        TestLoop.run(() -> {
            Future<String> race = staggeredRace(List.of(value("a", 1), value("b", 1)), SECOND);
            assertThat(race.cancel()).isTrue();
            assertThatThrownBy(race::await).isInstanceOf(CancelledException.class);
            assertThat(order).isEmpty();
            assertThat(race.cancel()).isFalse();
            assertNothingIsLeft();
        });
    }

    @Test
    void aRaceThatHasAWinnerRefusesACancelAndTheValueFollows() {
        TestLoop.run(() -> {
            Promise<String> tidy = EventLoop.current().promise((_, _) -> false); // its wait ends when it likes
            Future<String> race = staggeredRace(List.of(() -> tidy.await(), value("b", 1)), SECOND);
            Task<String> task = spawn(() -> race.await());
            sleep(SECOND.multipliedBy(2)).await();
            yieldNow();
            task.cancel("too late");
            tidy.complete("late");
            assertThat(task.await()).isEqualTo("b");
        });
    }

    @Test
    void anAttemptThatEndsWithAValueInAnswerToTheCancelIsNotLost() {
        TestLoop.run(() -> {
            Callable<String> refuses = () -> {
                try {
                    return sleep(HOUR, "slept").await();
                } catch (CancelledException e) {
                    return "opened just now";
                }
            };
            Future<String> race = staggeredRace(List.of(refuses), SECOND);
            yieldNow();
            race.cancel();
            assertThat(race.await()).isEqualTo("opened just now");
        });
    }

    @Test
    void aWinnerAndACancelAtTheSameInstant() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<String> race = staggeredRace(List.<Callable<String>>of(promise::await), SECOND);
            Task<String> task = spawn(() -> race.await());
            yieldNow();
            yieldNow();
            promise.complete("value");
            task.cancel("too late");
            assertThat(task.await()).isEqualTo("value");
        });
    }

    // --- the rest

    @Test
    void itNamesTheAttemptsThatItWaitsFor() {
        TestLoop.run(() -> {
            Future<String> race = staggeredRace(List.of(value("a", 1), value("b", 1)), SECOND);
            assertThat(race.dependencies())
                    .extracting(task -> ((Task<?>) task).name())
                    .containsExactly("attempt-0", "attempt-1");
            race.await();
        });
    }

    @Test
    void badInputIsRefusedBeforeAnythingBegins() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            staggeredRace(List.<Callable<String>>of(), SECOND).isDone())
                    .withMessageContaining("at least one");
            assertThatNullPointerException()
                    .isThrownBy(() -> staggeredRace(Arrays.asList(value("a", 1), null), SECOND)
                            .isDone());
            assertThatNullPointerException()
                    .isThrownBy(
                            () -> staggeredRace(List.of(value("a", 1)), null).isDone());
            assertNothingIsLeft();
        });
    }
}
