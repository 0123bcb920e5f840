/** What an event loop is built on: the clock and the poller, which a test may replace, and the signals of the process. */
@NullMarked
package dev.loop.spi;

import org.jspecify.annotations.NullMarked;
