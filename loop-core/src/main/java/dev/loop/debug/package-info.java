/** What a running loop is doing, for people: who waits for whom. */
@NullMarked
package dev.loop.debug;

import org.jspecify.annotations.NullMarked;
