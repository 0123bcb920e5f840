package dev.loop.io.http;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.io.netty.NettyLoopResources;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * One request on its way through a coroutine.
 *
 * <pre>
 *   task runs -> its result is sent -> complete
 *             -> it fails           -> a 500 is sent, or the connection closed -> complete
 *   any of these -> the client is gone: what goes on is cancelled
 * </pre>
 *
 * <p>Reactor Netty never hears of a failure: it would log it a second time.
 */
final class Exchange implements Subscription {

    private static final Logger LOG = LoggerFactory.getLogger(HttpHandlers.class);

    private final EventLoop loop;
    private final HttpCoroutine body;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final CoreSubscriber<? super Void> actual;

    // callbacks of the loop only, from here
    private @Nullable Task<@Nullable Object> task;
    private @Nullable Subscription sending;
    private boolean failed; // what is sent now tells of a failure
    private boolean ended;

    Exchange(
            EventLoop loop,
            HttpCoroutine body,
            HttpServerRequest request,
            HttpServerResponse response,
            CoreSubscriber<? super Void> actual) {
        this.loop = loop;
        this.body = body;
        this.request = request;
        this.response = response;
        this.actual = actual;
    }

    void start() {
        if (!ended) {
            Task<@Nullable Object> t = loop.spawn(RequestLine.of(request), () -> body.handle(request, response));
            task = t;
            t.addWaiter(this::handled);
        }
    }

    // --- from Reactor Netty

    @Override
    public void request(long n) {
        // there are no items, only an end
    }

    /** The connection has closed, or somebody has put a time limit around the handler. Any thread. */
    @Override
    public void cancel() {
        onLoop(this::left);
    }

    private void left() {
        if (ended) {
            return;
        }
        ended = true;
        Task<?> t = task;
        if (t != null) {
            t.cancelAndJoin(whyLeft()); // for good: nobody is there to answer any more
        }
        Subscription s = sending;
        if (s != null) {
            s.cancel();
        }
    }

    private String whyLeft() {
        var why = new String[] {"the answer is not wanted any more"};
        response.withConnection(connection -> {
            String reason =
                    connection.channel().attr(NettyLoopResources.CLOSE_REASON).get();
            if (reason != null) {
                why[0] = reason;
            } else if (!connection.channel().isActive()) {
                why[0] = "the client has gone";
            }
        });
        return why[0];
    }

    // --- from the task

    private void handled(Future<@Nullable Object> done) {
        Throwable error = done.isCancelled() ? null : done.exception();
        if (ended) {
            if (error != null) {
                LOG.warn("{} failed after its connection had closed", RequestLine.of(request), error);
            }
        } else if (done.isCancelled()) {
            respond(HttpResponseStatus.SERVICE_UNAVAILABLE, "the request was cancelled\n");
        } else if (error != null) {
            fail(error);
        } else {
            succeed(done.result());
        }
    }

    private void succeed(@Nullable Object result) {
        if (result == null) {
            complete();
            return;
        }
        Publisher<Void> send;
        try {
            send = ResponseBody.of(result, response);
        } catch (RuntimeException e) {
            fail(e);
            return;
        }
        send(send);
    }

    private void fail(Throwable error) {
        if (AbortedException.isConnectionReset(error) || error instanceof ClosedChannelException) {
            LOG.debug("{} was not answered: its connection has closed", RequestLine.of(request), error);
            close();
            return;
        }
        String id = Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        if (respond(HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal error " + id + "\n")) {
            LOG.error("{} failed; its client got a 500 with the id {}", RequestLine.of(request), id, error);
        } else {
            LOG.error(
                    "{} failed after its response had begun, and its connection was closed; id {}",
                    RequestLine.of(request),
                    id,
                    error);
        }
    }

    // --- to the client

    /** Sends a short plain answer in place of the handler's, or closes the connection if that one has begun. */
    private boolean respond(HttpResponseStatus status, String text) {
        if (failed) {
            close(); // not even this can be sent
            return false;
        }
        failed = true;
        try {
            response.status(status);
        } catch (IllegalStateException e) {
            close(); // the headers are on their way; a client must not take what it has for the whole
            return false;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        response.responseHeaders()
                .clear() // those of the handler belong to the body that it has not made
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        send(response.sendByteArray(Mono.just(bytes)));
        return true;
    }

    private void send(Publisher<Void> what) {
        what.subscribe(new Sending());
    }

    private void complete() {
        if (!ended) {
            ended = true;
            actual.onComplete();
        }
    }

    private void close() {
        ended = true;
        response.withConnection(Connection::dispose);
    }

    private void onLoop(Runnable work) {
        if (loop.isCallbackThread(Thread.currentThread())) {
            work.run();
            return;
        }
        try {
            if (EventLoop.currentOrNull() == loop) {
                loop.callSoon(work);
            } else {
                loop.callSoonThreadsafe(work);
            }
        } catch (IllegalStateException e) {
            LOG.debug("{} ended after its loop had closed", RequestLine.of(request), e);
        }
    }

    /** Follows what is being sent. A body of the user's may signal on any thread. */
    private final class Sending implements CoreSubscriber<Void> {

        @Override
        public void onSubscribe(Subscription s) {
            sending = s;
            s.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Void nothing) {
            // there are no items
        }

        @Override
        public void onError(Throwable error) {
            onLoop(() -> {
                sending = null;
                if (!ended) {
                    fail(error);
                }
            });
        }

        @Override
        public void onComplete() {
            onLoop(() -> {
                sending = null;
                complete();
            });
        }
    }
}
