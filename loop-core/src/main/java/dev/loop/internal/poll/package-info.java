/** The only code that sees a java.nio Selector. */
@NullMarked
package dev.loop.internal.poll;

import org.jspecify.annotations.NullMarked;
