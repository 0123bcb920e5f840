package dev.loop.io.net;

import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** An immutable set of socket options and their values. */
record SocketOptions(Map<SocketOption<?>, Object> values) {

    static final SocketOptions NONE = new SocketOptions(Map.of());

    <T> SocketOptions with(SocketOption<T> option, T value) {
        Objects.requireNonNull(value, option.name());
        var more = new LinkedHashMap<>(values);
        more.put(option, value);
        return new SocketOptions(more);
    }

    /** Sets on a channel those of these that it has. */
    void applyTo(NetworkChannel channel) throws IOException {
        for (Map.Entry<SocketOption<?>, Object> entry : values.entrySet()) {
            if (channel.supportedOptions().contains(entry.getKey())) {
                set(channel, entry.getKey(), entry.getValue());
            }
        }
    }

    private static <T> void set(NetworkChannel channel, SocketOption<T> option, Object value) throws IOException {
        channel.setOption(option, option.type().cast(value));
    }
}
