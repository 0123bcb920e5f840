/** Netty as a guest of the loop: its channels on our Selector, its tasks and timers in our queues, its resources closed with us. */
@NullMarked
package dev.loop.io.netty;

import org.jspecify.annotations.NullMarked;
