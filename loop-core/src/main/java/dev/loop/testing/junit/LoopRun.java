package dev.loop.testing.junit;

import dev.loop.EventLoop;
import dev.loop.debug.CallGraph;
import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import dev.loop.testing.TestLoopBuilder;
import java.lang.reflect.Method;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/** One run of a {@link LoopTest}, with the test loop that it has for itself. */
final class LoopRun implements BeforeEachCallback, ParameterResolver, InvocationInterceptor, AfterEachCallback {

    private final @Nullable Long seed;
    private final boolean allowsRealTime;
    private @Nullable TestLoop loop;

    LoopRun(@Nullable Long seed, boolean allowsRealTime) {
        this.seed = seed;
        this.allowsRealTime = allowsRealTime;
    }

    /** Made when it is asked for first: for a parameter of the constructor that is before {@link #beforeEach}. */
    private TestLoop loop() {
        TestLoop test = loop;
        if (test == null) {
            TestLoopBuilder builder = TestLoop.builder();
            if (seed != null) {
                builder.seed(seed);
            }
            if (allowsRealTime) {
                builder.allowRealTime();
            }
            loop = test = builder.build();
        }
        return test;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        loop();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == TestLoop.class || type == EventLoop.class || type == ManualClock.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        TestLoop test = loop();
        Class<?> type = parameter.getParameter().getType();
        return type == TestLoop.class ? test : type == EventLoop.class ? test.loop() : test.clock();
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation,
            ReflectiveInvocationContext<Method> invocationContext,
            ExtensionContext extensionContext)
            throws Throwable {
        TestLoop test = loop();
        var failure = new Throwable[1];
        Callable<@Nullable Void> body = () -> {
            try {
                invocation.proceed();
            } catch (Throwable e) {
                // kept as it is: a checked exception would leave the loop inside of another one
                failure[0] = e;
                if (!(e instanceof TestAbortedException)) {
                    FailureNote.addTo(e, test, CallGraph.captureAll(test.loop()));
                }
            }
            return null;
        };
        test.runMain(body);
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        TestLoop test = loop;
        if (test != null) {
            loop = null;
            test.close();
        }
    }
}
