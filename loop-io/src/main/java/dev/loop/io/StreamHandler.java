package dev.loop.io;

/**
 * What a server does with one connection, in a task of its own.
 *
 * @param <S> the connection
 */
@FunctionalInterface
public interface StreamHandler<S extends ByteStream> {

    /**
     * Talks to one client. The stream is closed when this ends, in whatever way.
     *
     * @param stream the connection
     * @throws Exception a failure; the loop's exception handler is told, except of a {@link ConnectionResetException}, which is
     *     part of a server's normal life
     */
    void handle(S stream) throws Exception;
}
