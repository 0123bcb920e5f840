package dev.loop.io;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.invoke.MethodHandles;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The floors of the I/O module and its fences: arrows point down only. When you add a rule, plant one violation, see
 * it fail, and take it out again.
 */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.loop.io");

    private static final String NETTY = "dev.loop.io.netty..";
    private static final String HTTP = "dev.loop.io.http..";

    /** Floor number = index: a package may use its own floor and those before it. */
    private static final List<List<String>> FLOORS = List.of(
            List.of("dev.loop.io", "dev.loop.io.channel.."),
            List.of("dev.loop.io.net..", "dev.loop.io.process..", "dev.loop.io.file..", "dev.loop.io.os.."),
            List.of("dev.loop.io.tls..", "dev.loop.io.protocol.."),
            List.of(HTTP, NETTY, "dev.loop.io.testing.."));

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
        // "dev.loop.io.(**)" would silently leave out the root package.
        check(slices().matching("dev.loop.(**)").should().beFreeOfCycles());
    }

    @Test
    void theCoreIsUsedByItsPublicFaceOnly() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("dev.loop.internal.."));
    }

    @Test
    void onlyNettyAndHttpSeeNetty() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(NETTY, HTTP)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "reactor.netty.."));
    }

    @Test
    void theOnlySelectorIsTheKernels() {
        // a SelectionKey has to name its selector, also the one that Netty is shown
        check(noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.loop.io.netty.ChannelKey")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Selector.class));
    }

    @Test
    void nobodyReflects() {
        check(noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.lang.reflect..", "jdk.internal..", "sun.."));
        check(noClasses()
                .should()
                .accessTargetWhere(member(MethodHandles.class, "privateLookupIn")
                        .or(member(Class.class, "forName"))
                        .or(member(ClassLoader.class, "loadClass"))));
    }

    @Test
    void nobodyReadsTheTimeButFromTheLoop() {
        check(noClasses()
                .should()
                .accessTargetWhere(member(System.class, "nanoTime", "currentTimeMillis")
                        .or(member(java.time.temporal.Temporal.class, "now"))
                        .or(member(java.time.InstantSource.class, "system", "systemUTC", "systemDefaultZone"))));
    }

    @Test
    void nobodySleepsTheThread() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.loop.io.testing..")
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
