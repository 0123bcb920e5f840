package dev.loop.io.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.nio.charset.StandardCharsets;

/** A whole answer of a server, in memory; status and headers are Netty's types. */
public final class HttpReply {

    private final HttpResponseStatus status;
    private final HttpHeaders headers;
    private final byte[] bytes;

    HttpReply(HttpResponseStatus status, HttpHeaders headers, byte[] bytes) {
        this.status = status;
        this.headers = headers;
        this.bytes = bytes;
    }

    /**
     * The status.
     *
     * @return its code is {@code status().code()}
     */
    public HttpResponseStatus status() {
        return status;
    }

    /**
     * The headers.
     *
     * @return names are compared without regard to case
     */
    public HttpHeaders headers() {
        return headers;
    }

    /**
     * The body.
     *
     * @return the reply's own array, not a copy; empty if there is none
     */
    public byte[] bytes() {
        return bytes;
    }

    /**
     * The body as text.
     *
     * @return decoded with the charset of its {@code Content-Type}, UTF-8 if that names none
     */
    public String text() {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        return new String(
                bytes, type == null ? StandardCharsets.UTF_8 : HttpUtil.getCharset(type, StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "HttpReply[" + status + ", " + bytes.length + " bytes]";
    }
}
