package dev.loop;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The floors of the kernel and its fences: arrows point down only. When you add a rule, plant one violation, see it
 * fail, and take it out again.
 */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.loop");

    private static final String SPI = "dev.loop.spi..";
    private static final String INTERNAL = "dev.loop.internal..";
    private static final String ROOT = "dev.loop";

    /** Floor number = index: a package may use its own floor and those before it. */
    private static final List<List<String>> FLOORS = List.of(
            List.of(SPI, INTERNAL),
            List.of(ROOT),
            List.of(
                    "dev.loop.sync..",
                    "dev.loop.queue..",
                    "dev.loop.generator..",
                    "dev.loop.thread..",
                    "dev.loop.flow..",
                    "dev.loop.debug.."),
            List.of("dev.loop.reactor..", "dev.loop.testing"),
            List.of("dev.loop.testing.junit.."));

    @Test
    void everyPackageHasItsFloor() {
        check(classes().should().resideInAnyPackage(packagesOf(FLOORS)));
    }

    @Test
    void arrowsPointDownOnly() {
        for (int floor = 0; floor < FLOORS.size() - 1; floor++) {
            check(noClasses()
                    .that(resideInAnyPackage(packagesOf(FLOORS.subList(floor, floor + 1))))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(packagesOf(FLOORS.subList(floor + 1, FLOORS.size())))));
        }
    }

    @Test
    void packagesFormNoCycle() {
        // "dev.loop.(**)" would silently leave out the root package, and cycles between kernel and internal with it.
        check(slices().matching("dev.(**)").should().beFreeOfCycles());
    }

    @Test
    void spiUsesOnlyTheJdk() {
        check(classes()
                .that()
                .resideInAPackage(SPI)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        SPI, "java..", "org.jspecify.annotations..", "com.google.errorprone.annotations..")));
    }

    @Test
    void internalUsesOnlySpiAndInternalOfOurs() {
        check(noClasses()
                .that()
                .resideInAPackage(INTERNAL)
                .should()
                .dependOnClassesThat(resideInAPackage("dev.loop..").and(not(resideInAnyPackage(SPI, INTERNAL)))));
    }

    @Test
    void onlyTheReactorPackageSeesReactor() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.loop.reactor..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("reactor..", "org.reactivestreams.."));
    }

    @Test
    void onlyItsExtensionSeesJUnit() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.loop.testing.junit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.junit..", "org.opentest4j..", "org.apiguardian.."));
    }

    /** The library is optional: what does not need it must not load it. */
    @Test
    void onlyTheCronExpressionSeesCronUtils() {
        check(noClasses()
                .that()
                .haveNameNotMatching("dev\\.loop\\.flow\\.CronExpression(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.cronutils.."));
    }

    @Test
    void onlyThePollPackageUsesSelectors() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.loop.internal.poll..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Selector.class));
    }

    @Test
    void onlyTheCarrierReflects() {
        // JUnit names a test by its java.lang.reflect.Method; its extension passes it on
        check(noClasses()
                .that()
                .resideOutsideOfPackages("dev.loop.internal.carrier..", "dev.loop.testing.junit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.lang.reflect..", "jdk.internal..", "sun.."));
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.loop.internal.carrier..")
                .should()
                .accessTargetWhere(member(MethodHandles.class, "privateLookupIn")
                        .or(member(ClassLoader.class, "loadClass"))
                        .or(member(Class.class, "forName", "getDeclaredConstructor"))
                        .or(member(Class.class, "getDeclaredMethod", "getDeclaredField"))));
    }

    @Test
    void onlyClocksReadTheTime() {
        check(noClasses()
                .that(not(assignableTo("dev.loop.spi.Clock")))
                .should()
                .accessTargetWhere(member(System.class, "nanoTime", "currentTimeMillis")
                        .or(member(java.time.temporal.Temporal.class, "now"))
                        .or(member(java.time.InstantSource.class, "system", "systemUTC", "systemDefaultZone"))));
    }

    @Test
    void nobodySleepsTheThread() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(SPI, INTERNAL, "dev.loop.testing..")
                .should()
                .accessTargetWhere(member(Thread.class, "sleep").or(member(TimeUnit.class, "sleep"))));
    }

    @Test
    void whatIsSaidIsLogged() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging.."));
        check(noClasses()
                .should()
                .accessTargetWhere(member(System.class, "out", "err").or(member(Throwable.class, "printStackTrace"))));
    }

    /** Somebody who comes to know the kernel reads it file by file; one that grows beyond this wants another shape. */
    @Test
    void noFileOfTheCoreIsLongerThanFiveHundredLines() throws IOException {
        var tooLong = new ArrayList<String>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                int lines = Files.readAllLines(file).size();
                if (lines > 500) {
                    tooLong.add(file + ": " + lines);
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void theTurnIsOneMethodOfFortyLinesAtMost() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("src/main/java/dev/loop/Turns.java"));
        int begin = lines.indexOf("    private void turn() {");
        assertThat(begin).isPositive();
        assertThat(lines.subList(begin, lines.size()).indexOf("    }") + 1).isLessThanOrEqualTo(40);
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }

    private static String[] packagesOf(List<List<String>> floors) {
        return floors.stream().flatMap(List::stream).toArray(String[]::new);
    }

    /** A field or method of a class, be it called, read or referred to. */
    private static DescribedPredicate<JavaAccess<?>> member(Class<?> owner, String... names) {
        var any = Set.of(names);
        return DescribedPredicate.describe(
                "is " + owner.getSimpleName() + "." + any,
                access -> any.contains(access.getTarget().getName())
                        && access.getTargetOwner().isAssignableTo(owner));
    }
}
