package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs that yield, delegate, catch and fail, driven at random by next, send, throwInto and close, against a model that
 * interprets the same programs without a coroutine.
 */
@Tag("scaled")
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class GeneratorModelTest {

    private static final int SEEDS = Place.manyAreQuick() ? 20_000 : 600;

    private final List<Generator<Integer, Integer, Integer>> made = new ArrayList<>();

    /** One instruction. */
    private sealed interface Op {
        record Yield(int value) implements Op {}

        record Delegate(Program inner) implements Op {}

        record Fail(int number) implements Op {}

        record Return(int value) implements Op {}
    }

    /**
     * A block of instructions.
     *
     * @param ops one after the other
     * @param catches whether a Failure in there is caught, and its number yielded
     * @param yieldsInExit whether a close is met by one more yield, once
     */
    private record Program(List<Op> ops, boolean catches, boolean yieldsInExit) {}

    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int number;

        Failure(int number) {
            super("failure " + number);
            this.number = number;
        }
    }

    private static Program program(Random random, int depth) {
        var ops = new ArrayList<Op>();
        int size = random.nextInt(5);
        for (int i = 0; i < size; i++) {
            int kind = random.nextInt(12);
            if (kind < 6) {
                ops.add(new Op.Yield(random.nextInt(100)));
            } else if (kind < 10 && depth > 0) {
                ops.add(new Op.Delegate(program(random, depth - 1)));
            } else if (kind == 10) {
                ops.add(new Op.Fail(random.nextInt(100)));
            } else if (kind == 11) {
                ops.add(new Op.Return(random.nextInt(100)));
            }
        }
        return new Program(ops, random.nextInt(3) == 0, random.nextInt(6) == 0);
    }

    // --- the programs as generators

    private Generator<Integer, Integer, Integer> generator(Program program, List<String> log) {
        Generator<Integer, Integer, Integer> generator = Generator.of(out -> {
            int sum = 0;
            try {
                for (Op op : program.ops()) {
                    switch (op) {
                        case Op.Yield(int value) -> sum += orZero(out.yield(value));
                        case Op.Delegate(Program inner) -> sum += orZero(out.yieldFrom(generator(inner, log)));
                        case Op.Fail(int number) -> throw new Failure(number);
                        case Op.Return(int value) -> {
                            return sum + value;
                        }
                    }
                }
                return sum;
            } catch (Failure e) {
                if (!program.catches()) {
                    throw e;
                }
                return sum + orZero(out.yield(-e.number));
            } catch (GeneratorExit e) {
                if (program.yieldsInExit()) {
                    out.yield(-1000);
                }
                throw e;
            } finally {
                log.add("end " + sum);
            }
        });
        made.add(generator);
        return generator;
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    // --- the programs as machines, by the words of PEP 380

    private static final class Machine {
        private final Program program;
        private final List<String> log;
        private int at;
        private int sum;
        private @Nullable Machine inner;
        private boolean begun;
        private boolean ended;
        private int catching; // 1 at the yield of the catch block, 2 at the one in the exit
        private @Nullable GeneratorExit exit;
        private int result;
        private boolean returned;

        Machine(Program program, List<String> log) {
            this.program = program;
            this.log = log;
        }

        /** The value yielded; null at the end. */
        @Nullable Integer resume(int sent, @Nullable Throwable thrown) {
            try {
                return run(sent, thrown);
            } catch (Failure | GeneratorExit | IllegalStateException e) {
                end();
                throw e;
            }
        }

        private void end() {
            if (!ended) {
                ended = true;
                log.add("end " + sum);
            }
        }

        private @Nullable Integer returns(int value) {
            result = value;
            returned = true;
            end();
            return null;
        }

        private @Nullable Integer run(int sent, @Nullable Throwable thrown) {
            if (catching != 0) {
                return afterCatch(sent, thrown);
            }
            Throwable pending = thrown;
            int value = sent;
            try {
                if (inner != null) {
                    Integer yielded = intoInner(inner, value, pending);
                    if (yielded != null) {
                        return yielded;
                    }
                    pending = null;
                    value = inner.result;
                    inner = null;
                }
                raise(pending);
                if (begun) {
                    sum += value;
                }
                begun = true;
                return steps();
            } catch (Failure e) {
                inner = null;
                if (!program.catches()) {
                    throw e;
                }
                catching = 1;
                return -e.number;
            } catch (GeneratorExit e) {
                inner = null;
                if (!program.yieldsInExit()) {
                    throw e;
                }
                catching = 2;
                exit = e;
                return -1000;
            }
        }

        private @Nullable Integer afterCatch(int sent, @Nullable Throwable thrown) {
            raise(thrown);
            if (catching == 2) {
                raise(exit);
            }
            return returns(sum + sent);
        }

        private static void raise(@Nullable Throwable thrown) {
            if (thrown instanceof Failure f) {
                throw f;
            }
            if (thrown instanceof GeneratorExit e) {
                throw e;
            }
        }

        private @Nullable Integer intoInner(Machine in, int sent, @Nullable Throwable thrown) {
            if (thrown instanceof GeneratorExit e) {
                in.close();
                throw e;
            }
            return in.resume(sent, thrown);
        }

        void close() {
            if (ended) {
                return;
            }
            if (!begun) {
                ended = true;
                return;
            }
            try {
                if (resume(0, new GeneratorExit()) != null) {
                    throw new IllegalStateException("yielded in its close");
                }
            } catch (GeneratorExit e) {
                // as it should be
            }
        }

        private @Nullable Integer steps() {
            while (at < program.ops().size()) {
                switch (program.ops().get(at++)) {
                    case Op.Yield(int value) -> {
                        return value;
                    }
                    case Op.Delegate(Program p) -> {
                        inner = new Machine(p, log);
                        Integer yielded = inner.resume(0, null);
                        if (yielded != null) {
                            return yielded;
                        }
                        sum += inner.result;
                        inner = null;
                    }
                    case Op.Fail(int number) -> throw new Failure(number);
                    case Op.Return(int value) -> {
                        return returns(sum + value);
                    }
                }
            }
            return returns(sum);
        }
    }

    // --- both driven alike

    private static String outcome(@Nullable Integer value, int result) {
        return value == null ? "end " + result : "yields " + value;
    }

    private static String driveGenerator(Generator<Integer, Integer, Integer> g, int action, int argument) {
        try {
            return switch (action) {
                case 0 -> "throws " + outcome(g.throwInto(new Failure(argument)), 0);
                case 1 -> {
                    g.close();
                    yield "closed";
                }
                case 2 -> g.hasNext() ? outcome(g.next(), 0) : "end";
                default ->
                    switch (g.step(argument == 0 ? null : argument)) {
                        case Step.Yielded<Integer, Integer>(Integer value) -> outcome(value, 0);
                        case Step.Returned<Integer, Integer>(Integer result) -> outcome(null, result);
                    };
            };
        } catch (NoSuchElementException e) {
            return "throws end 0";
        } catch (Failure e) {
            return e.getMessage() + "";
        } catch (IllegalStateException e) {
            return "refused";
        } catch (GeneratorExit e) {
            return "exits late"; // it has yielded in its close, and ends now
        }
    }

    private static String driveMachine(Machine m, int action, int argument) {
        try {
            switch (action) {
                case 0 -> {
                    if (!m.begun || m.ended) {
                        m.ended = true;
                        throw new Failure(argument);
                    }
                    Integer value = m.resume(0, new Failure(argument));
                    return "throws " + outcome(value, 0);
                }
                case 1 -> {
                    m.close();
                    return "closed";
                }
                case 2 -> {
                    Integer value = m.ended ? null : m.resume(0, null);
                    return value == null ? "end" : outcome(value, 0);
                }
                default -> {
                    if (!m.begun && !m.ended && argument != 0) {
                        return "refused";
                    }
                    if (m.ended) {
                        return m.returned ? outcome(null, m.result) : "refused";
                    }
                    return outcome(m.resume(argument, null), m.result);
                }
            }
        } catch (Failure e) {
            return e.getMessage() + "";
        } catch (IllegalStateException e) {
            return "refused";
        } catch (GeneratorExit e) {
            return "exits late"; // it has yielded in its close, and ends now
        }
    }

    private void check(long seed) {
        var random = new Random(seed);
        Program program = program(random, 4);
        var expectedLog = new ArrayList<String>();
        var log = new ArrayList<String>();
        var machine = new Machine(program, expectedLog);
        try (var generator = generator(program, log)) {
            int steps = random.nextInt(15);
            for (int i = 0; i < steps; i++) {
                int action = random.nextInt(12);
                int argument = random.nextInt(3);
                String expected = driveMachine(machine, action, argument);
                String actual = driveGenerator(generator, action, argument);
                assertThat(actual)
                        .as("seed %d, step %d: action %d with %d of %s", seed, i, action, argument, program)
                        .isEqualTo(expected);
                assertThat(log).as("seed %d, step %d", seed, i).isEqualTo(expectedLog);
                assertThat(generator.isEnded()).as("seed %d, step %d", seed, i).isEqualTo(machine.ended);
            }
            for (int i = 0; i < 10 && !generator.isEnded(); i++) {
                driveGenerator(generator, 1, 0);
            }
        }
        for (var left : made) { // those that have yielded in their close
            driveGenerator(left, 1, 0);
            driveGenerator(left, 1, 0);
        }
        made.clear();
    }

    @Test
    void randomProgramsDoWhatTheModelDoesWithoutALoop() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            check(seed);
        }
    }

    @Test
    void randomProgramsDoWhatTheModelDoesInATask() {
        TestLoop.run(() -> {
            for (long seed = SEEDS; seed <= 2L * SEEDS; seed++) {
                check(seed);
            }
        });
    }
}
