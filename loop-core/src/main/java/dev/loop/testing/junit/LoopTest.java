package dev.loop.testing.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test whose body runs as the main task of a {@link dev.loop.testing.TestLoop}: it may await, and its time is virtual. It stands
 * where {@code @Test} would.
 *
 * {@snippet class="dev.loop.testing.junit.LoopTestSnippets" region="looptest"}
 *
 * <p>Each run has an instance of the test class and a test loop of its own, as JUnit has it for every repetition. The test method, and
 * methods annotated with {@code @BeforeEach} and {@code @AfterEach} and the constructor, may have parameters of the types
 * {@link dev.loop.testing.TestLoop}, {@link dev.loop.EventLoop} and {@link dev.loop.testing.ManualClock}: they are those of this run.
 *
 * <p>{@code @BeforeEach} and {@code @AfterEach} run outside of the loop, on JUnit's thread, while the loop stands still: they may prepare
 * and look at what belongs to it, but do not await, unless by {@link dev.loop.testing.TestLoop#runMain}. The loop is closed when
 * all {@code @AfterEach} have run; what it has to complain of then (failures that nobody looked at, waits on real time) fails the test.
 *
 * <p>A failure has, suppressed, the seed and how to replay it, and what the other tasks waited for. JUnit's {@code @Timeout} cancels the
 * main task.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@TestTemplate
@ExtendWith(LoopTestExtension.class)
public @interface LoopTest {

    /**
     * Runs the test under so many seeds, each of which is a run of its own in JUnit's report: {@link dev.loop.testing.TestLoop#explore} as
     * a test. If the system property {@code dev.loop.seed} is set, there is one run, under that seed.
     *
     * @return how many, from 0 on; by default none, and the order is first come, first served
     */
    int seeds() default 0;

    /**
     * Whether tasks may wait on real time, which fails a test otherwise.
     *
     * @return true if they may
     * @see dev.loop.testing.TestLoopBuilder#allowRealTime
     */
    boolean allowRealTime() default false;
}
