package dev.loop.io.http;

import reactor.netty.http.server.HttpServerRequest;

/** A request in a log line or a task's name: its method and path, without the query, which may hold what is nobody's business. */
final class RequestLine {

    private static final int LONGEST = 200;

    private RequestLine() {}

    /** Printable and short, whatever the client has sent. */
    static String of(HttpServerRequest request) {
        String uri = request.uri();
        int query = uri.indexOf('?');
        int end = Math.min(query < 0 ? uri.length() : query, LONGEST);
        for (int i = 0; i < end; i++) {
            char c = uri.charAt(i);
            if (c <= ' ' || c >= 0x7f) {
                return request.method() + " " + printable(uri, end);
            }
        }
        return request.method() + " " + uri.substring(0, end);
    }

    private static String printable(String uri, int end) {
        var s = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            char c = uri.charAt(i);
            s.append(c <= ' ' || c >= 0x7f ? '?' : c);
        }
        return s.toString();
    }
}
