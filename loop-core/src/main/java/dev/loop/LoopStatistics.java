package dev.loop;

import java.time.Duration;

/**
 * What a loop has done since it was made, and what it has to do at this moment. All times are those of the machine, also on a loop
 * with another clock.
 *
 * @param turns how many turns have begun
 * @param polls how many of them have polled; a busy loop polls every 61 turns or 50 µs
 * @param steps how many steps have begun: mounts of tasks, and callbacks
 * @param ready how many entries are ready now, with callbacks that are held because one is blocked
 * @param timers how many timers wait
 * @param tasks how many tasks have not ended
 * @param jdkWaits how many tasks (and callbacks: one at most) are in a blocking JDK call
 * @param externalWork what {@link EventLoop#externalWork()} tells
 * @param arrivals how many entries other threads have left for the loop
 * @param largestArrival the most of them that one turn has found at once
 * @param userTime how long the turns took outside of their polls: user code and what the loop does for it. It is as of the last
 *     batch that is over.
 * @param longestBatch the longest of those times in one turn
 * @param longestStep the longest step that was measured. Steps are measured one by one in debug mode and while there is an
 *     {@linkplain EventLoop#addInstrument instrument}; zero if they never were. No step since the loop was made, measured or not, was
 *     longer than the longest batch.
 * @param stalls how many steps have held the loop for longer than its {@linkplain LoopBuilder#stallBound bound}
 * @param longestStall for how long the longest of them was seen to do so, which is a little less than it took
 */
public record LoopStatistics(
        long turns,
        long polls,
        long steps,
        int ready,
        int timers,
        int tasks,
        int jdkWaits,
        int externalWork,
        long arrivals,
        int largestArrival,
        Duration userTime,
        Duration longestBatch,
        Duration longestStep,
        long stalls,
        Duration longestStall) {}
