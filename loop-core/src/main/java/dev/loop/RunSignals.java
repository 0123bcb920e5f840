package dev.loop;

import dev.loop.spi.ProcessSignals;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the signals of the process do to a runner.
 *
 * <pre>
 *   RUNNING   --INT--->  CANCELLED   the main task is cancelled, once; without one, a close waits for no hook any more
 *   RUNNING   --TERM-->  DRAINING    the orderly end begins
 *   DRAINING  --any--->  CANCELLED   and does not wait any longer
 *   CANCELLED --any--->  ABORTED     nothing is waited for any more; later signals are the JVM's again
 * </pre>
 *
 * <p>A signal arrives on a thread of the JVM. What it does is kernel work on the loop's thread, which needs no callback to be free.
 */
final class RunSignals implements ProcessSignals.Listener {

    private enum State {
        RUNNING,
        DRAINING,
        CANCELLED,
        ABORTED
    }

    private static final List<String> NAMES = List.of("INT", "TERM");

    private final EventLoop loop;
    private final @Nullable Boolean wanted;

    // the thread that runs the loop only
    private ProcessSignals.@Nullable Subscription subscription;

    // any thread
    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private volatile @Nullable String last;

    // the loop's thread only
    private @Nullable TaskStep main;
    private @Nullable TaskStep cancelled;

    RunSignals(EventLoop loop, @Nullable Boolean wanted) {
        this.loop = loop;
        this.wanted = wanted;
    }

    /** A run or a close begins, on the thread that calls. */
    void listen(@Nullable TaskStep mainTask) {
        main = mainTask;
        if (mainTask != null && state.compareAndSet(State.CANCELLED, State.RUNNING)) {
            last = null; // the run before this one has taken it
        }
        if (wanted != null ? wanted : isMainThread()) {
            if (subscription == null && state.get() != State.ABORTED && !loop.isClosed()) {
                subscription = ProcessSignals.listenByDefault(NAMES, this);
            }
        }
    }

    void leave() {
        ProcessSignals.Subscription s = subscription;
        if (s != null) {
            subscription = null;
            s.close();
        }
        main = null;
    }

    private static boolean isMainThread() {
        Thread thread = Thread.currentThread();
        ThreadGroup group = thread.getThreadGroup();
        return thread.getName().equals("main")
                && group != null
                && group.getName().equals("main");
    }

    /** The signal that came last, or null. */
    @Nullable String last() {
        return last;
    }

    String reason() {
        return "SIG" + last;
    }

    /** The state in words, for tests. */
    String state() {
        return state.toString();
    }

    /** Whether a signal has cancelled this main task. */
    boolean haveCancelled(TaskStep mainTask) {
        return cancelled == mainTask;
    }

    @Override
    public boolean received(String signal, ProcessSignals.Subscription heard) {
        State before = state.getAndUpdate(s -> next(s, signal));
        if (before == State.ABORTED) {
            return false;
        }
        last = signal;
        if (before == State.CANCELLED) {
            heard.close();
        }
        return loop.submit(() -> act(before, signal));
    }

    private static State next(State state, String signal) {
        return switch (state) {
            case RUNNING -> signal.equals("TERM") ? State.DRAINING : State.CANCELLED;
            case DRAINING -> State.CANCELLED;
            case CANCELLED, ABORTED -> State.ABORTED;
        };
    }

    /** On the loop's thread. */
    private void act(State before, String signal) {
        String reason = "SIG" + signal;
        TaskStep m = main;
        if (before == State.CANCELLED) {
            loop.shutdown.abort(reason);
        } else if (before == State.RUNNING && signal.equals("TERM")) {
            loop.shutdown.request(reason);
        } else if (before == State.RUNNING && m != null && m.task.outcome == null) {
            cancelled = m;
            m.cancel(reason);
        } else {
            loop.shutdown.hurry(reason);
        }
    }
}
