package dev.loop;

/**
 * Prepares every task that a loop is about to start: its name, its context, whether it starts at once, and code around its body.
 * Set by {@link EventLoop#setTaskFactory}.
 */
@FunctionalInterface
public interface TaskFactory {

    /**
     * Prepares one task. Called by whoever spawns it, before it is made; what this throws, the spawn throws, and no task is made.
     *
     * @param task the settings so far
     */
    void prepare(TaskBuilder task);

    /**
     * Has every task take its first step inside the call that spawns it; see {@link TaskBuilder#eager()}.
     *
     * @return a factory
     */
    static TaskFactory eager() {
        return TaskBuilder::eager;
    }
}
