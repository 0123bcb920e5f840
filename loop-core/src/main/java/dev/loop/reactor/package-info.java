/** Reactor on the loop: a Scheduler, and futures and tasks as Mono; the only package that sees reactor.*. */
@NullMarked
package dev.loop.reactor;

import org.jspecify.annotations.NullMarked;
