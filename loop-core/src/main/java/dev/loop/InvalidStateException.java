package dev.loop;

/** A future was asked for something that its state does not allow: completed twice, or read before it is done. */
public final class InvalidStateException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /**
     * With a message that names the future and its state.
     *
     * @param message what was asked, of what
     */
    public InvalidStateException(String message) {
        super(message);
    }
}
