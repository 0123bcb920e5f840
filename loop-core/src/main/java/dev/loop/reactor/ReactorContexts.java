package dev.loop.reactor;

import dev.loop.Context;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import reactor.core.CoreSubscriber;
import reactor.util.context.ContextView;

/**
 * How Loop's {@link Context} and Reactor's go along with each other, in both directions.
 *
 * <p>A task that {@linkplain Monos#await awaits} a Mono is its subscriber, and brings along its whole context under the key
 * {@code dev.loop.Context.class}, and whatever {@link #VIEW} is there:
 *
 * {@snippet class="dev.loop.reactor.ReactorContextsTest" region="await"}
 *
 * <p>Whatever a publisher of this package starts for a subscriber (a task, a wait) runs in the context that the subscriber brings
 * along under that key, else in that of the code that subscribes; {@link #VIEW} is there what the subscriber knows itself. So are
 * the signals to the subscriber. Work of a {@link LoopScheduler} runs in the context of the call that has scheduled it.
 */
public final class ReactorContexts {

    /**
     * The context of the subscriber that a task works for, and the one that the task's own subscriptions begin with; by default
     * empty.
     */
    public static final ContextVar<ContextView> VIEW = ContextVar.of("reactor", reactor.util.context.Context.empty());

    private ReactorContexts() {}

    /** Where what belongs to a subscriber runs. Called by the code that subscribes, on any thread. */
    static Context of(EventLoop loop, CoreSubscriber<?> subscriber) {
        ContextView view = subscriber.currentContext();
        Context context = view.hasKey(Context.class) ? view.get(Context.class) : loop.captureContext();
        return view.isEmpty() && !context.isSet(VIEW) ? context : context.with(VIEW, view);
    }

    /** What the calling code brings along as a subscriber. */
    static reactor.util.context.Context ofSubscriber() {
        return reactor.util.context.Context.of(VIEW.get()).put(Context.class, Context.current());
    }
}
