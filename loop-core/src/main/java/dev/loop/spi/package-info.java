/** What an event loop is built on and a test may replace: the clock and the poller. */
@NullMarked
package dev.loop.spi;

import org.jspecify.annotations.NullMarked;
