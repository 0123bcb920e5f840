package dev.loop.io;

import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Lines and exact counts out of a stream that gives its bytes in any pieces. */
@Tag("both-engines")
class StreamReaderTest {

    private static ChunkStream chunks(String... chunks) {
        var stream = new ChunkStream();
        for (String chunk : chunks) {
            stream.feed(chunk);
        }
        return stream;
    }

    private static List<String> linesOf(StreamReader reader) {
        var lines = new ArrayList<String>();
        for (String line = reader.readLine().await();
                line != null;
                line = reader.readLine().await()) {
            lines.add(line);
        }
        return lines;
    }

    // --- lines

    @Test
    void linesAreFoundAcrossTheBoundariesOfPieces() {
        TestLoop.run(() -> {
            var reader = new StreamReader(
                    chunks("he", "llo\nwor", "ld\n", "a\nb\nc", "\n").end());
            assertThat(linesOf(reader)).containsExactly("hello", "world", "a", "b", "c");
            assertThat(reader.readLine().await()).isNull();
        });
    }

    @Test
    void aCarriageReturnBeforeTheLineFeedIsPartOfTheLinesEnd() {
        TestLoop.run(() -> {
            var reader = new StreamReader(
                    chunks("one\r", "\ntwo\r\n", "a\rb\n", "\r\n").end());
            assertThat(linesOf(reader)).containsExactly("one", "two", "a\rb", "");
        });
    }

    @Test
    void whatFollowsTheLastLineFeedIsALineUnlessItIsEmpty() {
        TestLoop.run(() -> {
            assertThat(linesOf(new StreamReader(chunks("one\ntwo").end()))).containsExactly("one", "two");
            assertThat(linesOf(new StreamReader(chunks("one\n\n").end()))).containsExactly("one", "");
            assertThat(linesOf(new StreamReader(chunks().end()))).isEmpty();
        });
    }

    @Test
    void aCharacterMayBeCutByAPiece() {
        TestLoop.run(() -> {
            var stream = new ChunkStream();
            byte[] bytes = "grün € 🎈\n".getBytes(StandardCharsets.UTF_8);
            for (byte b : bytes) {
                stream.feed(new byte[] {b});
            }
            assertThat(new StreamReader(stream).readLine().await()).isEqualTo("grün € 🎈");
        });
    }

    @Test
    void bytesThatAreNoTextBecomeTheReplacementCharacter() {
        TestLoop.run(() -> {
            var stream = new ChunkStream().feed(new byte[] {'a', (byte) 0xff, 'b', '\n'});
            assertThat(new StreamReader(stream).readLine().await()).isEqualTo("a\ufffdb");
        });
    }

    @Test
    void theLinesCanBeIteratedOver() {
        TestLoop.run(() -> {
            var stream = chunks("a\nb");
            Task<List<String>> task = spawn(() -> {
                var seen = new ArrayList<String>();
                for (String line : new StreamReader(stream).lines()) {
                    seen.add(line);
                }
                return seen;
            });
            yieldNow();
            stream.feed("c\nd").end();
            assertThat(task.await()).containsExactly("a", "bc", "d");
        });
    }

    @Test
    void anIterationThatIsLeftGoesOnBehindItsLastLine() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("a\nb\nc\n").end());
            for (String line : reader.lines()) {
                assertThat(line).isEqualTo("a");
                break;
            }
            assertThat(reader.readLine().await()).isEqualTo("b");
            assertThat(reader.lines()).containsExactly("c");
        });
    }

    // --- limits

    @Test
    void aLineOfExactlyTheLimitIsALine() {
        TestLoop.run(() -> {
            assertThat(linesOf(new StreamReader(
                            chunks("abcd\n", "abcd\r\n", "abcd").end(), 4)))
                    .containsExactly("abcd", "abcd", "abcd");
        });
    }

    @Test
    void aLineThatIsTooLongIsRefusedAndLeftToBeReadAsBytes() {
        TestLoop.run(() -> {
            for (var stream : List.of(
                    chunks("abcde"), chunks("abcde\nx\n"), chunks("ab", "cde").end())) {
                var reader = new StreamReader(stream, 4);
                assertThatThrownBy(() -> reader.readLine().await())
                        .isInstanceOfSatisfying(
                                LineTooLongException.class,
                                e -> assertThat(e.limit()).isEqualTo(4))
                        .hasMessageContaining("4 bytes");
                assertThatThrownBy(() -> reader.readLine().await()).isInstanceOf(LineTooLongException.class);
                assertThat(reader.readExactly(5).await()).isEqualTo("abcde".getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    @Test
    void aLineWithoutAnEndIsRefusedBeforeItFillsTheMemory() {
        TestLoop.run(() -> {
            var stream = new ChunkStream();
            for (int i = 0; i < 100; i++) {
                stream.feed("x".repeat(10_000));
            }
            var reader = new StreamReader(stream);
            assertThatThrownBy(() -> reader.readLine().await()).isInstanceOf(LineTooLongException.class);
            assertThat(reader.buffered()).isBetween(StreamReader.DEFAULT_LIMIT, 3 * StreamReader.DEFAULT_LIMIT);
        });
    }

    @Test
    void aLimitNeedsRoomForAByte() {
        TestLoop.run(() -> assertThatThrownBy(() -> new StreamReader(chunks(), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not 0"));
    }

    // --- exact counts

    @Test
    void exactCountsAreReadAcrossTheBoundariesOfPieces() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("ab", "cdef", "g"));
            assertThat(reader.readExactly(3).await()).asString().isEqualTo("abc");
            assertThat(reader.readExactly(0).await()).isEmpty();
            assertThat(reader.readExactly(4).await()).asString().isEqualTo("defg");
        });
    }

    @Test
    void anEndThatIsTooEarlyTellsWhatHasComeAndLeavesIt() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("abc").end());
            assertThatThrownBy(() -> reader.readExactly(5).await())
                    .isInstanceOfSatisfying(EndOfStreamException.class, e -> {
                        assertThat(e.expected()).isEqualTo(5);
                        assertThat(e.available()).isEqualTo(3);
                    })
                    .hasMessageContaining("3 of 5");
            assertThat(reader.readLine().await()).isEqualTo("abc");
        });
    }

    @Test
    void aNegativeCountIsRefused() {
        TestLoop.run(() -> assertThatThrownBy(() -> new StreamReader(chunks()).readExactly(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1"));
    }

    @Test
    void linesAndBytesMix() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("3\nabc4\nde", "fg", "rest").end());
            for (String expected : List.of("abc", "defg")) {
                int length = Integer.parseInt(reader.readLine().await());
                assertThat(reader.readExactly(length).await()).asString().isEqualTo(expected);
            }
            var buffer = ByteBuffer.allocate(10);
            assertThat(reader.read(buffer).await()).isEqualTo(4);
            assertThat(reader.read(buffer).await()).isEqualTo(-1);
            assertThat(new String(buffer.array(), 0, 4, StandardCharsets.UTF_8)).isEqualTo("rest");
        });
    }

    @Test
    void aPlainReadGetsFirstWhatIsBuffered() {
        TestLoop.run(() -> {
            var stream = chunks("a\nbc");
            var reader = new StreamReader(stream);
            assertThat(reader.readLine().await()).isEqualTo("a");
            assertThat(reader.buffered()).isEqualTo(2);
            var one = ByteBuffer.allocate(1);
            assertThat(reader.read(one).await()).isEqualTo(1);
            assertThat(reader.read(one).await()).isZero();
            assertThat(reader.read(one.clear()).await()).isEqualTo(1);
            assertThat(reader.buffered()).isZero();
            Future<Integer> next = reader.read(one.clear());
            stream.feed("d");
            assertThat(next.await()).isEqualTo(1);
            assertThat(one.get(0)).isEqualTo((byte) 'd');
        });
    }

    // --- one reader, nothing lost

    @Test
    void aSecondReaderIsRefused() {
        TestLoop.run(() -> {
            var stream = chunks("a");
            var reader = new StreamReader(stream);
            Future<String> first = reader.readLine();
            assertThatThrownBy(reader::readLine)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ChunkStream")
                    .hasMessageContaining("one reader at a time");
            assertThatThrownBy(() -> reader.readExactly(1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> reader.lines().iterator().hasNext()).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> reader.read(ByteBuffer.allocate(1))).isInstanceOf(IllegalStateException.class);
            stream.feed("b\n");
            assertThat(first.await()).isEqualTo("ab");
        });
    }

    @Test
    void aReadThatIsCancelledLosesNothing() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Task<String> reading = spawn(() -> reader.readLine().await());
            yieldNow();
            yieldNow();
            reading.cancel();
            assertThatThrownBy(reading::await).isInstanceOf(CancelledException.class);
            assertThat(stream.isBeingRead()).isFalse();
            stream.feed("c\n");
            assertThat(reader.readLine().await()).isEqualTo("abc");
        });
    }

    @Test
    void aReadThatIsCancelledBeforeItWaitsLeavesTheStreamFree() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Future<String> first = reader.readLine();
            assertThat(first.cancel()).isTrue();
            assertThat(stream.isBeingRead()).isFalse();
            stream.feed("c\n");
            assertThat(reader.readLine().await()).isEqualTo("abc");
        });
    }

    @Test
    void bytesThatArriveInTheTurnOfTheCancelAreForTheNextRead() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Future<String> cancelled = reader.readLine();
            yieldNow();
            stream.feed("c\n"); // the read has it, and has not looked yet
            assertThat(cancelled.cancel()).isTrue();
            yieldNow(); // now it looks, and must leave it
            assertThat(reader.readLine().await()).isEqualTo("abc");
            stream.feed("d\n");
            assertThat(reader.readLine().await()).isEqualTo("d");
        });
    }

    @Test
    void aReadThatFollowsACancelAtOnceHasTheBytes() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Future<String> cancelled = reader.readLine();
            yieldNow();
            stream.feed("c\n");
            cancelled.cancel();
            Future<String> next = reader.readLine();
            assertThat(next.isDone()).isTrue();
            assertThat(next.await()).isEqualTo("abc");
        });
    }

    @Test
    void aReadThatTakesTooLongLosesNothing() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            assertThatThrownBy(() ->
                            waitFor(reader.readLine(), Duration.ofSeconds(1)).await())
                    .isInstanceOf(TimeoutException.class);
            stream.feed("c\n");
            assertThat(reader.lines().iterator().next()).isEqualTo("abc");
        });
    }

    @Test
    void anIterationThatIsCancelledLosesNothing() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Task<String> reading = spawn(() -> reader.lines().iterator().next());
            yieldNow();
            reading.cancel();
            assertThatThrownBy(reading::await).isInstanceOf(CancelledException.class);
            stream.feed("c\n");
            assertThat(reader.readLine().await()).isEqualTo("abc");
        });
    }

    @Test
    void aLineThatNobodyHasReadIsReadAgainAfterACancel() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("a\nb\n").end());
            Future<String> unread = reader.readLine();
            assertThat(unread.isDone()).isTrue();
            assertThat(unread.cancel()).isTrue();
            assertThat(linesOf(reader)).containsExactly("a", "b");
        });
    }

    @Test
    void aLineThatNobodyHasReadStaysWhereItIsOnceAnotherReadHasBegun() {
        TestLoop.run(() -> {
            var reader = new StreamReader(chunks("a\nb\n").end());
            Future<String> first = reader.readLine();
            Future<String> second = reader.readLine();
            assertThat(first.cancel()).isFalse();
            assertThat(first.await() + second.await()).isEqualTo("ab");
        });
    }

    @Test
    void theFailureOfTheStreamIsThatOfTheRead() {
        TestLoop.run(() -> {
            var stream = chunks("ab");
            var reader = new StreamReader(stream);
            Future<String> reading = reader.readLine();
            stream.fail(new StreamClosedException("gone"));
            assertThatThrownBy(reading::await)
                    .isInstanceOf(StreamClosedException.class)
                    .hasMessage("gone");
            assertThatThrownBy(() -> reader.readLine().await()).hasMessage("gone");
            assertThat(reader.readExactly(2).await()).asString().isEqualTo("ab");
        });
    }

    // --- how it waits

    @Test
    void aConversationOfQuestionAndAnswerReadsOncePerLine() {
        TestLoop.run(() -> {
            var stream = new ChunkStream();
            var reader = new StreamReader(stream);
            for (int i = 0; i < 10; i++) {
                Future<String> line = reader.readLine();
                stream.feed("line " + i + "\n");
                assertThat(line.await()).isEqualTo("line " + i);
            }
            assertThat(stream.reads).isEqualTo(10);
        });
    }

    /** Law D1. */
    @Test
    void aLineArrivesWhileACallbackIsParked() {
        org.junit.jupiter.api.Assumptions.assumeFalse("handoff".equals(System.getProperty("dev.loop.carrier")));
        TestLoop.run(() -> {
            var monitor = new Object();
            var entered = new AtomicBoolean();
            var stream = new ChunkStream();
            var reader = new StreamReader(stream);
            synchronized (monitor) {
                EventLoop.current().callSoon(() -> {
                    synchronized (monitor) {
                        entered.set(true);
                    }
                });
                yieldNow();
                spawn(() -> stream.feed("a\n"));
                assertThat(reader.readLine().await()).isEqualTo("a");
                assertThat(entered).isFalse();
            }
            while (!entered.get()) {
                yieldNow();
            }
        });
    }

    /** A model: the whole text, split by the rules, whatever the pieces, the sizes and the cancels. */
    @Test
    void anySequenceOfPiecesAndReadsGivesTheBytesInOrder() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            TestLoop.run(() -> readAtRandom(random));
        }
    }

    private static void readAtRandom(Random random) {
        byte[] all = new byte[random.nextInt(30_000)];
        for (int i = 0; i < all.length; i++) {
            all[i] =
                    (byte) (random.nextInt(20) == 0 ? '\n' : random.nextInt(30) == 0 ? '\r' : 'a' + random.nextInt(26));
        }
        var stream = new ChunkStream();
        var reader = new StreamReader(stream);
        spawn(() -> {
            int from = 0;
            while (from < all.length) {
                int to = Math.min(all.length, from + 1 + random.nextInt(3000));
                stream.feed(Arrays.copyOfRange(all, from, to));
                from = to;
                yieldNow();
            }
            stream.end();
        });
        int at = 0;
        while (at < all.length) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    int feed = at;
                    while (feed < all.length && all[feed] != '\n') {
                        feed++;
                    }
                    int end = feed < all.length && feed > at && all[feed - 1] == '\r' ? feed - 1 : feed;
                    assertThat(reader.readLine().await())
                            .isEqualTo(new String(all, at, end - at, StandardCharsets.UTF_8));
                    at = Math.min(all.length, feed + 1);
                }
                case 1 -> {
                    int count = random.nextInt(Math.min(all.length - at, 9000) + 1);
                    assertThat(reader.readExactly(count).await()).isEqualTo(Arrays.copyOfRange(all, at, at + count));
                    at += count;
                }
                case 2 -> {
                    var buffer = ByteBuffer.allocate(1 + random.nextInt(2000));
                    int count = reader.read(buffer).await();
                    assertThat(Arrays.copyOf(buffer.array(), count)).isEqualTo(Arrays.copyOfRange(all, at, at + count));
                    at += count;
                }
                default -> {
                    Future<?> unwanted = random.nextBoolean() ? reader.readLine() : reader.readExactly(500);
                    if (random.nextBoolean()) {
                        yieldNow();
                    }
                    if (!unwanted.cancel() && unwanted.isDone()) {
                        assertThat(unwanted.exception()).isInstanceOf(EndOfStreamException.class);
                    }
                }
            }
        }
        assertThat(reader.readLine().await()).isNull();
    }
}
