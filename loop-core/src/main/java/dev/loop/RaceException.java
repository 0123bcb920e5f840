package dev.loop;

import java.util.List;

/**
 * Every attempt of a {@link Async#staggeredRace race} has failed. The cause is the failure of the first, the others are suppressed, in
 * the order of the attempts.
 */
public final class RaceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the attempts threw, in their order. */
    private final transient List<Throwable> failures;

    /**
     * A race that nobody has won.
     *
     * @param failures what the attempts threw, in their order; at least one
     */
    public RaceException(List<Throwable> failures) {
        super("all " + failures.size() + " attempts have failed", failures.getFirst());
        this.failures = List.copyOf(failures);
        failures.stream().skip(1).forEach(this::addSuppressed);
    }

    /**
     * What the attempts threw.
     *
     * @return one for each attempt, in their order; an attempt that was cancelled has a {@link CancelledException}
     */
    public List<Throwable> failures() {
        return failures;
    }
}
