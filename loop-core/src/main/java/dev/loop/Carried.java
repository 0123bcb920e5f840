package dev.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The state of threads that a loop carries along with the context. Immutable; a loop that carries nothing has none. */
final class Carried {

    private final List<ContextAccessor<?>> accessors;

    /** A thread without any such state: that is carried along as well. */
    private final Values nothing;

    private final Context emptyWithNothing;

    Carried(List<ContextAccessor<?>> accessors) {
        this.accessors = List.copyOf(accessors);
        nothing = new Values(this, new @Nullable Object[accessors.size()]);
        emptyWithNothing = new Context(Context.empty(), nothing);
    }

    /** A context with the state of the calling thread. */
    Context capture(Context bare) {
        Values values = read();
        return values == nothing && bare == Context.empty() ? emptyWithNothing : new Context(bare, values);
    }

    /** The state of the calling thread. */
    private Values read() {
        @Nullable Object[] snapshots = null;
        for (int i = 0; i < accessors.size(); i++) {
            Object snapshot = accessors.get(i).capture();
            if (snapshot != null) {
                if (snapshots == null) {
                    snapshots = new @Nullable Object[accessors.size()];
                }
                snapshots[i] = snapshot;
            }
        }
        return snapshots == null ? nothing : new Values(this, snapshots);
    }

    /** Makes this the state of the calling thread, and nothing else. */
    private void put(Values values) {
        for (int i = 0; i < accessors.size(); i++) {
            put(accessors.get(i), values.snapshots[i]);
        }
    }

    @SuppressWarnings("unchecked") // it is the accessor's own snapshot
    private static <T> void put(ContextAccessor<T> accessor, @Nullable Object snapshot) {
        if (snapshot == null) {
            accessor.clear();
        } else {
            accessor.restore((T) snapshot);
        }
    }

    /** Runs code with the state that a context has brought here, or with none; then the thread has its own again. */
    <T extends @Nullable Object, X extends Throwable> T call(Context context, Body<T, X> body) throws X {
        Values own = read();
        try {
            put(context.carried == null || context.carried.source != this ? nothing : context.carried);
            return body.run();
        } finally {
            put(own);
        }
    }

    /** What was carried when a context was captured. */
    static final class Values {
        private final Carried source;
        private final @Nullable Object[] snapshots;

        private Values(Carried source, @Nullable Object[] snapshots) {
            this.source = source;
            this.snapshots = snapshots;
        }

        /** Makes it the state of the calling thread, which has none yet. */
        void begin() {
            if (this != source.nothing) {
                source.put(this);
            }
        }

        /** Runs code with it; then the thread has its own state again. */
        <T extends @Nullable Object, X extends Throwable> T call(Body<T, X> body) throws X {
            Values own = source.read();
            try {
                source.put(this);
                return body.run();
            } finally {
                source.put(own);
            }
        }
    }
}
