package dev.loop.io.http;

import java.io.ByteArrayOutputStream;
import java.net.URI;

/** Collects a body up to a limit. */
final class BodyBuffer {

    private final URI uri;
    private final int limit;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    BodyBuffer(URI uri, int limit) {
        this.uri = uri;
        this.limit = limit;
    }

    void add(byte[] more) {
        if (more.length > limit - bytes.size()) {
            throw new BodyTooLargeException(uri, limit);
        }
        bytes.writeBytes(more);
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
