/** Coroutines on the loop's platform thread; the only reflection into java.lang. */
@NullMarked
package dev.loop.internal.carrier;

import org.jspecify.annotations.NullMarked;
