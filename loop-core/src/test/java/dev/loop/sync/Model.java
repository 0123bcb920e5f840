package dev.loop.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a fair primitive must do, in the plainest way: a list of those who wait, and who of them is served. Random operations are done
 * to both, on the futures themselves, so that a grant and a cancel meet in every order; after each one both must be in the same state.
 *
 * @param <G> what is granted
 */
abstract class Model<G extends AutoCloseable> {

    /** One request, from its beginning to its end. */
    static final class Request<G> {
        final Future<G> future;
        final int kind; // how many, or whether it writes
        boolean granted;
        boolean cancelled;

        @Nullable G value; // once it was read

        boolean closed;

        Request(Future<G> future, int kind) {
            this.future = future;
            this.kind = kind;
        }
    }

    final Random random;
    final List<Request<G>> all = new ArrayList<>();
    final Deque<Request<G>> queue = new ArrayDeque<>();

    Model(Random random) {
        this.random = random;
    }

    // --- what the primitive is

    abstract Future<G> ask(int kind);

    abstract @Nullable G tryAsk(int kind);

    /** Whether there is room for this one now. */
    abstract boolean fits(int kind);

    abstract void take(int kind);

    abstract void giveBack(int kind);

    abstract int randomKind();

    /** An operation that only this primitive has. */
    abstract void special();

    abstract void check();

    /** As an assertion, but cheap enough for millions. */
    static void expect(@Nullable Object actual, @Nullable Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + ": " + actual + " instead of " + expected);
        }
    }

    // --- the operations

    void step() {
        switch (random.nextInt(8)) {
            case 0, 1 -> acquire();
            case 2 -> tryAcquire();
            case 3, 4 -> read();
            case 5 -> close();
            case 6 -> cancel();
            default -> special();
        }
        for (Request<G> request : all) {
            if (request.future.isDone() != (request.granted || request.cancelled)
                    || request.future.isCancelled() != request.cancelled) {
                throw new AssertionError("request " + all.indexOf(request) + " is not as the model has it: "
                        + (request.granted ? "granted" : "not granted") + (request.cancelled ? ", cancelled" : ""));
            }
        }
        check();
    }

    /** Ends everything. */
    void finish() throws Exception {
        for (Request<G> request : all) {
            if (!request.cancelled && request.value == null) {
                assertThat(request.future.cancel()).isTrue();
                cancelled(request);
            } else if (request.value != null && !request.closed) {
                request.value.close();
                closed(request);
            }
        }
        check();
        assertThat(queue).isEmpty();
    }

    private void acquire() {
        int kind = randomKind();
        boolean atOnce = queue.isEmpty() && fits(kind);
        var request = new Request<>(ask(kind), kind);
        all.add(request);
        if (atOnce) {
            request.granted = true;
            take(kind);
        } else {
            queue.add(request);
        }
    }

    private void tryAcquire() {
        int kind = randomKind();
        boolean atOnce = queue.isEmpty() && fits(kind);
        G value = tryAsk(kind);
        expect(value != null, atOnce, "at once");
        if (value != null) {
            var request = new Request<>(granted(value), kind);
            request.granted = true;
            request.value = value;
            all.add(request);
            take(kind);
        }
    }

    abstract Future<G> granted(G value);

    private void read() {
        Request<G> request = any(r -> r.granted && !r.cancelled && r.value == null);
        if (request != null) {
            request.value = request.future.await();
        }
    }

    private void close() {
        Request<G> request = any(r -> r.value != null);
        if (request == null) {
            return;
        }
        try {
            request.value.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        if (!request.closed) {
            closed(request);
        }
    }

    private void closed(Request<G> request) {
        request.closed = true;
        giveBack(kindOf(request));
        serve();
    }

    int kindOf(Request<G> request) {
        return request.kind;
    }

    private void cancel() {
        Request<G> request = any(_ -> true);
        if (request != null) {
            boolean can = !request.cancelled && request.value == null;
            expect(request.future.cancel(), can, "cancel()");
            if (can) {
                cancelled(request);
            }
        }
    }

    private void cancelled(Request<G> request) {
        request.cancelled = true;
        if (request.granted) {
            giveBack(request.kind);
        } else {
            queue.remove(request);
        }
        serve();
    }

    /** First come, first served: nobody behind one who has to wait. */
    final void serve() {
        for (Request<G> next = queue.peek(); next != null && fits(next.kind); next = queue.peek()) {
            queue.remove();
            next.granted = true;
            take(next.kind);
        }
    }

    final @Nullable Request<G> any(Predicate<Request<G>> predicate) {
        List<Request<G>> some = all.stream().filter(predicate).toList();
        return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
    }
}
