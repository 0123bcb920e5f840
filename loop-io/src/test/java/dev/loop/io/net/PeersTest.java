package dev.loop.io.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.StreamReader;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against programs of others: Python's asyncio as a client and as a server, and nc. Each is ended by its own handle. */
class PeersTest {

    private static final String CLIENT = """
            import asyncio, hashlib, sys
            async def one(port, number):
                reader, writer = await asyncio.open_connection('127.0.0.1', port)
                sent = hashlib.sha256(); got = hashlib.sha256()
                async def send():
                    for i in range(50):
                        data = (b'%d:%d;' % (number, i)) * (100 + i)
                        sent.update(data); writer.write(data); await writer.drain()
                    writer.write_eof()
                sender = asyncio.ensure_future(send())
                while data := await reader.read(10000): got.update(data)
                await sender
                writer.close(); await writer.wait_closed()
                assert sent.digest() == got.digest()
            async def main():
                await asyncio.gather(*(one(int(sys.argv[1]), n) for n in range(100)))
                print('100 clients got back what they sent')
            asyncio.run(main())
            """;

    private static final String SERVER = """
            import asyncio, struct, socket, sys
            async def serve(reader, writer):
                kind = (await reader.readline()).strip()
                if kind == b'lines':
                    async for line in reader:
                        writer.write(b'<' + line.rstrip() + b'>\\r\\n'); await writer.drain()
                elif kind == b'reset':
                    sock = writer.get_extra_info('socket')
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                elif kind == b'half':
                    writer.write(b'before'); writer.write_eof()
                    rest = await reader.read()
                    print(rest.decode(), flush=True)
                writer.close()
            async def main():
                server = await asyncio.start_server(serve, '127.0.0.1', 0)
                print(server.sockets[0].getsockname()[1], flush=True)
                await asyncio.sleep(3600)
            asyncio.run(main())
            """;

    @Test
    void asyncioClientsGetBackWhatTheySent() {
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(stream -> {
                    var buffer = ByteBuffer.allocateDirect(16 * 1024);
                    while (stream.read(buffer.clear()).await() >= 0) {
                        stream.write(buffer.flip()).await();
                    }
                });
                try (var python = Program.python(CLIENT, listener.address().getPort())) {
                    assertThat(python.line()).isEqualTo("100 clients got back what they sent");
                }
            }
        });
    }

    @Test
    void linesGoThroughAnAsyncioServer() {
        EventLoop.run(() -> {
            try (var python = Program.python(SERVER);
                    var stream = TcpStream.connect("127.0.0.1", Integer.parseInt(python.line()))
                            .await()) {
                var reader = new StreamReader(stream);
                stream.write("lines\n").await();
                for (String line : List.of("one", "zwei €", "", "x".repeat(10_000))) {
                    stream.write(line + "\n").await();
                    assertThat(reader.readLine().await()).isEqualTo("<" + line + ">");
                }
                stream.closeOutput().await();
                assertThat(reader.readLine().await()).isNull();
            }
        });
    }

    @Test
    void aResetByAnAsyncioServerIsTyped() {
        EventLoop.run(() -> {
            try (var python = Program.python(SERVER);
                    var stream = TcpStream.connect("127.0.0.1", Integer.parseInt(python.line()))
                            .await()) {
                stream.write("reset\n").await();
                assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(10)).await())
                        .isInstanceOf(ConnectionResetException.class)
                        .hasMessageContaining(
                                "127.0.0.1:" + stream.remoteAddress().getPort());
            }
        });
    }

    @Test
    void aHalfCloseByAnAsyncioServerLeavesTheOtherDirection() {
        EventLoop.run(() -> {
            try (var python = Program.python(SERVER);
                    var stream = TcpStream.connect("127.0.0.1", Integer.parseInt(python.line()))
                            .await()) {
                stream.write("half\n").await();
                assertThat(Pair.all(stream)).isEqualTo("before");
                stream.write("after").await();
                stream.closeOutput().await();
                assertThat(python.line()).isEqualTo("after");
            }
        });
    }

    @Test
    void ncGetsItsLineBack() {
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(stream -> stream.write(Pair.all(stream)).await());
                String port = Integer.toString(listener.address().getPort());
                try (var nc = Program.start(List.of("nc", "-N", "127.0.0.1", port))) {
                    assertThat(nc.outputToTheEnd("hello\n")).isEqualTo("hello\n");
                }
            }
        });
    }
}
