package dev.loop;

/**
 * Something that the loop itself says, in a callback: what it calls (a logger, a hook) may be user code. It is not measured, because
 * to say that it was slow would be one more.
 */
record Notice(Runnable words) implements Runnable {

    static void say(EventLoop loop, Runnable words) {
        loop.ready.add(new ReadyHandle(loop, Context.empty(), new Notice(words)));
    }

    @Override
    public void run() {
        words.run();
    }
}
