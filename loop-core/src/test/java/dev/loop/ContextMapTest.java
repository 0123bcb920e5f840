package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The map itself, and the current one of a thread that runs no loop. */
class ContextMapTest {

    private static final ContextVar<String> USER = ContextVar.of("user");
    private static final ContextVar<Integer> DEPTH = ContextVar.of("depth", 0);
    private static final ContextVar<String> NOTE = ContextVar.of("note");

    @Test
    void aVariableThatIsNotSetGivesItsDefault() {
        assertThat(DEPTH.get()).isZero();
        assertThat(DEPTH.isSet()).isFalse();
        assertThat(DEPTH.orElse(7)).isEqualTo(7);
        assertThat(Context.empty().get(DEPTH)).isZero();
        assertThat(Context.empty().orElse(DEPTH, 7)).isEqualTo(7);
    }

    @Test
    void aVariableWithoutADefaultIsNamedInTheError() {
        assertThatThrownBy(USER::get)
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("'user'")
                .hasMessageContaining("where(value)");
        assertThat(USER.orElse("nobody")).isEqualTo("nobody");
    }

    @Test
    void twoVariablesOfOneNameAreTwo() {
        Context context = Context.empty().with(USER, "ada");
        assertThat(context.isSet(ContextVar.of("user"))).isFalse();
        assertThat(context.get(USER)).isEqualTo("ada");
    }

    @Test
    void aContextNeverChanges() {
        Context one = Context.empty().with(USER, "ada");
        Context two = one.with(USER, "bob").with(DEPTH, 1);
        assertThat(one.get(USER)).isEqualTo("ada");
        assertThat(one.isSet(DEPTH)).isFalse();
        assertThat(two.get(USER)).isEqualTo("bob");
        assertThat(two.without(USER).isSet(USER)).isFalse();
        assertThat(two.get(USER)).isEqualTo("bob");
        assertThat(one.without(DEPTH)).isSameAs(one);
        assertThat(one.without(USER)).isSameAs(Context.empty());
        assertThat(one.with(USER, one.get(USER))).isSameAs(one);
    }

    @Test
    void nullIsAValue() {
        Context context = Context.empty().with(NOTE, null);
        assertThat(context.isSet(NOTE)).isTrue();
        assertThat(context.get(NOTE)).isNull();
        assertThat(context.orElse(NOTE, "other")).isNull();
        assertThat(context.variables()).containsExactly(NOTE);
    }

    @Test
    void manyVariablesAreKeptApart() {
        var random = new Random(4711);
        var variables = new ArrayList<ContextVar<Integer>>();
        for (int i = 0; i < 300; i++) {
            variables.add(ContextVar.of("v" + i));
        }
        Context context = Context.empty();
        Map<ContextVar<?>, Integer> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            // few at first, so that the table grows and shrinks through all its sizes
            ContextVar<Integer> variable = variables.get(random.nextInt(1 + i % 300));
            if (random.nextInt(3) > 0) {
                context = context.with(variable, i);
                model.put(variable, i);
            } else {
                context = context.without(variable);
                model.remove(variable);
            }
            ContextVar<Integer> probe = variables.get(random.nextInt(300));
            assertThat(context.orElse(probe, -1)).isEqualTo(model.getOrDefault(probe, -1));
            assertThat(context.isSet(probe)).isEqualTo(model.containsKey(probe));
        }
        assertThat(context.variables()).isEqualTo(model.keySet());
    }

    @Test
    void itsTextHasNamesAndNoValues() {
        assertThat(Context.empty()).hasToString("Context[]");
        assertThat(Context.empty().with(USER, "secret").with(DEPTH, 1)).hasToString("Context[depth, user]");
        assertThat(USER).hasToString("ContextVar[user]");
    }

    // --- on this thread

    @Test
    void callRunsInPlaceAndPutsTheFormerOneBack() throws Exception {
        assertThat(USER.where("ada").call(() -> {
                    NOTE.set("inside");
                    assertThat(USER.where("bob").call(USER::get)).isEqualTo("bob");
                    return USER.get() + " " + NOTE.get();
                }))
                .isEqualTo("ada inside");
        assertThat(USER.isSet()).isFalse();
        assertThat(NOTE.isSet()).isFalse();
        assertThatThrownBy(() -> USER.where("ada").run(() -> {
                    throw new java.io.IOException("thrown as it is");
                }))
                .isInstanceOf(java.io.IOException.class);
        assertThat(USER.isSet()).isFalse();
        assertThat(Context.current()).isSameAs(Context.empty());
    }

    @Test
    void whereTakesMoreThanOne() {
        List<Object> seen = USER.where("ada").with(DEPTH, 2).call(() -> List.of(USER.get(), DEPTH.get()));
        assertThat(seen).containsExactly("ada", 2);
    }

    @Test
    void aThreadHasItsOwnAndInheritsNothing() throws Exception {
        try (var _ = USER.set("ada");
                var other = Executors.newSingleThreadExecutor()) {
            Callable<String> ask = () -> USER.orElse("nobody");
            assertThat(other.submit(ask).get()).isEqualTo("nobody");
            assertThat(other.submit(Context.current().wrap(ask)).get()).isEqualTo("ada");
            var seen = new ArrayList<String>();
            other.submit(Context.current().wrap(() -> {
                        seen.add(USER.get());
                        USER.set("changed");
                    }))
                    .get();
            assertThat(seen).containsExactly("ada");
            assertThat(other.submit(ask).get()).isEqualTo("nobody");
            assertThat(USER.get()).isEqualTo("ada");
        }
        assertThat(USER.isSet()).isFalse();
    }

    @Test
    void aTokenSetsBackOnceAndOneVariableOnly() {
        ContextVar.Token first = USER.set("ada");
        ContextVar.Token second = USER.set("bob");
        NOTE.set("stays");
        second.reset();
        assertThat(USER.get()).isEqualTo("ada");
        assertThat(NOTE.get()).isEqualTo("stays");
        assertThatThrownBy(second::reset)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("twice")
                .hasMessageContaining("user");
        second.close(); // closing once more is harmless
        first.close();
        assertThat(USER.isSet()).isFalse();
        Context.empty().run(() -> assertThat(NOTE.isSet()).isFalse());
        try (var _ = NOTE.set("again")) {
            assertThat(NOTE.get()).isEqualTo("again");
        }
        assertThat(NOTE.get()).isEqualTo("stays");
        Context.swapOfThread(Context.empty());
    }

    @Test
    void aTokenOfAnotherThreadIsRefused() throws Exception {
        try (var other = Executors.newSingleThreadExecutor()) {
            Callable<ContextVar.Token> set = () -> USER.set("theirs");
            ContextVar.Token token = other.submit(set).get();
            assertThatThrownBy(token::reset)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("elsewhere");
            assertThat(USER.isSet()).isFalse();
        }
    }
}
