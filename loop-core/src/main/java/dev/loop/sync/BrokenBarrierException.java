package dev.loop.sync;

/** What a {@link Barrier} gives to those who wait there when it is reset or aborted, and after an abort to all who come. */
public final class BrokenBarrierException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BrokenBarrierException(String message) {
        super(message);
    }
}
