package dev.loop.queue;

/** A subscriber of a {@link Broadcast} was let go because it did not keep up; see {@link SlowPolicy#DISCONNECT}. */
public final class SlowSubscriberException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The subscriber's name. */
    private final String name;

    /** How many items it had not taken. */
    private final int behind;

    SlowSubscriberException(String name, int behind) {
        super("subscriber '" + name + "' was let go: it was " + behind
                + " items behind, and has seen all that came before the last of them; take items faster, or subscribe with"
                + " more room or another policy");
        this.name = name;
        this.behind = behind;
    }

    /**
     * Which subscriber it was.
     *
     * @return its name
     */
    public String name() {
        return name;
    }

    /**
     * How far behind it was when it was let go.
     *
     * @return how many items it had not taken, with the one for which there was no room
     */
    public int behind() {
        return behind;
    }
}
