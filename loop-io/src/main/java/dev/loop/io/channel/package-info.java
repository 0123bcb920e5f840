/** The non-blocking input and output of one channel of java.nio, as futures: speculation first, readiness when that fails. */
@NullMarked
package dev.loop.io.channel;

import org.jspecify.annotations.NullMarked;
