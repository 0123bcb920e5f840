package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The protocol of generators (PEP 255, 342, 479), wherever they are driven from. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratorTest {

    private final List<String> order = new ArrayList<>();

    private static Generator<Integer, @Nullable Void, @Nullable Void> count(int to) {
        return Generator.yielding(out -> {
            for (int i = 1; i <= to; i++) {
                out.yield(i);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aForLoopRunsTheBodyOnlyWhileItAsks(Place place) throws Exception {
        place.run(() -> {
            var letters = Generator.<String>yielding(out -> {
                order.add("begins");
                out.yield("a");
                order.add("between");
                out.yield("b");
                order.add("ends");
            });
            order.add("made");
            for (String letter : letters) {
                order.add(letter);
            }
            assertThat(order).containsExactly("made", "begins", "a", "between", "b", "ends");
            assertThat(letters.isEnded()).isTrue();
        });
    }

    @ParameterizedTest
    @EnumSource
    void afterTheEndThereIsNoNextHoweverOftenItIsAsked(Place place) throws Exception {
        place.run(() -> {
            var two = count(2);
            assertThat(two.next()).isEqualTo(1);
            assertThat(two.next()).isEqualTo(2);
            for (int i = 0; i < 3; i++) {
                assertThat(two.hasNext()).isFalse();
                assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(two::next);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void hasNextFetchesOneValueAndNextTakesIt(Place place) throws Exception {
        place.run(() -> {
            var three = count(3);
            assertThat(three.hasNext()).isTrue();
            assertThat(three.hasNext()).isTrue();
            assertThat(three.next()).isEqualTo(1);
            assertThat(three.next()).isEqualTo(2);
            assertThat(Place.all(three)).containsExactly(3);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aValueIsSentToTheYieldAndTheResultComesBack(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, Integer, String> sums = Generator.of(out -> {
                int sum = 0;
                var log = new StringBuilder();
                for (Integer sent = out.yield(sum); sent != null; sent = out.yield(sum)) {
                    sum += sent;
                    log.append('+').append(sent);
                }
                return log + "=" + sum;
            });
            assertThat(sums.next()).isZero();
            assertThat(sums.send(3)).isEqualTo(3);
            assertThat(sums.send(4)).isEqualTo(7);
            assertThat(sums.step(5)).isEqualTo(new Step.Yielded<>(12));
            assertThatIllegalStateException().isThrownBy(sums::result).withMessageContaining("has not ended");
            assertThat(sums.step(null)).isEqualTo(new Step.Returned<>("+3+4+5=12"));
            assertThat(sums.step(null)).isEqualTo(new Step.Returned<>("+3+4+5=12"));
            assertThat(sums.result()).isEqualTo("+3+4+5=12");
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(() -> sums.send(6));
        });
    }

    @ParameterizedTest
    @EnumSource
    void nullIsAValueLikeAnyOther(Place place) throws Exception {
        place.run(() -> {
            var received = new ArrayList<@Nullable String>();
            Generator<@Nullable String, String, @Nullable Void> nothing = Generator.of(out -> {
                received.add(out.yield(null));
                received.add(out.yield(null));
                return null;
            });
            assertThat(nothing.next()).isNull();
            assertThat(nothing.send("one")).isNull();
            assertThat(nothing.step("two")).isEqualTo(new Step.Returned<>(null));
            assertThat(received).containsExactly("one", "two");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aValueSentBeforeTheFirstYieldIsRefusedAndNothingIsLost(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, String, @Nullable Void> one = Generator.of(out -> {
                out.yield(1);
                return null;
            });
            assertThatIllegalStateException()
                    .isThrownBy(() -> one.send("early"))
                    .withMessageContaining("has not begun")
                    .withMessageContaining("next()");
            assertThat(one.next()).isEqualTo(1);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aFailureOfTheBodyComesOnceAndIsTheEnd(Place place) throws Exception {
        place.run(() -> {
            var fails = Generator.<Integer>yielding(out -> {
                out.yield(1);
                throw new ArithmeticException("in the body");
            });
            assertThat(fails.next()).isEqualTo(1);
            assertThatThrownBy(fails::next)
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessage("in the body");
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(fails::next);
            assertThatIllegalStateException().isThrownBy(fails::result).withMessageContaining("no result");
        });
    }

    @ParameterizedTest
    @EnumSource
    void errorsComeAsTheyAreAndCheckedOnesAsACause(Place place) throws Exception {
        place.run(() -> {
            var checked = Generator.<Integer>yielding(_ -> {
                throw new IOException("checked");
            });
            assertThatThrownBy(checked::hasNext)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("checked");
            var error = Generator.<Integer>yielding(_ -> {
                throw new AssertionError("an error");
            });
            assertThatThrownBy(error::next).isInstanceOf(AssertionError.class).hasMessage("an error");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aNoSuchElementExceptionOfTheBodyDoesNotPassForItsEnd(Place place) throws Exception {
        place.run(() -> {
            var wrong = Generator.<Integer>yielding(
                    out -> out.yield(List.<Integer>of().iterator().next()));
            assertThatIllegalStateException().isThrownBy(wrong::next).withCauseInstanceOf(NoSuchElementException.class);
        });
    }

    @ParameterizedTest
    @EnumSource
    void whatIsThrownInIsThrownByTheYield(Place place) throws Exception {
        place.run(() -> {
            Generator<String, @Nullable Void, String> catches = Generator.of(out -> {
                try {
                    out.yield("first");
                    throw new IOException("never");
                } catch (IOException e) {
                    out.yield("caught " + e.getMessage());
                }
                return "end";
            });
            assertThat(catches.next()).isEqualTo("first");
            assertThat(catches.throwInto(new IOException("this"))).isEqualTo("caught this");
            var back = new IllegalArgumentException("not caught");
            assertThatThrownBy(() -> catches.throwInto(back)).isSameAs(back);
            assertThat(catches.hasNext()).isFalse();
            assertThatThrownBy(() -> catches.throwInto(back)).isSameAs(back);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatCatchesWhatIsThrownAndEndsHasItsResult(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, @Nullable Void, String> ends = Generator.of(out -> {
                try {
                    out.yield(1);
                    return "not thrown";
                } catch (ArithmeticException e) {
                    return "thrown " + e.getMessage();
                }
            });
            ends.next();
            assertThatExceptionOfType(NoSuchElementException.class)
                    .isThrownBy(() -> ends.throwInto(new ArithmeticException("in")));
            assertThat(ends.result()).isEqualTo("thrown in");
        });
    }

    @ParameterizedTest
    @EnumSource
    void somethingThrownBeforeTheBeginningComesBackAndTheBodyNeverRuns(Place place) throws Exception {
        place.run(() -> {
            var generator = Generator.<Integer>yielding(_ -> order.add("ran"));
            var back = new IllegalArgumentException("early");
            assertThatThrownBy(() -> generator.throwInto(back)).isSameAs(back);
            assertThat(generator.hasNext()).isFalse();
            assertThat(order).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aCloseRunsTheFinallyBlocksAndACatchOfExceptionDoesNotSwallowIt(Place place) throws Exception {
        place.run(() -> {
            try (var generator = Generator.<Integer>yielding(out -> {
                while (true) {
                    try {
                        out.yield(1);
                    } catch (Exception e) {
                        order.add("swallowed");
                    } finally {
                        order.add("finally");
                    }
                }
            })) {
                generator.next();
                assertThat(order).isEmpty();
            }
            assertThat(order).containsExactly("finally");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aClosedGeneratorHasNoNextAndMindsNoSecondClose(Place place) throws Exception {
        place.run(() -> {
            var two = count(2);
            assertThat(two.hasNext()).isTrue();
            two.close();
            two.close();
            assertThat(two.isEnded()).isTrue();
            assertThat(two.hasNext()).isFalse();
            assertThatIllegalStateException().isThrownBy(two::result).withMessageContaining("was closed");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aCloseBeforeTheBeginningNeverRunsTheBody(Place place) throws Exception {
        place.run(() -> {
            var generator = Generator.<Integer>yielding(_ -> order.add("ran"));
            generator.close();
            assertThat(generator.hasNext()).isFalse();
            assertThat(order).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatYieldsInItsCloseIsToldSoAndCanBeClosedAgain(Place place) throws Exception {
        place.run(() -> {
            var stubborn = Generator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    out.yield(2);
                }
            });
            stubborn.next();
            assertThatIllegalStateException()
                    .isThrownBy(stubborn::close)
                    .withMessageContaining("yielded while it was being closed")
                    .withMessageContaining("GeneratorExit");
            assertThat(stubborn.isEnded()).isFalse();
            stubborn.close();
            assertThat(stubborn.isEnded()).isTrue();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aFailureInTheCloseComesOutOfIt(Place place) throws Exception {
        place.run(() -> {
            var generator = Generator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    throwing("in the finally block");
                }
            });
            generator.next();
            assertThatThrownBy(generator::close)
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessage("in the finally block");
            generator.close();
        });
    }

    private static void throwing(String message) {
        throw new ArithmeticException(message);
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatReturnsInItsCloseHasItsResult(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, @Nullable Void, String> generator = Generator.of(out -> {
                try {
                    out.yield(1);
                    return "not closed";
                } catch (GeneratorExit e) {
                    assertThat(e.getStackTrace()).isEmpty();
                    return "closed";
                }
            });
            generator.next();
            generator.close();
            assertThat(generator.result()).isEqualTo("closed");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aGeneratorThatDrivesItselfIsRefused(Place place) throws Exception {
        place.run(() -> {
            var self = new ArrayList<Generator<String, String, @Nullable Void>>();
            self.add(Generator.of("me", out -> {
                for (var use : List.<Runnable>of(
                        () -> self.getFirst().next(),
                        () -> self.getFirst().hasNext(),
                        () -> self.getFirst().send("x"),
                        () -> self.getFirst().throwInto(new ArithmeticException()),
                        () -> self.getFirst().close())) {
                    assertThatIllegalStateException()
                            .isThrownBy(use::run)
                            .withMessageContaining("Generator[me, executing] is already executing");
                }
                out.yield("refused");
                return null;
            }));
            assertThat(Place.all(self.getFirst())).containsExactly("refused");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aYieldOutsideOfTheBodyIsRefused(Place place) throws Exception {
        place.run(() -> {
            var kept = new ArrayList<Yielder<Integer, @Nullable Void>>();
            var generator = Generator.<Integer>yielding(out -> {
                kept.add(out);
                for (int ignored : Generator.<Integer>yielding(_ -> out.yield(7))) {
                    order.add("never");
                }
            });
            assertThatIllegalStateException().isThrownBy(generator::next).withMessageContaining("outside of its body");
            assertThatIllegalStateException()
                    .isThrownBy(() -> kept.getFirst().yield(1))
                    .withMessageContaining("outside of its body");
            assertThat(order).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aValueThatHasNextHasFetchedIsNotSentPast(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, String, @Nullable Void> two = Generator.of(out -> {
                order.add("got " + out.yield(1));
                order.add("got " + out.yield(2));
                return null;
            });
            assertThat(two.hasNext()).isTrue();
            assertThatIllegalStateException()
                    .isThrownBy(() -> two.send("lost"))
                    .withMessageContaining("take it by next()");
            assertThatIllegalStateException()
                    .isThrownBy(() -> two.throwInto(new ArithmeticException()))
                    .withMessageContaining("take it by next()");
            assertThat(two.next()).isEqualTo(1);
            assertThat(two.send("reply")).isEqualTo(2);
            assertThat(order).containsExactly("got reply");
            two.close();
        });
    }

    @ParameterizedTest
    @EnumSource
    void generatorsDriveGenerators(Place place) throws Exception {
        place.run(() -> {
            // the sieve: each prime has a generator that filters what the one before it gives
            var stages = new ArrayList<Generator<Integer, @Nullable Void, @Nullable Void>>();
            var primes = Generator.<Integer>yielding(out -> {
                var candidates = Generator.<Integer>yielding(all -> {
                    for (int i = 2; ; i++) {
                        all.yield(i);
                    }
                });
                while (true) {
                    var from = candidates;
                    stages.add(from);
                    int prime = from.next();
                    out.yield(prime);
                    candidates = Generator.<Integer>yielding(kept -> {
                        while (true) {
                            int candidate = from.next();
                            if (candidate % prime != 0) {
                                kept.yield(candidate);
                            }
                        }
                    });
                }
            });
            try (primes) {
                var first = new ArrayList<Integer>();
                for (int prime : primes) {
                    if (prime > 50) {
                        break;
                    }
                    first.add(prime);
                }
                stages.reversed().forEach(Generator::close);
                assertThat(first).containsExactly(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void twoThatAreDrivenInTurnsKeepTheirOwnState(Place place) throws Exception {
        place.run(() -> {
            var one = count(100);
            var other = count(100);
            for (int i = 1; i <= 100; i++) {
                assertThat(one.next()).isEqualTo(i);
                assertThat(other.next()).isEqualTo(i);
            }
            one.close();
            other.close();
        });
    }
}
