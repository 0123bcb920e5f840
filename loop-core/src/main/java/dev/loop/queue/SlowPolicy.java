package dev.loop.queue;

/** What a {@link Broadcast} does when a subscriber has no room for an item. */
public enum SlowPolicy {

    /** The publisher waits until there is room: back-pressure, for all subscribers at the pace of the slowest. */
    WAIT,

    /** The oldest item that it has not taken is dropped: it sees what is new. */
    DROP_OLDEST,

    /** The new item is dropped for it: it sees what came first. */
    DROP_NEWEST,

    /** It is let go: it can still take what it has, and then fails with a {@link SlowSubscriberException}. */
    DISCONNECT
}
