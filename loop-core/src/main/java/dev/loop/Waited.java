package dev.loop;

import java.util.Set;

/**
 * What a {@link Async#waitOn waitOn} has found: the futures that it was given, in the order of the arguments, as they stood when this
 * was read.
 *
 * @param done those that have ended, in whatever way; nothing of them counts as looked at
 * @param pending those that go on
 * @param <F> the kind of future
 */
public record Waited<F extends Future<?>>(Set<F> done, Set<F> pending) {}
