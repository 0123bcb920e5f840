/** TCP: streams, listeners, and the names of hosts. */
@NullMarked
package dev.loop.io.net;

import org.jspecify.annotations.NullMarked;
