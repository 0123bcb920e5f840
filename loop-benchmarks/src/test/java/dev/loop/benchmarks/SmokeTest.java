package dev.loop.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the body of every benchmark that JMH would find, once, so that none of them rots. */
class SmokeTest {

    @TestFactory
    Stream<DynamicTest> everyBenchmarkDoesAsManyOperationsAsItDeclares() {
        var quiet = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        var found = BenchmarkList.defaultList().getAll(quiet, List.of());
        assertThat(found).as("what JMH finds").hasSizeGreaterThan(20);
        return found.stream().map(entry -> DynamicTest.dynamicTest(shortName(entry), () -> runOnce(entry)));
    }

    private static String shortName(BenchmarkListEntry entry) {
        return entry.getUsername().replaceAll(".*\\.(\\w+\\.\\w+)", "$1");
    }

    private static void runOnce(BenchmarkListEntry entry) throws Exception {
        Class<?> type = Class.forName(entry.getUserClassQName());
        Object benchmark = type.getConstructor().newInstance();
        for (Field field : type.getFields()) {
            if (field.isAnnotationPresent(Param.class)) {
                field.setInt(
                        benchmark,
                        Integer.parseInt(field.getAnnotation(Param.class).value()[0]));
            }
        }
        invoke(benchmark, Setup.class);
        try {
            String name = entry.getUsername().substring(entry.getUsername().lastIndexOf('.') + 1);
            int declared = entry.getOperationsPerInvocation().orElse(1);
            assertThat(type.getMethod(name).invoke(benchmark)).isEqualTo(declared);
        } finally {
            invoke(benchmark, TearDown.class);
        }
    }

    private static void invoke(Object benchmark, Class<? extends Annotation> what) throws Exception {
        var methods = new ArrayList<Method>(Arrays.asList(benchmark.getClass().getMethods()));
        methods.removeIf(method -> !method.isAnnotationPresent(what));
        for (Method method : methods) {
            method.invoke(benchmark);
        }
    }
}
