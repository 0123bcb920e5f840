package dev.loop.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The optional library for cron expressions, when it is not there. */
class WithoutCronUtilsTest {

    /** Loads this package anew, in a world without cron-utils. */
    private static final class Without extends ClassLoader {
        private boolean asked;

        Without() {
            super(WithoutCronUtilsTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.cronutils.")) {
                asked = true;
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("dev.loop.flow.")) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    private final Without without = new Without();

    @Test
    void aPeriodNeedsNoLibrary() throws Exception {
        var builder = without.loadClass("dev.loop.flow.Periodic")
                .getMethod("atFixedRate", Duration.class)
                .invoke(null, Duration.ofSeconds(1));
        assertThat(builder.getClass().getClassLoader()).isSameAs(without);
        assertThat(without.asked).isFalse();
    }

    @Test
    void aCronExpressionSaysWhatIsMissing() throws Exception {
        for (int i = 0; i < 2; i++) { // the JVM tells of it otherwise the second time
            for (String dialect : new String[] {"cron", "quartzCron"}) {
                var method = without.loadClass("dev.loop.flow.Periodic").getMethod(dialect, String.class);
                var failure = catchThrowable(() -> method.invoke(
                        null,
                        "* * * * * ?".substring(dialect.equals("cron") ? 2 : 0).replace('?', '*')));
                assertThat(failure).isInstanceOf(InvocationTargetException.class);
                assertThat(failure.getCause())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(
                                "a cron expression needs a library that is not on the class path: add the dependency"
                                        + " com.cronutils:cron-utils:9.2.1, which is optional to loop-core");
            }
        }
        assertThat(without.asked).isTrue();
    }
}
