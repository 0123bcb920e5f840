package dev.loop.examples.recipes;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.examples.cli.SecondsConverter;
import dev.loop.sync.Condition;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How does a task wait until something has become true? */
@Command(name = "condition", header = "Customers who wait until an account has enough for them.")
public final class Conditions implements Callable<Integer> {

    @Option(
            names = "--pause",
            paramLabel = "SECONDS",
            defaultValue = "0.1",
            converter = SecondsConverter.class,
            description = "The time between two payments (default: ${DEFAULT-VALUE}).")
    private Duration pause = Duration.ofMillis(100);

    private final int[] balance = {0};

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            var changed = new Condition();
            var customers = gather(
                    spawn("anna", () -> withdraw(changed, "anna", 50)),
                    spawn("bert", () -> withdraw(changed, "bert", 20)),
                    spawn("cleo", () -> withdraw(changed, "cleo", 30)));
            for (int i = 0; i < 4; i++) {
                sleep(pause).await();
                pay(changed, 25);
            }
            customers.await();
            IO.println("left: " + balance[0]);
        });
        return 0;
    }

    // @start region="condition"
    private void withdraw(Condition changed, String name, int amount) {
        try (var _ = changed.acquire().await()) {
            changed.until(() -> balance[0] >= amount); // lets go of the lock while it waits
            balance[0] -= amount;
            IO.println(name + " takes " + amount + ", left: " + balance[0]);
        }
    }

    private void pay(Condition changed, int amount) {
        try (var _ = changed.acquire().await()) {
            balance[0] += amount;
            IO.println("payment of " + amount + ", now: " + balance[0]);
            changed.signalAll(); // each looks for itself, one after another
        }
    }
    // @end
}
