package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One generator that yields in the place of another (PEP 380). */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratorDelegationTest {

    private final List<String> order = new ArrayList<>();

    /** Tells what it is sent and what is thrown into it, until it is sent null. */
    private Generator<String, String, String> inner() {
        return Generator.of("inner", out -> {
            try {
                String answer = "ready";
                while (true) {
                    try {
                        String sent = out.yield(answer);
                        if (sent == null) {
                            return "inner result";
                        }
                        answer = "got " + sent;
                    } catch (ArithmeticException e) {
                        answer = "caught " + e.getMessage();
                    }
                }
            } finally {
                order.add("inner ends");
            }
        });
    }

    private Generator<String, String, String> outer(Generator<String, String, String> inner) {
        return Generator.of("outer", out -> {
            try {
                return "outer with " + out.yieldFrom(inner);
            } finally {
                order.add("outer ends");
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void sendsAndThrowsGoThroughAndTheResultComesBack(Place place) throws Exception {
        place.run(() -> {
            var outer = outer(outer(inner()));
            assertThat(outer.next()).isEqualTo("ready");
            assertThat(outer.send("one")).isEqualTo("got one");
            assertThat(outer.throwInto(new ArithmeticException("in"))).isEqualTo("caught in");
            assertThat(outer.send("two")).isEqualTo("got two");
            assertThat(outer.step(null)).isEqualTo(new Step.Returned<>("outer with outer with inner result"));
            assertThat(order).containsExactly("inner ends", "outer ends", "outer ends");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aCloseClosesTheInnermostFirst(Place place) throws Exception {
        place.run(() -> {
            var inner = inner();
            var outer = outer(outer(inner));
            outer.next();
            outer.close();
            assertThat(order).containsExactly("inner ends", "outer ends", "outer ends");
            assertThat(inner.isEnded()).isTrue();
        });
    }

    @ParameterizedTest
    @EnumSource
    void whatTheInnerOneDoesNotCatchIsThrownInTheOuterOne(Place place) throws Exception {
        place.run(() -> {
            Generator<String, String, String> outer = Generator.of(out -> {
                try {
                    return "" + out.yieldFrom(inner());
                } catch (IllegalArgumentException e) {
                    String sent = out.yield("outer caught " + e.getMessage());
                    return "outer got " + sent;
                }
            });
            outer.next();
            assertThat(outer.throwInto(new IllegalArgumentException("this"))).isEqualTo("outer caught this");
            assertThat(outer.step("more")).isEqualTo(new Step.Returned<>("outer got more"));
            assertThat(order).containsExactly("inner ends");
        });
    }

    @ParameterizedTest
    @EnumSource
    void anInnerOneThatFailsAtItsFirstStepFailsTheOuterOneThere(Place place) throws Exception {
        place.run(() -> {
            var fails = Generator.<String>yielding(_ -> {
                throw new ArithmeticException("at once");
            });
            var outer = Generator.<String>yielding(out -> {
                try {
                    out.yieldFrom(fails);
                } catch (ArithmeticException e) {
                    out.yield("caught " + e.getMessage());
                }
            });
            assertThat(Place.all(outer)).containsExactly("caught at once");
        });
    }

    @ParameterizedTest
    @EnumSource
    void oneThatYieldsNothingIsPassedOver(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, @Nullable Void, String> nothing = Generator.of(_ -> "nothing");
            Generator<Integer, @Nullable Void, String> outer = Generator.of(out -> {
                out.yield(1);
                String result = out.yieldFrom(nothing) + " and " + out.yieldFrom(nothing);
                out.yield(2);
                return result;
            });
            assertThat(Place.all(outer)).containsExactly(1, 2);
            assertThat(outer.result()).isEqualTo("nothing and nothing");
        });
    }

    @ParameterizedTest
    @EnumSource
    void oneThatHasBegunGoesOnWithWhatItHasFetched(Place place) throws Exception {
        place.run(() -> {
            var inner = Generator.<Integer>yielding(out -> out.yieldAll(List.of(1, 2, 3, 4)));
            inner.next();
            assertThat(inner.hasNext()).isTrue();
            var outer = Generator.<Integer>yielding(out -> out.yieldFrom(inner));
            assertThat(outer.next()).isEqualTo(2);
            assertThat(inner.next()).isEqualTo(3); // somebody else asks it too
            assertThat(outer.next()).isEqualTo(4);
            assertThat(inner.hasNext()).isFalse();
            assertThat(outer.hasNext()).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource
    void oneThatWasClosedHasNothingToYieldAndNoResult(Place place) throws Exception {
        place.run(() -> {
            var closed = inner();
            closed.close();
            Generator<String, String, String> outer = Generator.of(out -> "result " + out.yieldFrom(closed));
            assertThat(outer.step(null)).isEqualTo(new Step.Returned<>("result null"));
        });
    }

    @ParameterizedTest
    @EnumSource
    void anInnerOneThatYieldsInItsCloseFailsTheOuterOne(Place place) throws Exception {
        place.run(() -> {
            var stubborn = Generator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } catch (GeneratorExit e) {
                    out.yield(2);
                }
            });
            var outer = Generator.<Integer>yielding(out -> {
                try {
                    out.yieldFrom(stubborn);
                } finally {
                    order.add("outer ends");
                }
            });
            outer.next();
            assertThatIllegalStateException()
                    .isThrownBy(outer::close)
                    .withMessageContaining("while it was being closed");
            assertThat(order).containsExactly("outer ends");
            assertThat(stubborn.isEnded()).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource
    void anInnerOneThatReturnsInItsCloseDoesNotKeepTheOuterOneAlive(Place place) throws Exception {
        place.run(() -> {
            Generator<Integer, @Nullable Void, String> returns = Generator.of(out -> {
                try {
                    out.yield(1);
                } catch (GeneratorExit e) {
                    order.add("inner returns");
                }
                return "result";
            });
            var outer = Generator.<Integer>yielding(out -> {
                out.yieldFrom(returns);
                order.add("never");
            });
            outer.next();
            outer.close();
            assertThat(order).containsExactly("inner returns");
            assertThat(outer.isEnded()).isTrue();
        });
    }

    @ParameterizedTest
    @EnumSource
    void oneThatDelegatesInItsCloseIsStillBeingClosed(Place place) throws Exception {
        place.run(() -> {
            var inner = Generator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    out.yieldFrom(Generator.<Integer>yielding(_ -> order.add("cleans up without a yield")));
                    out.yieldFrom(Generator.<Integer>yielding(o -> o.yield(2)));
                }
            });
            var outer = Generator.<Integer>yielding(out -> out.yieldFrom(inner));
            outer.next();
            assertThatIllegalStateException()
                    .isThrownBy(outer::close)
                    .withMessageContaining("while it was being closed");
            assertThat(order).containsExactly("cleans up without a yield");
            inner.close();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aDelegationToItselfIsRefused(Place place) throws Exception {
        place.run(() -> {
            var all = new ArrayList<Generator<Integer, @Nullable Void, @Nullable Void>>();
            all.add(Generator.yielding(out -> out.yieldFrom(all.getFirst())));
            assertThatIllegalStateException()
                    .isThrownBy(all.getFirst()::next)
                    .withMessageContaining("already executing");

            var ring = new ArrayList<Generator<Integer, @Nullable Void, @Nullable Void>>();
            for (int i = 0; i < 3; i++) {
                int next = (i + 1) % 3;
                ring.add(Generator.yielding(out -> out.yieldFrom(ring.get(next))));
            }
            var outside = Generator.<Integer>yielding(out -> out.yieldFrom(ring.getFirst()));
            assertThatIllegalStateException().isThrownBy(outside::next).withMessageContaining("already executing");
        });
    }

    @ParameterizedTest
    @EnumSource
    void oneThatExecutesRefusesToBeDrivenFromInsideItsDelegate(Place place) throws Exception {
        place.run(() -> {
            var outer = new ArrayList<Generator<String, @Nullable Void, @Nullable Void>>();
            outer.add(Generator.yielding(out -> out.yieldFrom(Generator.<String>yielding(inner -> {
                assertThatThrownBy(() -> outer.getFirst().next()).hasMessageContaining("already executing");
                inner.yield("refused");
            }))));
            assertThat(Place.all(outer.getFirst())).containsExactly("refused");
        });
    }

    /** The tree walk that delegation was made for. */
    private static Generator<Integer, @Nullable Void, @Nullable Void> inOrder(int from, int to) {
        return Generator.yielding(out -> {
            if (from < to) {
                int middle = (from + to) >>> 1;
                out.yieldFrom(inOrder(from, middle));
                out.yield(middle);
                out.yieldFrom(inOrder(middle + 1, to));
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aTreeIsWalkedInOrder(Place place) throws Exception {
        place.run(() -> {
            int next = 0;
            for (int value : inOrder(0, 200)) {
                assertThat(value).isEqualTo(next++);
            }
            assertThat(next).isEqualTo(200);
        });
    }

    private static Generator<Integer, Integer, Integer> chain(int levels) {
        return Generator.of(out -> {
            if (levels == 0) {
                int sum = 0;
                for (int i = 0; i < 100; i++) {
                    Integer sent = out.yield(i);
                    sum += sent == null ? 0 : sent;
                }
                return sum;
            }
            Integer result = out.yieldFrom(chain(levels - 1));
            return result == null ? 0 : result + 1;
        });
    }

    @Test
    void aThousandLevelsPassEverythingThrough() {
        var chain = chain(1000);
        assertThat(chain.next()).isZero();
        for (int i = 1; i < 100; i++) {
            assertThat(chain.send(2)).isEqualTo(i);
        }
        assertThat(chain.step(2)).isEqualTo(new Step.Returned<>(1200));
        var closed = chain(1000);
        closed.next();
        closed.close();
        assertThat(closed.isEnded()).isTrue();
    }

    private static Generator<Integer, @Nullable Void, @Nullable Void> driven(int levels) {
        return Generator.yielding(out -> {
            if (levels == 0) {
                out.yieldAll(List.of(1, 2, 3));
                return;
            }
            try (var inner = driven(levels - 1)) {
                for (int value : inner) {
                    out.yield(value + 1);
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aThousandThatDriveEachOtherDoNotOverflowAnything(Place place) throws Exception {
        place.run(() -> assertThat(Place.all(driven(1000))).containsExactly(1001, 1002, 1003));
    }
}
