package dev.loop.sync;

import dev.loop.EventLoop;
import dev.loop.Resource;
import dev.loop.Task;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What somebody gets who has asked for something, and gives back; it knows who that is. It belongs to the loop's thread. */
abstract class Grant {

    private static final int MOST_FRAMES = 16;

    /** Between the code that asks and the stack that is taken. */
    private static final Set<String> OURS = Stream.of(
                    Grant.class,
                    Grants.class,
                    Lock.class,
                    Semaphore.class,
                    BoundedSemaphore.class,
                    RwLock.class,
                    ReentrantLock.class,
                    CapacityLimiter.class)
            .map(Class::getName)
            .collect(Collectors.toUnmodifiableSet());

    final @Nullable Task<?> task;
    private final List<StackTraceElement> acquiredAt;
    long since;

    /** For the task or callback that calls. */
    Grant(EventLoop loop) {
        task = loop.currentTask();
        acquiredAt = loop.isDebug() ? callers() : List.of();
        since = loop.turnTime();
    }

    final Resource.Hold hold() {
        return new Resource.Hold(task, since, acquiredAt);
    }

    /** Who has it, for messages. */
    static String nameOf(@Nullable Task<?> task) {
        return task == null
                ? "code outside of a task"
                : task.isDone() ? task.name() + ", which has ended" : task.name();
    }

    private static List<StackTraceElement> callers() {
        return StackWalker.getInstance()
                .walk(frames -> frames.dropWhile(frame -> isOurs(frame.getClassName()))
                        .takeWhile(frame -> !isKernel(frame.getClassName()))
                        .limit(MOST_FRAMES)
                        .map(StackWalker.StackFrame::toStackTraceElement)
                        .toList());
    }

    private static boolean isOurs(String className) {
        int nested = className.indexOf('$');
        return OURS.contains(nested < 0 ? className : className.substring(0, nested));
    }

    private static boolean isKernel(String className) {
        return className.startsWith("dev.loop.internal.") || className.equals("dev.loop.TaskStep");
    }
}
