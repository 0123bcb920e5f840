package dev.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong in a {@link TaskGroup}: every failure of its children, in the order in which they came, and the body's own at the
 * end. The first one is the cause, the others are suppressed exceptions of this.
 */
public final class TaskGroupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** All of them, in order. */
    private final transient List<Throwable> failures;

    /** The scope of the group, if a wait of its body has thrown this. */
    private final transient @Nullable CancelScope scope;

    TaskGroupException(List<Throwable> failures, @Nullable CancelScope scope) {
        super(message(failures), failures.get(0));
        this.scope = scope;
        this.failures = List.copyOf(failures);
        for (Throwable failure : failures.subList(1, failures.size())) {
            addSuppressed(failure);
        }
    }

    private static String message(List<Throwable> failures) {
        String first = Outcome.text(failures.get(0));
        return failures.size() == 1 ? first : failures.size() + " failures in a task group, the first is " + first;
    }

    @Nullable CancelScope scope() {
        return scope;
    }

    /**
     * The failures, raw: checked exceptions are not wrapped.
     *
     * @return at least one, in the order in which they came; unmodifiable
     */
    public List<Throwable> failures() {
        return failures;
    }
}
