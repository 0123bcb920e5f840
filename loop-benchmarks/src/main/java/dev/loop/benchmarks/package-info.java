/** What the loop's own operations cost, measured by JMH, each beside a bare baseline where there is one. */
@NullMarked
package dev.loop.benchmarks;

import org.jspecify.annotations.NullMarked;
