package dev.loop.io;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.VoidBody;
import dev.loop.WaitQueue;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks that serve the connections of one listener: what every {@link Listener} has {@code serve} and {@code shutdown} from. It
 * belongs to its loop's thread.
 *
 * @param <S> the connections
 */
@CheckReturnValue
public final class ConnectionTasks<S extends ByteStream> {

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

    private final EventLoop loop;
    private final Listener<S> listener;
    private final Function<? super S, String> peer;

    private final Set<Connection> running = new LinkedHashSet<>();
    private final WaitQueue<@Nullable Void, @Nullable Void> untilNoneRuns;
    private @Nullable Task<@Nullable Void> serving;

    /**
     * The tasks of a listener; there are none yet.
     *
     * @param loop whose tasks they are
     * @param listener gives the connections
     * @param peer says whom a connection is with, for names and messages
     */
    public ConnectionTasks(EventLoop loop, Listener<S> listener, Function<? super S, String> peer) {
        this.loop = loop;
        this.listener = listener;
        this.peer = peer;
        untilNoneRuns = new WaitQueue<>(loop, null);
    }

    /**
     * Serves connections until the listener closes; as {@link Listener#serve}.
     *
     * @param handler what to do with a connection
     * @return the task that accepts
     * @throws IllegalStateException while another call of this serves
     */
    public Task<@Nullable Void> serve(StreamHandler<? super S> handler) {
        loop.checkThread();
        Task<@Nullable Void> before = serving;
        if (before != null && !before.isDone()) {
            throw new IllegalStateException(listener + " is being served already, by " + before);
        }
        Task<@Nullable Void> task = loop.spawn("serve " + listener, () -> acceptAll(handler));
        serving = task;
        return task;
    }

    private void acceptAll(StreamHandler<? super S> handler) {
        try {
            while (true) {
                S stream = listener.accept().await();
                if (!listener.isOpen()) { // closed between the arrival and this step
                    stream.close();
                    return;
                }
                new Connection(stream, handler).start();
            }
        } catch (StreamClosedException e) {
            if (listener.isOpen()) {
                throw e;
            }
        } catch (CancelledException e) {
            cancelAll("the serving of " + listener + " was cancelled");
            throw e;
        }
    }

    /**
     * Waits for the handlers that run, and cancels those that take too long; as {@link Listener#shutdown}, for a listener that is
     * closed already.
     *
     * @param grace how long they may go on
     * @return how many were cancelled, when all have ended
     */
    public Future<Integer> shutdown(Duration grace) {
        loop.checkThread();
        return loop.spawn("shutdown of " + listener, () -> {
            try {
                Async.waitFor(noneRuns(), grace).await();
                return 0;
            } catch (TimeoutException e) {
                int cancelled = cancelAll("not done within " + grace + " of the shutdown of " + listener);
                noneRuns().await();
                return cancelled;
            }
        });
    }

    private Future<@Nullable Void> noneRuns() {
        return running.isEmpty() ? loop.done() : untilNoneRuns.park(null);
    }

    @CanIgnoreReturnValue
    private int cancelAll(String reason) {
        List<Connection> all = List.copyOf(running);
        for (Connection connection : all) {
            connection.task().cancelAndJoin(reason); // for good: a handler cannot swallow it and go on
        }
        return all.size();
    }

    /**
     * How many handlers have not ended.
     *
     * @return the count
     */
    public int running() {
        return running.size();
    }

    /** One connection, the body of its task, and what follows the task. */
    private final class Connection implements VoidBody<Exception>, Consumer<Future<@Nullable Void>> {
        private final S stream;
        private final StreamHandler<? super S> handler;
        private @Nullable Task<@Nullable Void> task;

        Connection(S stream, StreamHandler<? super S> handler) {
            this.stream = stream;
            this.handler = handler;
        }

        void start() {
            running.add(this);
            Task<@Nullable Void> t = loop.spawn("connection with " + peer.apply(stream), this);
            task = t;
            t.addDoneCallback(this);
        }

        Task<@Nullable Void> task() {
            Task<@Nullable Void> t = task;
            if (t == null) {
                throw new AssertionError("asked before start()");
            }
            return t;
        }

        @Override
        public void run() throws Exception {
            try {
                handler.handle(stream);
            } finally {
                end();
            }
        }

        /** A callback after the task: the only one to close the stream of a task that was cancelled before its first step. */
        @Override
        public void accept(Future<@Nullable Void> done) {
            end();
            Throwable failure = done.isCancelled() ? null : done.exception();
            if (failure instanceof ConnectionResetException) {
                LOG.debug("a client of {} went away: {}", listener, failure.getMessage());
            } else if (failure != null) {
                loop.callExceptionHandler(new ExceptionContext(
                        "the handler of the connection with " + peer.apply(stream) + " failed", failure, done, null));
            }
        }

        private void end() {
            stream.close();
            if (running.remove(this) && running.isEmpty()) {
                while (!untilNoneRuns.isEmpty()) {
                    untilNoneRuns.grant(null);
                }
            }
        }
    }
}
