/** What the operating system tells a process: its signals. */
@NullMarked
package dev.loop.io.os;

import org.jspecify.annotations.NullMarked;
