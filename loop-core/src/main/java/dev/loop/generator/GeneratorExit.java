package dev.loop.generator;

import java.io.Serial;

/**
 * What a generator that is being closed gets where it has stopped, so that its {@code finally} blocks run. Let it pass.
 *
 * <p>It is an {@link Error} so that a {@code catch (Exception e)} does not swallow it, and has no stack trace.
 */
public final class GeneratorExit extends Error {

    @Serial
    private static final long serialVersionUID = 1;

    GeneratorExit() {
        super("the generator is being closed", null, true, false);
    }
}
