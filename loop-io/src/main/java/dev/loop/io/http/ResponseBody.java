package dev.loop.io.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.NettyOutbound;
import reactor.netty.http.server.HttpServerResponse;

/** What a coroutine has returned, as something that Reactor Netty can send. */
final class ResponseBody {

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String BYTES = "application/octet-stream";

    private ResponseBody() {}

    /**
     * The sending of a result.
     *
     * @throws IllegalArgumentException if it is nothing that can be a body
     */
    static Publisher<Void> of(Object result, HttpServerResponse response) {
        return switch (result) {
            case String text -> {
                type(response, TEXT);
                yield response.sendString(Mono.just(text));
            }
            case byte[] bytes -> {
                type(response, BYTES);
                yield response.sendByteArray(Mono.just(bytes));
            }
            case ByteBuf buffer -> {
                type(response, BYTES);
                yield response.send(Mono.just(buffer));
            }
            case NettyOutbound sent -> sent;
            case Publisher<?> stream -> streamed(stream, response);
            default -> throw unknown(result);
        };
    }

    /** Begins the response with the first item, whose type decides; a stream without items may have written it itself. */
    private static Publisher<Void> streamed(Publisher<?> stream, HttpServerResponse response) {
        return Flux.<Object>from(stream).<Void>switchOnFirst((signal, items) -> {
            Object first = signal.get();
            if (first == null) {
                return items.then().flux();
            }
            if (!(first instanceof String || first instanceof byte[] || first instanceof ByteBuf)) {
                return Flux.error(unknown(first)); // before the headers are sent
            }
            type(response, first instanceof String ? TEXT : BYTES);
            return response.send(items.map(item -> buffer(item, response.alloc())));
        });
    }

    private static ByteBuf buffer(Object item, ByteBufAllocator allocator) {
        return switch (item) {
            case String text -> ByteBufUtil.writeUtf8(allocator, text);
            case byte[] bytes -> Unpooled.wrappedBuffer(bytes);
            case ByteBuf buffer -> buffer;
            default -> throw unknown(item);
        };
    }

    private static void type(HttpServerResponse response, String type) {
        if (!response.responseHeaders().contains(HttpHeaderNames.CONTENT_TYPE)) {
            response.header(HttpHeaderNames.CONTENT_TYPE, type);
        }
    }

    private static IllegalArgumentException unknown(Object what) {
        return new IllegalArgumentException(
                "a " + what.getClass().getName()
                        + " cannot be a response body: return a String, byte[], ByteBuf, a Publisher of those, or response.send…(…)");
    }
}
