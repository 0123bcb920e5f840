package dev.loop;

/** In debug mode the first listener of each future: it listens to nothing, it only keeps where the future was made. */
record CreationTrace(Trace trace) implements Listener {

    @Override
    public void completed(Future<?> future) {}

    @Override
    public boolean waits() {
        return false;
    }
}
