/** What the examples share on the command line: options of servers, numbers from text, mistakes in one line. */
@NullMarked
package dev.loop.examples.cli;

import org.jspecify.annotations.NullMarked;
