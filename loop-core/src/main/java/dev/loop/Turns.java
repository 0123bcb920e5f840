package dev.loop;

import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyOrder;
import dev.loop.internal.timer.TimerNode;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The turns of a loop: how they run, and which loops run now. It belongs to the loop's platform thread. */
final class Turns {

    /** How many turns may pass without a poll while entries are ready. */
    private static final int TURNS_PER_POLL = 61;

    /** How much time may pass without a poll while entries are ready, in nanoseconds. */
    private static final long NANOS_PER_POLL = 50_000;

    /** The loops that run now; copied on write, because it is read on every static call and rarely longer than one. */
    private static volatile EventLoop[] running = {};

    private static final Object RUNNING_LOCK = new Object();

    final Callbacks callbacks;
    private final EventLoop loop;
    private final Clock clock;
    private final Poller poller;
    private final @Nullable ReadyOrder order;

    private int budget; // entries of this turn's batch that have not run yet
    private int turnsSincePoll;
    private long lastPoll;
    private boolean stopping;
    private @Nullable Throwable fatal;

    // somebody interrupted the platform thread: the main task of a Runner is cancelled, else the loop stops
    private boolean hostInterrupted;

    @Nullable TaskStep main;

    Turns(EventLoop loop) {
        this.loop = loop;
        clock = loop.clock;
        poller = loop.poller;
        order = loop.order;
        callbacks = new Callbacks(loop);
    }

    /** The loop that this thread runs a step of, or null. */
    static @Nullable EventLoop loopOf(Thread thread) {
        for (EventLoop candidate : running) {
            if (candidate.carrier.isMounted(thread)) {
                return candidate;
            }
        }
        return null;
    }

    /** The loops that run now. The array is nobody's to change. */
    static EventLoop[] running() {
        return running;
    }

    // --- the turn: this is the event loop

    /**
     * One turn, in asyncio's order; {@code docs/design.md} has it as a numbered list. Entries that are added while the batch runs
     * run in the next turn.
     */
    private void turn() {
        noticeInterrupt();
        long now = clock.nanoTime();
        loop.meter.turnBegins(now);
        boolean busy = stopping || !loop.ready.isEmpty();
        if (!busy || ++turnsSincePoll >= TURNS_PER_POLL || now - lastPoll >= NANOS_PER_POLL) {
            now = poll(now, busy ? 0 : untilNextTimer(now));
            lastPoll = now;
            turnsSincePoll = 0;
        }
        admitDue(now);
        loop.meter.batchBegins(now);
        runBatch(loop.ready.size());
    }

    /** The second part of a turn, after the poll: what other threads have left, and the timers that are due, become ready. */
    void admitDue(long now) {
        loop.meter.arrived(loop.inbox.drainTo(loop.ready));
        for (TimerNode timer = loop.timers.pollDue(now); timer != null; timer = loop.timers.pollDue(now)) {
            timer.fire();
        }
    }

    /** The third part of a turn for a host, who reads no time for it. */
    void runPart(int entries) {
        loop.meter.batchBegins(clock.nanoTime());
        runBatch(entries);
    }

    /** The third part of a turn: runs so many of the entries that are ready, in their order. */
    void runBatch(int entries) {
        if (order != null) {
            loop.ready.arrange(order);
        }
        budget = entries;
        while (budget > 0) {
            budget--;
            ReadyEntry entry = loop.ready.poll();
            if (entry == null) {
                throw new AssertionError("the batch is larger than the queue");
            }
            if (entry.isCallback()) {
                callbacks.run(entry);
            } else {
                entry.run();
            }
        }
    }

    /** The loop virtual thread asks for the next entry of the batch, if it is a callback too. */
    @Nullable ReadyEntry nextCallback() {
        if (budget == 0) {
            return null;
        }
        ReadyEntry entry = loop.ready.peek();
        if (entry == null || !entry.isCallback()) {
            return null;
        }
        budget--;
        return loop.ready.poll();
    }

    /** How long the poll may wait, in nanoseconds; negative without limit. */
    private long untilNextTimer(long now) {
        TimerNode first = loop.timers.peek();
        return first == null ? -1 : Math.max(0, first.deadline() - now);
    }

    /** Polls; returns the time when that was over. */
    private long poll(long began, long timeout) {
        poll(timeout);
        noticeInterrupt();
        long ended = clock.nanoTime();
        Probe p = loop.probe;
        if (p != null) {
            p.polled(timeout, began, ended);
        }
        return ended;
    }

    /** The first part of a turn: the channels that are ready complete their promises. */
    void poll(long timeout) {
        loop.meter.polls++;
        boolean sleeps = timeout != 0 && loop.inbox.beginSleep();
        try {
            poller.poll(sleeps ? timeout : 0);
        } catch (UncheckedIOException e) {
            fatal(e); // no selector, no loop
        } catch (RuntimeException e) {
            loop.reports.later(new ExceptionContext("polling failed", e, null, null));
        } finally {
            if (sleeps) {
                loop.inbox.endSleep();
            }
        }
    }

    /** Somebody interrupted the loop's thread: the main task of a {@link Runner} is cancelled, else the loop stops. */
    private void noticeInterrupt() {
        if (loop.carrier.takeHostInterrupt()) {
            hostInterrupted = true;
            TaskStep m = main;
            if (m != null) {
                m.cancelRoot("the thread of the event loop was interrupted");
            } else {
                stopping = true;
            }
        }
    }

    // --- running them

    void runUntilStopped() {
        enter();
        try {
            do {
                turn();
            } while (!stopping);
        } finally {
            leave();
        }
        rethrowFatal();
    }

    /** Runs turns while there is a reason to; nothing stops them. */
    void runWhile(BooleanSupplier reason) {
        enter();
        try {
            while (reason.getAsBoolean()) {
                stopping = false;
                turn();
            }
        } finally {
            leave();
        }
    }

    void stop() {
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    void fatal(Throwable error) {
        if (fatal == null) {
            fatal = error;
        } else if (fatal != error) {
            loop.reports.later(new ExceptionContext("a second fatal error", error, null, null));
        }
        stopping = true;
    }

    void rethrowFatal() {
        Throwable error = fatal;
        if (error != null) {
            fatal = null;
            throw Outcome.rethrow(error);
        }
    }

    void enter() {
        EventLoop other = EventLoop.currentOrNull();
        if (loop.carrier.isEntered()) {
            throw new IllegalStateException(loop + " runs already");
        }
        if (other != null) {
            throw new IllegalStateException(
                    "this thread runs " + other + " already: a loop cannot run inside another; spawn a task on it");
        }
        loop.endGuestWait();
        loop.carrier.enter();
        hostInterrupted = false;
        synchronized (RUNNING_LOCK) {
            EventLoop[] more = Arrays.copyOf(running, running.length + 1);
            more[running.length] = loop;
            running = more;
        }
        Watchdog.loopRuns(loop);
    }

    void leave() {
        loop.meter.batchEnds(clock.nanoTime());
        synchronized (RUNNING_LOCK) {
            running = Arrays.stream(running).filter(l -> l != loop).toArray(EventLoop[]::new);
        }
        loop.carrier.leave();
        stopping = false;
        if (hostInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
