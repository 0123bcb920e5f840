package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The children of a {@link TaskGroup}: who is left, what their ends mean for the others, and the wait for the last. */
final class GroupChildren {

    private final EventLoop loop;
    private final TaskGroup.Policy policy;
    private final CancelScope body;

    private final Set<Task<?>> children = new LinkedHashSet<>();
    private final List<Outcome.Failed> failures = new ArrayList<>();
    private @Nullable Task<?> winner;
    private @Nullable Empty empty;
    private boolean cancelled; // nothing new, and all children are being cancelled

    GroupChildren(EventLoop loop, TaskGroup.Policy policy, CancelScope body) {
        this.loop = loop;
        this.policy = policy;
        this.body = body;
    }

    List<Task<?>> all() {
        return List.copyOf(children);
    }

    /** What has failed so far, in order. */
    List<Throwable> failures() {
        return failures.stream().map(failed -> failed.error).toList();
    }

    /** What has failed, without the first ones, and without what somebody has met by awaiting the child itself. */
    List<Throwable> unmet(int met) {
        return failures.stream()
                .skip(met)
                .filter(failed -> !failed.looked)
                .map(failed -> failed.error)
                .toList();
    }

    @Nullable Task<?> winner() {
        return winner;
    }

    /** Whether there is a value, so that failures do not count. */
    boolean won() {
        return winner != null;
    }

    boolean cancelled() {
        return cancelled;
    }

    void adopt(Task<?> child, @Nullable GroupStart<?> start) {
        children.add(child);
        child.addListener(new Member(start));
    }

    /** The body's failure is the last one, unless it is a child's that the body has looked at. */
    void bodyFailed(Throwable error) {
        for (Outcome.Failed failed : failures) {
            if (failed.error == error) {
                return;
            }
        }
        failures.add(new Outcome.Failed(error));
    }

    /** Cancels all children, once. */
    void abort(@Nullable String reason) {
        if (cancelled) {
            return;
        }
        cancelled = true;
        for (Task<?> child : List.copyOf(children)) {
            child.step.cancelRoot(reason);
        }
    }

    /** Waits for the last one. A cancel, whosever it is, cancels them all and waits on; it is returned. */
    @Nullable RuntimeException await() {
        RuntimeException cancel = null;
        if (!children.isEmpty() && !cancelled) {
            try {
                empty().await();
            } catch (CancelledException | TaskGroupException e) {
                cancel = e; // nothing else can come of this wait
                empty = null; // a cancel may have ended it
                abort("the task of the group was cancelled");
            }
        }
        awaitShielded();
        return cancel;
    }

    /** Waits for children that are being cancelled: nothing can end this, so it tells whom it waits for if it takes long. */
    void awaitShielded() {
        if (children.isEmpty()) {
            return;
        }
        var late = new TimerNode(loop.now() + Durations.nanos(loop.closeLimit)) {
            @Override
            public void fire() {
                reportLate();
            }
        };
        loop.timers.add(late);
        try {
            Async.shielded(() -> {
                while (!children.isEmpty()) {
                    empty().await();
                }
            });
        } finally {
            loop.timers.remove(late);
        }
    }

    private void reportLate() {
        for (Task<?> child : children) {
            var where = new IllegalStateException(
                    child.name() + " has not ended since its group was cancelled; it is here");
            if (child.step.isStarted()) {
                where.setStackTrace(child.step.stack());
            }
            loop.reports.later(new ExceptionContext(
                    "a task has not ended within " + loop.closeLimit
                            + " of the cancel of its group, which waits for it",
                    where,
                    child,
                    null));
        }
    }

    private void ended(Task<?> child, @Nullable GroupStart<?> start) {
        children.remove(child);
        if (start == null || !start.ended(child)) {
            if (child.outcome instanceof Outcome.Failed f) {
                failed(child, f);
            } else if (policy == TaskGroup.Policy.FIRST_SUCCESS
                    && winner == null
                    && !(child.outcome instanceof Outcome.Cancelled)) {
                winner = child;
                abort(child.name() + " was first");
            }
        }
        Empty e = empty;
        if (e != null && children.isEmpty()) {
            empty = null;
            e.finish(Outcome.NIL);
        }
    }

    private void failed(Task<?> child, Outcome.Failed failed) {
        if (policy == TaskGroup.Policy.SUPERVISOR) {
            return;
        }
        failures.add(failed);
        if (policy == TaskGroup.Policy.FAIL_FAST) {
            String reason = child.name() + " failed";
            abort(reason);
            body.cancel(reason);
        }
    }

    private Empty empty() {
        Empty e = empty;
        if (e == null) {
            empty = e = new Empty();
        }
        return e;
    }

    @Override
    public String toString() {
        return policy + ", " + children.size() + (children.size() == 1 ? " child" : " children")
                + (cancelled ? ", cancelled" : "");
    }

    /** Completes when the last child has ended. */
    private final class Empty extends Promise<@Nullable Void> {
        Empty() {
            super(GroupChildren.this.loop);
        }

        @Override
        List<Future<?>> parts() {
            return List.copyOf(children);
        }
    }

    /** The group's own place among those who wait for a child: the first. */
    private final class Member implements Listener {
        private final @Nullable GroupStart<?> start;

        Member(@Nullable GroupStart<?> start) {
            this.start = start;
        }

        @Override
        public void completed(Future<?> child) {
            ended((Task<?>) child, start);
        }

        @Override
        public boolean waits() {
            return policy != TaskGroup.Policy.SUPERVISOR || (start != null && !start.hasStarted());
        }
    }
}
