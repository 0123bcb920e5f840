package dev.loop.testing.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.loop.testing.DeadlockError;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Tests whose bodies run on a test loop, run by JUnit's launcher. */
class LoopTestTest {

    /** What became of each run, by its display name; containers that failed too. */
    private static Map<String, TestExecutionResult> run(DiscoverySelector selector) {
        Fixtures.TRAIL.clear();
        Map<String, TestExecutionResult> results = new LinkedHashMap<>();
        var request =
                LauncherDiscoveryRequestBuilder.request().selectors(selector).build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest() || result.getStatus() != Status.SUCCESSFUL) {
                    results.put(test.getDisplayName(), result);
                }
            }
        });
        return results;
    }

    private static Throwable failure(Class<?> fixture, String method) {
        Map<String, TestExecutionResult> results = run(selectMethod(fixture, method));
        assertThat(results).hasSize(1);
        Optional<Throwable> thrown = results.values().iterator().next().getThrowable();
        return thrown.orElseThrow(() -> new AssertionError("no failure: " + results));
    }

    private static String note(Throwable failure) {
        return Arrays.stream(failure.getSuppressed())
                .filter(FailureNote.class::isInstance)
                .map(Throwable::getMessage)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no note", failure));
    }

    @Test
    @Tag("both-engines")
    void theBodyRunsAsMainTaskAndWhatIsAroundItOutsideOfTheLoop() {
        Map<String, TestExecutionResult> results = run(selectClass(Fixtures.Lives.class));
        assertThat(results)
                .allSatisfy((_, result) -> assertThat(result.getThrowable()).isEmpty());
        assertThat(results).containsOnlyKeys("on a test loop");
        assertThat(Fixtures.TRAIL)
                .containsExactly("constructor", "before", "prepared by before", "body at PT1H", "after at PT1H");
    }

    @Test
    @Tag("both-engines")
    void aFailureKeepsItsTypeAndTellsWhatTheTasksDid() {
        Throwable failure = failure(Fixtures.Fails.class, "withAGraph");
        assertThat(failure).isInstanceOf(IOException.class).hasMessage("checked, and as it is");
        assertThat(note(failure)).contains("stuck awaits Promise").contains("main is ready or runs");
    }

    @Test
    @Tag("both-engines")
    void whatTheLoopHasToComplainOfFailsTheTest() {
        assertThat(failure(Fixtures.Fails.class, "atTheClose"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("nobody looked");
    }

    @Test
    @Tag("both-engines")
    void aDeadlockFailsTheTest() {
        assertThat(failure(Fixtures.Fails.class, "byADeadlock"))
                .isInstanceOf(DeadlockError.class)
                .hasMessageContaining("main awaits Promise");
    }

    @Test
    @Tag("both-engines")
    void anAssumptionThatDoesNotHoldIsNoFailure() {
        assertThat(run(selectMethod(Fixtures.Fails.class, "notWhenAborted")).values())
                .singleElement()
                .satisfies(result -> assertThat(result.getStatus()).isEqualTo(Status.ABORTED));
    }

    @Test
    @Tag("both-engines")
    @Tag("unseeded") // counts the runs under seeds of its own
    void everySeedIsARunAndAFailureTellsItsOwn() {
        Map<String, TestExecutionResult> results = run(selectClass(Fixtures.Seeded.class));
        assertThat(results).hasSize(20).containsKeys("seed 0", "seed 19");
        Map<String, TestExecutionResult> failed = new LinkedHashMap<>(results);
        failed.values().removeIf(result -> result.getStatus() == Status.SUCCESSFUL);
        assertThat(failed)
                .hasSizeBetween(1, 19)
                .allSatisfy(
                        (name, result) -> assertThat(note(result.getThrowable().orElseThrow()))
                                .startsWith(name + ";")
                                .contains("-Ddev.loop.seed=" + name.substring("seed ".length()) + "."));
    }

    @Test
    @Tag("unseeded") // sets the property
    void theSeedOfTheRunIsTheOnlyOne() {
        System.setProperty("dev.loop.seed", "3");
        try {
            assertThat(run(selectClass(Fixtures.Seeded.class))).hasSize(1);
        } finally {
            System.clearProperty("dev.loop.seed");
        }
    }

    @Test
    void aTimeoutCancelsTheMainTaskInABlockingCall() {
        assertThat(failure(Fixtures.TimesOut.class, "inABlockingCall")).isInstanceOf(TimeoutException.class);
        assertThat(Fixtures.TRAIL).containsExactly("unwound in main");
    }

    @Test
    @Tag("both-engines")
    void aTimeoutCancelsTheMainTaskInAWait() {
        assertThat(failure(Fixtures.TimesOut.class, "inAWaitForAThread")).isInstanceOf(TimeoutException.class);
    }

    @Test
    void aNegativeNumberOfSeedsIsRefused() {
        assertThat(failure(Fixtures.Wrong.class, "seeds")).hasStackTraceContaining("seeds = -1");
    }

    @Test
    void realTimeMayBeAllowed() {
        assertThat(run(selectClass(Fixtures.RealTime.class)).values())
                .singleElement()
                .satisfies(result -> assertThat(result.getThrowable()).isEmpty());
    }

    @Test
    @Tag("both-engines")
    void theSnippets() {
        assertThat(run(selectClass(LoopTestSnippets.class)).values())
                .isNotEmpty()
                .allSatisfy(result -> assertThat(result.getThrowable()).isEmpty());
    }
}
