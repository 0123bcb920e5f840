/** TCP servers and clients. */
@NullMarked
package dev.loop.examples.net;

import org.jspecify.annotations.NullMarked;
