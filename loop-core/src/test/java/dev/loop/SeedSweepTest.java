package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.launcher.TagFilter.excludeTags;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.loop.testing.TestLoop;
import dev.loop.testing.TestLoopBuilder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * All tests of this module that run on a {@link TestLoop}, under many seeds. What fails here and not by itself relies on an order that is
 * promised to nobody, or the kernel does. Tests of the order itself are tagged {@code unseeded}, each with its reason, and so
 * are a few that take long and have one task only. Tests tagged {@code model} go through a thousand seeds of their own each time, and
 * are left out after the first; what is built on top of the
 * kernel, after the twentieth.
 */
@Tag("unseeded") // it is what sets the seeds
class SeedSweepTest {

    private static final String SEED = "dev.loop.seed";
    private static final int MOST_FAILURES = 20;
    private static final int FEW = 3;
    private static final int SOME = 20;
    private static final Set<String> TOOLS = Stream.of("sync", "queue", "flow", "generator", "thread", "reactor")
            .map("dev.loop."::concat)
            .collect(Collectors.toSet());

    @Test
    @Timeout(240)
    void theKernelsTestsHoldUnderAFewSeeds() {
        sweep(Integer.getInteger("dev.loop.sweep", FEW));
    }

    @Test
    @Tag("stress")
    @Timeout(1_500)
    void theKernelsTestsHoldUnderManySeeds() {
        sweep(Integer.getInteger("dev.loop.sweep", 200));
    }

    private static void sweep(int seeds) {
        String before = System.getProperty(SEED);
        LauncherDiscoveryRequest all = tests(_ -> true, "unseeded", "stress");
        LauncherDiscoveryRequest withoutModels = tests(_ -> true, "unseeded", "stress", "model");
        LauncherDiscoveryRequest kernel = tests(SeedSweepTest::isKernel, "unseeded", "stress", "model");
        Launcher launcher = LauncherFactory.create();
        Map<String, String> failures = new LinkedHashMap<>(); // by test: the first seed says it all
        try {
            for (long seed = 0; seed < seeds && failures.size() < MOST_FAILURES; seed++) {
                System.setProperty(SEED, Long.toString(seed));
                var run = new Run(seed, failures);
                launcher.execute(seed == 0 ? all : seed < SOME ? withoutModels : kernel, run);
                assertThat(run.tests).as("tests under seed " + seed).isGreaterThan(200);
            }
        } finally {
            if (before == null) {
                System.clearProperty(SEED);
            } else {
                System.setProperty(SEED, before);
            }
        }
        if (!failures.isEmpty()) {
            fail(failures.size() + " tests failed under a seed (replay with -D" + SEED + "=… on the test):\n"
                    + String.join("\n", failures.values()));
        }
    }

    private static LauncherDiscoveryRequest tests(Predicate<JavaClass> which, String... without) {
        List<DiscoverySelector> methods = new ArrayList<>();
        for (JavaClass test : new ClassFileImporter()
                .withImportOption(new ImportOption.OnlyIncludeTests())
                .importPackages("dev.loop")) {
            if (test.isTopLevelClass() && test.getSimpleName().endsWith("Test") && which.test(test)) {
                onATestLoop(test).forEach(method -> methods.add(selectMethod(test.getFullName(), method)));
            }
        }
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(methods)
                .filters(excludeTags(without))
                .configurationParameters(Map.of("junit.jupiter.execution.timeout.default", "60 s"))
                .build();
    }

    /** Not what is built on top of it. */
    private static boolean isKernel(JavaClass test) {
        return !TOOLS.contains(test.getPackageName());
    }

    /** The tests of a class that run on a test loop, be it one of the instance, or in a method that several of them call. */
    private static Set<String> onATestLoop(JavaClass test) {
        boolean all = test.getFields().stream().anyMatch(field -> isOfTheKit(field.getRawType()));
        Set<String> using = new HashSet<>();
        boolean more = true;
        while (more) {
            more = false;
            for (JavaMethod method : test.getMethods()) {
                boolean uses = all
                        || method.getAccessesFromSelf().stream()
                                .anyMatch(access -> isOfTheKit(access.getTargetOwner())
                                        || (access.getTargetOwner().equals(test) && using.contains(access.getName())));
                more |= uses && using.add(method.getName());
            }
        }
        test.getMethods().stream()
                .filter(method ->
                        !method.isAnnotatedWith(Test.class) && !method.isMetaAnnotatedWith(TestTemplate.class))
                .forEach(method -> using.remove(method.getName()));
        return using;
    }

    private static boolean isOfTheKit(JavaClass type) {
        return type.isEquivalentTo(TestLoop.class) || type.isEquivalentTo(TestLoopBuilder.class);
    }

    private static final class Run implements TestExecutionListener {
        private final long seed;
        private final Map<String, String> failures;
        private int tests;

        Run(long seed, Map<String, String> failures) {
            this.seed = seed;
            this.failures = failures;
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest()) {
                tests++;
            }
            if (result.getStatus() == Status.FAILED) {
                failures.putIfAbsent(
                        name(test),
                        "seed " + seed + ": " + name(test) + "\n"
                                + result.getThrowable().map(Run::text).orElse(""));
            }
        }

        private static String name(TestIdentifier test) {
            return test.getSource()
                    .map(source -> source instanceof MethodSource m
                            ? m.getClassName() + "#" + m.getMethodName()
                            : source.toString())
                    .orElse(test.getDisplayName());
        }

        private static String text(Throwable failure) {
            var text = new StringWriter();
            failure.printStackTrace(new PrintWriter(text));
            return text.toString().lines().limit(12).reduce("", (a, b) -> a + "    " + b + "\n");
        }
    }
}
