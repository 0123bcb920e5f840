package dev.loop.testing.junit;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.junit.platform.commons.support.AnnotationSupport;

/** Makes the runs of a {@link LoopTest}: one, or one for each seed. */
final class LoopTestExtension implements TestTemplateInvocationContextProvider {

    /** As {@link dev.loop.testing.TestLoopBuilder#seed} has it. */
    private static final String SEED_PROPERTY = "dev.loop.seed";

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return AnnotationSupport.isAnnotated(context.getTestMethod(), LoopTest.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        LoopTest test = AnnotationSupport.findAnnotation(context.getTestMethod(), LoopTest.class)
                .orElseThrow();
        if (test.seeds() < 0) {
            throw new ExtensionConfigurationException("@LoopTest(seeds = " + test.seeds() + ") of "
                    + context.getDisplayName() + ": a number of runs cannot be negative");
        }
        boolean one = test.seeds() == 0 || System.getProperty(SEED_PROPERTY) != null;
        return one
                ? Stream.of(new Invocation(null, test.allowRealTime()))
                : LongStream.range(0, test.seeds()).mapToObj(seed -> new Invocation(seed, test.allowRealTime()));
    }

    private record Invocation(@Nullable Long seed, boolean allowsRealTime) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int invocationIndex) {
            return seed == null ? "on a test loop" : "seed " + seed;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new LoopRun(seed, allowsRealTime));
        }
    }
}
