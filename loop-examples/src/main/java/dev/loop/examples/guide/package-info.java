/** First steps: tasks, timers, blocking calls, and everything together. */
@NullMarked
package dev.loop.examples.guide;

import org.jspecify.annotations.NullMarked;
