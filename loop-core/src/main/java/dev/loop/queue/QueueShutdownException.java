package dev.loop.queue;

/** A queue was shut down: it takes no items any more, and has none left for whoever asked. */
public final class QueueShutdownException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * With a message that names the queue.
     *
     * @param message what was asked, of what
     */
    public QueueShutdownException(String message) {
        super(message);
    }
}
