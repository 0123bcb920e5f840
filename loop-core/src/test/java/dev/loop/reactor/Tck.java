package dev.loop.reactor;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.SkipException;
import org.testng.annotations.AfterClass;
import org.testng.annotations.BeforeClass;
import org.testng.annotations.BeforeMethod;
import org.testng.annotations.Test;

/**
 * The rules of Reactive Streams as tests of JUnit. Each rule has a verification and an environment of its own; since most of them
 * wait on real time for signals that must not come, those of one verification wait all at once.
 */
final class Tck {

    /** How long a signal may take that must come: only a failure takes so long. */
    private static final long TIMEOUT = 10_000;

    /** How long nothing must come. */
    private static final long NO_SIGNALS = 300;

    /** How often it is asked whether something has come. */
    private static final long POLL = 10;

    /** How long a Publisher may take to let go of a subscriber that has cancelled. */
    static final long LETTING_GO = 100;

    private Tck() {}

    static TestEnvironment environment() {
        return new TestEnvironment(TIMEOUT, NO_SIGNALS, POLL);
    }

    /** A test for each rule. */
    static List<DynamicTest> rules(Supplier<?> verifications) {
        Class<?> type = verifications.get().getClass();
        return Arrays.stream(type.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .filter(method -> method.getAnnotation(Test.class).enabled())
                .filter(method -> !method.getName().startsWith("untested_")) // they say so and end
                .sorted(Comparator.comparing(Tck::isAboutGarbage).thenComparing(Method::getName))
                .map(method -> start(method, () -> run(verifications.get(), method)))
                .toList(); // all are under way before the first is waited for
    }

    /** How often the collector is asked: it has 100 ms for its answer, and may be late on a busy machine. What leaks leaks each time. */
    private static final int COLLECTIONS = 5;

    /** This one asks the collector for an answer within 100 ms, so it runs when the others are done. */
    private static boolean isAboutGarbage(Method rule) {
        return rule.getName().startsWith("required_spec313_");
    }

    private static DynamicTest start(Method rule, Callable<Void> body) {
        if (isAboutGarbage(rule)) {
            return DynamicTest.dynamicTest(rule.getName(), () -> askTheCollector(body));
        }
        var running = new FutureTask<>(body);
        Thread.ofPlatform().daemon().name("tck-" + rule.getName()).start(running);
        return DynamicTest.dynamicTest(rule.getName(), () -> {
            try {
                running.get();
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        });
    }

    private static void askTheCollector(Callable<Void> body) throws Exception {
        for (int again = COLLECTIONS - 1; ; again--) {
            try {
                body.call();
                return;
            } catch (AssertionError e) {
                if (again == 0) {
                    throw e;
                }
            }
        }
    }

    private static Void run(Object verification, Method rule) throws Exception {
        invokeAll(verification, BeforeClass.class);
        invokeAll(verification, BeforeMethod.class);
        try {
            rule.invoke(verification);
        } catch (InvocationTargetException e) {
            switch (e.getCause()) {
                case SkipException skipped -> throw new TestAbortedException(skipped.getMessage());
                case Exception failure -> throw failure;
                case Throwable failure -> throw new AssertionError(failure.getMessage(), failure);
            }
        } finally {
            invokeAll(verification, AfterClass.class);
        }
        return null;
    }

    private static void invokeAll(Object verification, Class<? extends Annotation> kind) throws Exception {
        for (Method method : verification.getClass().getMethods()) {
            if (method.isAnnotationPresent(kind)) {
                method.invoke(verification);
            }
        }
    }
}
