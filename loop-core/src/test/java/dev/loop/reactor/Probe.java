package dev.loop.reactor;

import dev.loop.EventLoop;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** A subscriber that asks for nothing by itself, and notes what it is told, and what came on the wrong thread. */
final class Probe<T> implements CoreSubscriber<T> {

    private final EventLoop loop;
    private final Context context;
    final List<String> signals = new CopyOnWriteArrayList<>();
    final List<String> elsewhere = new CopyOnWriteArrayList<>();
    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Subscription subscription;

    Probe(EventLoop loop) {
        this(loop, Context.empty());
    }

    Probe(EventLoop loop, Context context) {
        this.loop = loop;
        this.context = context;
    }

    @Override
    public Context currentContext() {
        return context;
    }

    void request(long n) {
        subscription.request(n);
    }

    void cancel() {
        subscription.cancel();
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
        signals.add("subscribe"); // on the thread that subscribes
        subscribed.countDown();
    }

    @Override
    public void onNext(T value) {
        note("next " + value);
    }

    @Override
    public void onError(Throwable error) {
        note("error " + error);
        ended.countDown();
    }

    @Override
    public void onComplete() {
        note("complete");
        ended.countDown();
    }

    private void note(String signal) {
        signals.add(signal);
        if (!loop.isCallbackThread(Thread.currentThread())) {
            elsewhere.add(signal + " on " + Thread.currentThread());
        }
    }

    /** It has asked for nothing: nothing but the subscription has come. */
    void awaitNothing() {
        if (signals.size() > 1) {
            throw new AssertionError(signals);
        }
    }

    /** For threads outside of the loop. */
    void awaitSubscribed() throws InterruptedException {
        await(subscribed);
    }

    /** For threads outside of the loop. */
    void awaitEnd() throws InterruptedException {
        await(ended);
    }

    private void await(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("only " + signals);
        }
    }
}
