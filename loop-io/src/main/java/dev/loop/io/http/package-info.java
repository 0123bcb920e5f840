/** HTTP on the loop: a coroutine as a handler of Reactor Netty's server, and its client awaited in a task. */
@NullMarked
package dev.loop.io.http;

import org.jspecify.annotations.NullMarked;
