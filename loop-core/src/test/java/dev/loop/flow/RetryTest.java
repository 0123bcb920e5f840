package dev.loop.flow;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.CancelledException;
import dev.loop.Deadline;
import dev.loop.EventLoop;
import dev.loop.TaskGroup;
import dev.loop.TaskGroupException;
import dev.loop.TimeoutException;
import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RetryTest {

    private static Duration now() {
        return ofNanos(EventLoop.current().time());
    }

    private static RetryBuilder doubling(int attempts) {
        return Retry.builder().attempts(attempts).backoff(ofSeconds(1), 2, ofSeconds(5));
    }

    /** Fails as often as it is told, and writes down when. */
    private static final class Flaky {
        private final List<Duration> instants = new ArrayList<>();
        private final List<IOException> failures = new ArrayList<>();
        private final int times;

        Flaky(int times) {
            this.times = times;
        }

        String call() throws IOException {
            instants.add(now());
            if (instants.size() <= times) {
                failures.add(new IOException("failure " + instants.size()));
                throw failures.getLast();
            }
            return "after " + (instants.size() - 1) + " failures";
        }
    }

    @Test
    void aFirstSuccessIsAll() {
        TestLoop.run(() -> {
            var body = new Flaky(0);
            assertThat(doubling(3).build().call(body::call)).isEqualTo("after 0 failures");
            assertThat(now()).isEqualTo(ZERO);
        });
    }

    @Test
    void delaysGrowUpToTheirCap() {
        TestLoop.run(() -> {
            var body = new Flaky(5);
            assertThat(doubling(6).build().call(body::call)).isEqualTo("after 5 failures");
            assertThat(body.instants)
                    .containsExactly(ZERO, ofSeconds(1), ofSeconds(3), ofSeconds(7), ofSeconds(12), ofSeconds(17));
        });
    }

    @Test
    void thePolicyWithoutSettingsMakesThreeAttempts() {
        TestLoop.run(() -> {
            var body = new Flaky(9);
            assertThatThrownBy(() -> Retry.builder().build().call(body::call)).hasMessage("failure 3");
            assertThat(body.instants).containsExactly(ZERO, ofMillis(100), ofMillis(300));
        });
    }

    @Test
    void aPolicyIsUsedAgainAndByManyAtATime() {
        TestLoop.run(() -> {
            var retry = doubling(4).build();
            var bodies = List.of(new Flaky(3), new Flaky(1), new Flaky(2));
            var tasks = bodies.stream()
                    .map(body -> spawn(() -> retry.call(body::call)))
                    .toList();
            tasks.forEach(task -> task.await());
            assertThat(bodies.get(0).instants).containsExactly(ZERO, ofSeconds(1), ofSeconds(3), ofSeconds(7));
            assertThat(bodies.get(1).instants).containsExactly(ZERO, ofSeconds(1));
            assertThat(bodies.get(2).instants).containsExactly(ZERO, ofSeconds(1), ofSeconds(3));
        });
    }

    @Test
    void theLastFailureTellsOfTheOthersAndHowManyInHowLong() {
        TestLoop.run(() -> {
            var body = new Flaky(9);
            var failure = catchThrowable(() -> doubling(3).build().call(body::call));
            assertThat(failure).isSameAs(body.failures.get(2));
            assertThat(failure.getSuppressed()).hasSize(3);
            assertThat(failure.getSuppressed()[0]).hasMessage("gave up after 3 attempts in PT3S");
            assertThat(failure.getSuppressed()).endsWith(body.failures.get(0), body.failures.get(1));
        });
    }

    @Test
    void onlyTheLatestOfManyFailuresAreKept() {
        TestLoop.run(() -> {
            var body = new Flaky(1000);
            var failure = catchThrowable(
                    () -> Retry.builder().attempts(100).delay(ZERO).build().call(body::call));
            assertThat(failure.getSuppressed()).hasSize(9);
            assertThat(failure.getSuppressed()[0])
                    .hasMessage("gave up after 100 attempts in PT0S; the first 91 failures are left out here");
            assertThat(failure.getSuppressed()[1]).isSameAs(body.failures.get(91));
            assertThat(failure.getSuppressed()[8]).isSameAs(body.failures.get(98));
        });
    }

    @Test
    void aFailureThatIsTheSameObjectEachTimeDoesNotGrow() {
        TestLoop.run(() -> {
            var always = new IllegalStateException("always the same");
            var retry = Retry.builder().attempts(20).delay(ZERO).build();
            for (int i = 0; i < 100; i++) {
                assertThat(catchThrowable(() -> retry.run(() -> {
                            throw always;
                        })))
                        .isSameAs(always);
            }
            assertThat(always.getSuppressed()).hasSizeLessThanOrEqualTo(32).doesNotContain(always);
        });
    }

    @Test
    void oneAttemptIsNoRetry() {
        TestLoop.run(() -> {
            var body = new Flaky(1);
            var failure = catchThrowable(() -> doubling(1).build().call(body::call));
            assertThat(failure).isSameAs(body.failures.getFirst());
            assertThat(failure.getSuppressed()).isEmpty();
        });
    }

    // --- which failures

    @Test
    void errorsAreNotTriedAgainUnlessTheyAreNamed() {
        TestLoop.run(() -> {
            var calls = new int[1];
            assertThatThrownBy(() -> doubling(3).build().run(() -> {
                        calls[0]++;
                        throw new AssertionError("no");
                    }))
                    .isInstanceOf(AssertionError.class);
            assertThat(calls[0]).isEqualTo(1);
            assertThatThrownBy(() -> doubling(3)
                            .retryOn(AssertionError.class)
                            .build()
                            .run(() -> {
                                calls[0]++;
                                throw new AssertionError("no");
                            }))
                    .isInstanceOf(AssertionError.class);
            assertThat(calls[0]).isEqualTo(4);
        });
    }

    @Test
    void whatIsNamedTakesThePlaceOfTheDefault() {
        TestLoop.run(() -> {
            var retry = doubling(3)
                    .retryOn(IOException.class)
                    .retryIf(e -> e.getMessage().equals("busy"))
                    .abortOn(FileNotFoundException.class)
                    .build();
            assertThat(attempts(retry, new IOException("reset"))).isEqualTo(3);
            assertThat(attempts(retry, new IllegalStateException("busy"))).isEqualTo(3);
            assertThat(attempts(retry, new IllegalStateException("broken"))).isEqualTo(1);
            assertThat(attempts(retry, new FileNotFoundException("busy"))).isEqualTo(1);
        });
    }

    private static int attempts(Retry retry, Exception failure) {
        var calls = new int[1];
        assertThat(catchThrowable(() -> retry.run(() -> {
                    calls[0]++;
                    throw failure;
                })))
                .isSameAs(failure);
        return calls[0];
    }

    @Test
    void aFailureThatIsNotTriedAgainSaysSoAfterOthers() {
        TestLoop.run(() -> {
            var body = new Flaky(1);
            var failure = catchThrowable(
                    () -> doubling(5).retryOn(IOException.class).build().call(() -> {
                        body.call();
                        throw new IllegalStateException("broken");
                    }));
            assertThat(failure).hasMessage("broken");
            assertThat(failure.getSuppressed()[0])
                    .hasMessage("gave up after 2 attempts in PT1S: this failure is none that is tried again");
            assertThat(failure.getSuppressed()[1]).isSameAs(body.failures.getFirst());
        });
    }

    @Test
    void aCancelOfWhatTheBodyAwaitsIsNotTriedAgain() {
        TestLoop.run(() -> {
            var told = new ArrayList<>();
            var calls = new int[1];
            var retry =
                    doubling(5).retryOn(Throwable.class).onFailure(told::add).build();
            assertThatThrownBy(() -> retry.run(() -> {
                        calls[0]++;
                        var promise = EventLoop.current().promise();
                        promise.cancel("somebody else");
                        promise.await();
                    }))
                    .isInstanceOf(CancelledException.class);
            assertThat(calls[0]).isEqualTo(1);
            assertThat(told).isEmpty();
        });
    }

    @Test
    void interruptsAndFatalErrorsAreNotTriedAgain() {
        TestLoop.run(() -> {
            var retry = doubling(5).retryOn(Throwable.class).build();
            var calls = new int[1];
            assertThatThrownBy(() -> retry.run(() -> {
                        calls[0]++;
                        throw new InterruptedException("stop");
                    }))
                    .isInstanceOf(InterruptedException.class);
            assertThatThrownBy(() -> retry.run(() -> {
                        calls[0]++;
                        throw new NoClassDefFoundError("x");
                    }))
                    .isInstanceOf(NoClassDefFoundError.class);
            assertThatThrownBy(() -> retry.run(() -> {
                        calls[0]++;
                        throw new StackOverflowError();
                    }))
                    .isInstanceOf(StackOverflowError.class);
            assertThat(calls[0]).isEqualTo(3);
        });
    }

    // --- time

    @Test
    void noDelayIsBegunThatWouldLastUntilTheDeadline() {
        TestLoop.run(() -> {
            var body = new Flaky(9);
            var failure = catchThrowable(
                    () -> doubling(9).within(ofSeconds(7)).build().call(body::call));
            assertThat(failure).isSameAs(body.failures.get(2));
            assertThat(now()).isEqualTo(ofSeconds(3));
            assertThat(failure.getSuppressed()[0])
                    .hasMessage("gave up after 3 attempts in PT3S: the next one, after PT4S, would be too late for the"
                            + " deadline");
        });
    }

    @Test
    void aDelayThatEndsJustBeforeTheDeadlineIsTaken() {
        TestLoop.run(() -> {
            sleep(ofSeconds(100)).await();
            var body = new Flaky(9);
            var deadline = Deadline.at(ofSeconds(107).toNanos() + 1);
            assertThatThrownBy(() -> doubling(9)
                            .within(ofDays(1))
                            .deadline(deadline)
                            .build()
                            .call(body::call))
                    .isSameAs(body.failures.get(3));
            assertThat(now()).isEqualTo(ofSeconds(107));
        });
    }

    @Test
    void noAttemptBeginsAfterTheDeadline() {
        TestLoop.run(() -> {
            sleep(ofSeconds(5)).await();
            var body = new Flaky(0);
            assertThatThrownBy(() -> Retry.builder()
                            .deadline(Deadline.at(ofSeconds(5).toNanos()))
                            .build()
                            .call(body::call))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("no attempt");
            assertThat(body.failures).isEmpty();

            var calls = new int[1];
            var failure = catchThrowable(() -> Retry.builder()
                    .delay(ofSeconds(1))
                    .within(ofSeconds(2))
                    .build()
                    .run(() -> {
                        calls[0]++;
                        var clock = (ManualClock) EventLoop.current().clock();
                        EventLoop.current().callLater(ofMillis(999), () -> clock.advance(ofSeconds(5)));
                        throw new IOException("first");
                    }));
            assertThat(calls[0]).isEqualTo(1);
            assertThat(failure).hasMessage("first");
            assertThat(failure.getSuppressed()[0])
                    .hasMessage("gave up after 1 attempt in PT5.999S: the deadline has passed before the next one could"
                            + " begin");
        });
    }

    @Test
    void anAttemptThatIsUnderWayAtTheDeadlineIsCancelled() {
        TestLoop.run(() -> {
            var calls = new int[1];
            var failure = catchThrowable(() -> doubling(9)
                    .within(ofSeconds(10))
                    .build()
                    .run(() -> {
                        if (++calls[0] == 1) {
                            throw new IOException("first");
                        }
                        sleep(ofDays(1)).await();
                    }));
            assertThat(failure).isInstanceOf(TimeoutException.class).hasMessage("attempt 2: not done by its deadline");
            assertThat(failure.getSuppressed()[1]).hasMessage("first");
            assertThat(now()).isEqualTo(ofSeconds(10));
        });
    }

    @Test
    void anAttemptThatTakesTooLongIsTriedAgain() {
        TestLoop.run(() -> {
            var calls = new int[1];
            var answer = doubling(9).attemptTimeout(ofSeconds(2)).build().call(() -> {
                int call = ++calls[0];
                sleep(ofSeconds(5 - 2 * call)).await();
                return call;
            });
            assertThat(answer).isEqualTo(2);
            assertThat(now()).isEqualTo(ofSeconds(2 + 1 + 1));
        });
    }

    @Test
    void aTimeoutIsAFailureLikeAnyOther() {
        TestLoop.run(() -> {
            var calls = new int[1];
            assertThatThrownBy(() -> doubling(9)
                            .attemptTimeout(ofSeconds(2))
                            .retryOn(IOException.class)
                            .build()
                            .run(() -> {
                                calls[0]++;
                                sleep(ofDays(1)).await();
                            }))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("attempt 1: not done within PT2S");
            assertThat(calls[0]).isEqualTo(1);
        });
    }

    @Test
    void aFailureSaysWhenToTryAgain() {
        TestLoop.run(() -> {
            var instants = new ArrayList<Duration>();
            var asked = new Duration[] {ofSeconds(30), ofSeconds(-5), null, ofSeconds(1), null};
            assertThatThrownBy(() -> doubling(6)
                            .jitter(Jitter.NONE)
                            .delayFrom(failure -> asked[instants.size() - 1])
                            .build()
                            .run(() -> {
                                instants.add(now());
                                throw new IOException();
                            }))
                    .isInstanceOf(IOException.class);
            assertThat(instants)
                    .containsExactly(ZERO, ofSeconds(30), ofSeconds(30), ofSeconds(34), ofSeconds(35), ofSeconds(40));
        });
    }

    @Test
    void theListenerIsToldOfEachFailedAttempt() {
        TestLoop.run(() -> {
            var told = new ArrayList<Retry.FailedAttempt>();
            var body = new Flaky(9);
            assertThatThrownBy(() -> doubling(3).onFailure(told::add).build().call(body::call))
                    .isInstanceOf(IOException.class);
            assertThat(told)
                    .containsExactly(
                            new Retry.FailedAttempt(1, body.failures.get(0), ZERO, ofSeconds(1)),
                            new Retry.FailedAttempt(2, body.failures.get(1), ofSeconds(1), ofSeconds(2)),
                            new Retry.FailedAttempt(3, body.failures.get(2), ofSeconds(3), null));
        });
    }

    @Test
    void aFaultOfTheListenerIsThrownWithTheFailure() {
        TestLoop.run(() -> {
            var failure = catchThrowable(() -> doubling(3)
                    .onFailure(_ -> {
                        throw new UnsupportedOperationException("listener");
                    })
                    .build()
                    .call(new Flaky(9)::call));
            assertThat(failure).hasMessage("listener").hasSuppressedException(new IOException("failure 1"));
        });
    }

    @Test
    void zeroDelayLetsOthersRun() {
        TestLoop.run(() -> {
            var others = new int[1];
            spawn(() -> {
                while (true) {
                    others[0]++;
                    dev.loop.Async.yieldNow();
                }
            });
            assertThatThrownBy(() ->
                            Retry.builder().attempts(100).delay(ZERO).build().call(new Flaky(1000)::call))
                    .isInstanceOf(IOException.class);
            assertThat(others[0]).isGreaterThanOrEqualTo(99);
        });
    }

    // --- cancels

    @Test
    void aCancelDuringTheBackOffEndsAtOnce() {
        TestLoop.run(() -> {
            var body = new Flaky(9);
            var task = spawn(() -> doubling(9).build().call(body::call));
            sleep(ofMillis(1500)).await();
            task.cancel("enough");
            var cancel = catchThrowable(task::await);
            assertThat(cancel).isInstanceOf(CancelledException.class).hasMessage("cancelled: enough");
            assertThat(now()).isEqualTo(ofMillis(1500));
            assertThat(body.instants).hasSize(2);
        });
    }

    @Test
    void aLimitAroundItAllTellsWhatWasTriedAgain() {
        TestLoop.run(() -> {
            var body = new Flaky(9);
            var failure = catchThrowable(
                    () -> timeout(ofSeconds(2), () -> doubling(9).build().call(body::call)));
            assertThat(failure).isInstanceOf(TimeoutException.class);
            assertThat(failure.getCause()).hasSuppressedException(body.failures.get(1));
            assertThat(moveOn(ofSeconds(2), () -> doubling(9).build().call(new Flaky(9)::call)))
                    .isFalse();
            assertThat(now()).isEqualTo(ofSeconds(4));
        });
    }

    @Test
    void aCancelDuringAnAttemptIsNotTakenForItsTimeout() {
        TestLoop.run(() -> {
            var calls = new int[1];
            var task =
                    spawn(() -> doubling(9).attemptTimeout(ofSeconds(2)).build().run(() -> {
                        calls[0]++;
                        sleep(ofDays(1)).await();
                    }));
            sleep(ofSeconds(1)).await();
            task.cancelAndJoin().await();
            assertThat(task.isCancelled()).isTrue();
            assertThat(calls[0]).isEqualTo(1);
        });
    }

    @Test
    void aSiblingThatFailsEndsTheBackOff() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> TaskGroup.run(group -> {
                        group.spawn(() -> doubling(9).build().call(new Flaky(9)::call));
                        group.spawn(() -> {
                            sleep(ofMillis(500)).await();
                            throw new IllegalStateException("sibling");
                        });
                    }))
                    .isInstanceOf(TaskGroupException.class);
            assertThat(now()).isEqualTo(ofMillis(500));
        });
    }

    @Test
    void aTaskIsNeeded() {
        try (var test = new TestLoop()) {
            var refused = new ArrayList<Throwable>();
            test.loop()
                    .callSoon(() ->
                            refused.add(catchThrowable(() -> doubling(2).build().run(() -> {}))));
            test.runUntilIdle();
            assertThat(refused).singleElement().isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> doubling(2).build().run(() -> {})).isInstanceOf(IllegalStateException.class);
    }

    // --- jitter

    @Test
    void delaysWithChanceAreThoseOfTheFormulas() {
        TestLoop.run(() -> {
            for (int seed = 0; seed < 1000; seed++) {
                var random = new Random(seed);
                long initial = random.nextLong(0, 1000);
                long cap = initial + random.nextLong(0, 100_000);
                double factor = 1 + random.nextInt(4) / 2.0;
                for (Jitter jitter : Jitter.values()) {
                    var told = new ArrayList<Long>();
                    var retry = Retry.builder()
                            .attempts(9)
                            .backoff(ofNanos(initial), factor, ofNanos(cap))
                            .jitter(jitter)
                            .random(new Random(seed))
                            .onFailure(failed -> {
                                if (failed.nextDelay() != null) {
                                    told.add(failed.nextDelay().toNanos());
                                }
                            })
                            .build();
                    long begin = now().toNanos();
                    assertThatThrownBy(() -> retry.call(new Flaky(9)::call)).isInstanceOf(IOException.class);
                    assertThat(told)
                            .as("%s, seed %d", retry, seed)
                            .isEqualTo(formula(jitter, initial, factor, cap, new Random(seed)));
                    assertThat(now().toNanos() - begin)
                            .isEqualTo(told.stream().mapToLong(Long::longValue).sum());
                }
            }
        });
    }

    /** Brooker's formulas, word for word, in nanoseconds. */
    private static List<Long> formula(Jitter jitter, long base, double factor, long cap, Random random) {
        var delays = new ArrayList<Long>();
        long previous = base;
        for (int attempt = 0; attempt < 8; attempt++) {
            long exponential = (long) Math.min(cap, base * Math.pow(factor, attempt));
            long delay = switch (jitter) {
                case NONE -> exponential;
                case FULL -> random.nextLong(0, exponential + 1);
                case EQUAL -> random.nextLong(exponential / 2, exponential + 1);
                case DECORRELATED -> Math.min(cap, random.nextLong(base, Math.max(base, previous) * 3 + 1));
            };
            delays.add(delay);
            previous = delay;
        }
        return delays;
    }

    @Test
    void chanceIsDifferentEachTimeByDefault() {
        TestLoop.run(() -> {
            var delays = new ArrayList<Duration>();
            var retry = Retry.builder()
                    .attempts(50)
                    .jitter(Jitter.FULL)
                    .onFailure(failed -> {
                        if (failed.nextDelay() != null) {
                            delays.add(failed.nextDelay());
                        }
                    })
                    .build();
            assertThatThrownBy(() -> retry.call(new Flaky(99)::call)).isInstanceOf(IOException.class);
            assertThat(delays.stream().distinct().count()).isGreaterThan(40);
            assertThat(delays).allMatch(delay -> delay.compareTo(ofSeconds(10)) <= 0);
        });
    }

    @Test
    void delaysWithoutEndSaturate() {
        var backoff = new Backoff(Nanos.FOREVER, 1e300, Nanos.FOREVER, Jitter.DECORRELATED);
        long delay = Nanos.FOREVER;
        for (int i = 1; i < 100; i++) {
            delay = backoff.delay(i, delay, new Random(i));
            assertThat(delay).isEqualTo(Nanos.FOREVER);
        }
        assertThat(Nanos.of(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Nanos.FOREVER);
        assertThat(Nanos.of(Duration.ofSeconds(Long.MIN_VALUE))).isZero();
    }

    @Test
    void badArgumentsAreNamed() {
        var builder = Retry.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.attempts(0))
                .withMessage("at least 1 attempt is made, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.delay(ofSeconds(-1)))
                .withMessage("the delay between attempts is zero or longer, not PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.backoff(ofSeconds(1), 0.5, ofSeconds(2)))
                .withMessage("the factor of a back-off is at least 1, not 0.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.backoff(ofSeconds(1), Double.NaN, ofSeconds(2)))
                .withMessageContaining("not NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.backoff(ofSeconds(3), 2, ofSeconds(2)))
                .withMessageContaining("PT2S is less than PT3S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.within(ZERO))
                .withMessage("the time for all attempts is longer than zero, not PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.attemptTimeout(ofSeconds(-3)))
                .withMessage("the time for an attempt is longer than zero, not PT-3S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.retryOn(IOException.class, CancelledException.class))
                .withMessageStartingWith("a dev.loop.CancelledException is never tried again");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.retryOn(OutOfMemoryError.class))
                .withMessageContaining("the program cannot go on after it");
        assertThat(builder.build()).hasToString("Retry[3 attempts, PT0.1S x 2.0 up to PT10S, jitter NONE]");
    }
}
