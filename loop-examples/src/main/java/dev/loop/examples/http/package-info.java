/** HTTP servers and clients, on Reactor Netty. */
@NullMarked
package dev.loop.examples.http;

import org.jspecify.annotations.NullMarked;
