package dev.loop.reactor;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * The items of a publisher, stepped through by a task, with back-pressure: what the task has not taken yet is not asked for beyond
 * the prefetch. Made by {@link Fluxes#iterate}.
 *
 * {@snippet class="dev.loop.reactor.FluxesIterateTest" region="iterate"}
 *
 * <p>The publisher may signal on any thread. {@code hasNext} waits for the next item or the end; a failure of the publisher is
 * thrown there, when the items before it have been taken. Leaving the loop early does not end the subscription: {@link #close()}
 * does, and it does so by itself at the end. Several iterators share the items. It belongs to its loop's thread, and one task at a
 * time steps through it.
 *
 * @param <T> the items
 */
@CheckReturnValue
public final class FluxIteration<T> implements Iterable<T>, AutoCloseable {

    private final EventLoop loop;
    private final FluxReceiver<T> receiver;
    private @Nullable T head; // taken out of the receiver, and not by the body yet

    /** Subscribes at once. A prefetch of 0 asks for nothing by itself. */
    FluxIteration(EventLoop loop, Publisher<? extends T> source, int prefetch) {
        this.loop = loop;
        this.receiver = new FluxReceiver<>(loop, prefetch);
        Flux.from(source).contextCapture().subscribe(receiver); // nothing without the jar that it needs
    }

    /**
     * The items as they come, for a {@code for} loop in a task.
     *
     * @return an iterator that waits. Its {@code hasNext} throws the publisher's failure as {@link dev.loop.Future#await()} does: if
     *     it is unchecked as it is, else as the cause of a {@link java.util.concurrent.CompletionException}
     */
    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return FluxIteration.this.hasNext();
            }

            @Override
            public T next() {
                return FluxIteration.this.next();
            }
        };
    }

    /**
     * Cancels the subscription. What was asked for and not taken is given to the discard hook of the task's own Reactor context, if
     * there is one ({@link ReactorContexts#VIEW}). Harmless when repeated.
     */
    @Override
    public void close() {
        loop.checkThread();
        T item = head;
        head = null;
        receiver.close(item);
    }

    boolean hasNext() {
        loop.checkThread();
        if (head == null) {
            head = receiver.take();
        }
        return head != null;
    }

    T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the publisher has completed");
        }
        T item = head;
        head = null;
        if (item == null) {
            throw new IllegalStateException("another task has taken the item meanwhile: one at a time");
        }
        receiver.taken();
        loop.done().await(); // counts: a source that never makes anybody wait gives way now and then
        return item;
    }

    /** The other end of it, for those who ask for items themselves. */
    FluxReceiver<T> receiver() {
        return receiver;
    }

    @Override
    public String toString() {
        return "FluxIteration[" + receiver.state() + "]";
    }
}
