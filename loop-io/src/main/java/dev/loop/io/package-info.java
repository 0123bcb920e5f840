/** Streams of bytes and listeners for them, whatever carries them: their contracts, buffered reading, and how they fail. */
@NullMarked
package dev.loop.io;

import org.jspecify.annotations.NullMarked;
