package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/** Where the items of a Flux go. On the loop. */
interface Room<T> {

    /** Stands for no bound. */
    int UNBOUNDED = Integer.MAX_VALUE;

    EventLoop loop();

    /** For how many items there is room now; zero or less if there is none. */
    int room();

    /** Waits until there is room. */
    Future<@Nullable Void> whenRoom();

    Future<@Nullable Void> put(T item);

    /** Nothing more comes, because of a failure or, with null, because that was all. */
    void end(@Nullable Throwable failure);
}
