package dev.loop.queue;

import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * Whether one end of a channel is open. It does not hold the {@link Sender} or {@link Receiver} that it stands for: if that is collected
 * while it is open, nobody can close it any more, and the other side would wait for ever.
 */
final class ChannelEnd implements Runnable {

    private static final Cleaner CLEANER = Cleaner.create(task -> Thread.ofPlatform()
            .daemon()
            .name("loop-channel-cleaner")
            .inheritInheritableThreadLocals(false)
            .unstarted(task));

    private final EventLoop loop;
    private final Channel<?> channel;
    private final String kind;
    private final Runnable onClose;
    volatile boolean open = true; // written on the loop's thread
    private Cleaner.@Nullable Cleanable cleanable;

    /**
     * An open end.
     *
     * @param onClose is run once, on the loop's thread, when it is closed or was collected
     */
    ChannelEnd(EventLoop loop, Channel<?> channel, String kind, Runnable onClose) {
        this.loop = loop;
        this.channel = channel;
        this.kind = kind;
        this.onClose = onClose;
    }

    void watch(Object end) {
        cleanable = CLEANER.register(end, this);
    }

    boolean isOpen() {
        loop.checkThread();
        return open;
    }

    void close() {
        loop.checkThread();
        if (open) {
            open = false;
            onClose.run();
            if (cleanable != null) {
                cleanable.clean();
            }
        }
    }

    ChannelClosedException closed() {
        return new ChannelClosedException("this " + kind + " was closed: " + channel, null);
    }

    /** It was closed, or, on the cleaner's thread, collected. */
    @Override
    public void run() {
        if (open) {
            try {
                loop.callSoonThreadsafe(this::abandoned);
            } catch (IllegalStateException closed) {
                return; // the loop has ended, and with it whoever could wait for this
            }
        }
    }

    private void abandoned() {
        loop.callExceptionHandler(new ExceptionContext(
                "a " + kind + " was collected without having been closed; it is closed now: " + channel,
                null,
                null,
                null));
        close();
    }
}
