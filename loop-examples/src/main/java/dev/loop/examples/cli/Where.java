package dev.loop.examples.cli;

/** Tells where code runs. */
public final class Where {

    private Where() {}

    /**
     * The platform thread that runs the caller; for a task, the one that carries it.
     *
     * @return the thread's name
     */
    public static String thread() {
        Thread current = Thread.currentThread();
        String text = current.toString(); // of a virtual thread: VirtualThread[#21,name]/runnable@carrier
        int at = text.lastIndexOf('@');
        return current.isVirtual() && at >= 0 ? text.substring(at + 1) : current.getName();
    }
}
