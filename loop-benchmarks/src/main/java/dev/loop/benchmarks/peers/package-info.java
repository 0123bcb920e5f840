/** Programs that do the same work as those of other systems, so that they can be measured side by side. */
@NullMarked
package dev.loop.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
