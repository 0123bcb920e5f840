package dev.loop.testing.junit;

import dev.loop.debug.CallGraph;
import dev.loop.testing.TestLoop;

/** Tells, suppressed in a test's failure, how to have it again, and what the tasks did then. It is no failure of its own. */
final class FailureNote extends Exception {

    private static final long serialVersionUID = 1L;

    private FailureNote(String text) {
        super(text, null, false, false);
    }

    /** Adds the note, called by the main task while the failure goes through it. */
    static void addTo(Throwable failure, TestLoop test, CallGraph graph) {
        var text = new StringBuilder();
        if (test.seed() != null) {
            text.append("seed ").append(test.seed());
            text.append("; replay with -Ddev.loop.seed=").append(test.seed()).append(". ");
        }
        text.append("When the test failed, its tasks were:\n").append(graph.format());
        failure.addSuppressed(new FailureNote(text.toString()));
    }
}
