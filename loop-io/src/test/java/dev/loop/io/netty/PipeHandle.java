package dev.loop.io.netty;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoEvent;
import io.netty.channel.nio.NioIoHandle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The reading end of a pipe, as something that can be registered with Netty's event loop. */
final class PipeHandle implements NioIoHandle, AutoCloseable {

    final Pipe pipe;
    final List<String> told = new ArrayList<>();
    Consumer<NioIoEvent> onEvent = event -> {
        told.add("ready " + event.ops().value());
        drain();
    };

    PipeHandle() throws IOException {
        pipe = Pipe.open();
        pipe.source().configureBlocking(false);
    }

    /** Makes the reading end ready. */
    void write() throws IOException {
        pipe.sink().write(ByteBuffer.wrap(new byte[] {1}));
    }

    void drain() {
        try {
            pipe.source().read(ByteBuffer.allocate(100));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public SelectableChannel selectableChannel() {
        return pipe.source();
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        onEvent.accept((NioIoEvent) event);
    }

    @Override
    public void registered() {
        told.add("registered");
    }

    @Override
    public void unregistered() {
        told.add("unregistered");
    }

    @Override
    public void close() throws IOException {
        told.add("closed");
        pipe.source().close();
        pipe.sink().close();
    }
}
