package dev.loop.races;

import static dev.loop.races.Interleavings.blockUntil;
import static dev.loop.races.Interleavings.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.internal.ready.Inbox;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import dev.loop.races.Interleavings.Result;
import dev.loop.races.Interleavings.Scene;
import java.lang.reflect.Constructor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The inbox and its wakeup under every interleaving of its accesses: nothing is lost, nothing doubled, nobody sleeps over it. Each
 * of its steps is needed: a twin without it is caught. (What real threads make of it is in {@code InboxTest}.)
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InboxRaceTest {

    private record Entry(int producer, int number) implements ReadyEntry {
        @Override
        public void run() {}
    }

    @TempDir
    private Path directory;

    /** The inbox itself, with a hook before each shared access. */
    private static Twin hooked() {
        return Twin.of(Inbox.class)
                .replace(
                        "public final class Inbox {",
                        "public final class Inbox implements " + Box.class.getName() + " {")
                .replace("            first = head;", "            STEP;\n            first = head;")
                .replace(
                        "while (!HEAD.compareAndSet(this, first, node));",
                        "while (STEP && !HEAD.compareAndSet(this, first, node));")
                .replace(
                        "if (asleep && ASLEEP.compareAndSet(this, true, false)) {",
                        "if (STEP && asleep && STEP && ASLEEP.compareAndSet(this, true, false)) {")
                .replace("        asleep = true;", "        STEP;\n        asleep = true;")
                .replace("        if (head != null) {", "        if (STEP && head != null) {")
                .replace("        if (asleep) {", "        if (STEP && asleep) {")
                .replace(2, "            asleep = false;", "            STEP;\n            asleep = false;")
                .replace("        Node node = head;", "        STEP;\n        Node node = head;")
                .replace("return admit((Node) HEAD.getAndSet", "STEP;\n        return admit((Node) HEAD.getAndSet")
                .replace(
                        "        Node node = (Node) HEAD.getAndSet(this, CLOSED);",
                        "        STEP;\n        Node node = (Node) HEAD.getAndSet(this, CLOSED);");
    }

    private Constructor<? extends Box> constructor(Twin twin) {
        try {
            return twin.load(directory).asSubclass(Box.class).getConstructor(Runnable.class);
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    private static Box box(Constructor<? extends Box> constructor, Runnable wakeup) {
        try {
            return constructor.newInstance(wakeup);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    // --- the programs

    /** Producers push, and a consumer sleeps whenever it finds nothing. */
    private Result pushAgainstSleep(Twin twin, int preemptions, int producers, int each) {
        var constructor = constructor(twin);
        return Interleavings.explore(preemptions, scene -> {
            var permits = new int[1];
            var wakeups = new int[1];
            var sleeps = new int[1];
            Box box = box(constructor, () -> {
                step();
                permits[0]++;
                wakeups[0]++;
            });
            var got = new ArrayList<Entry>();
            for (int p = 0; p < producers; p++) {
                int producer = p;
                scene.thread("p" + p, () -> {
                    for (int i = 0; i < each; i++) {
                        box.push(new Entry(producer, i));
                    }
                });
            }
            scene.thread("loop", () -> {
                var ready = new ReadyQueue();
                while (got.size() < producers * each) {
                    sleeps[0]++; // announced: one that is given up may have been woken, too
                    if (box.beginSleep()) {
                        blockUntil(() -> permits[0] > 0);
                        permits[0] = 0; // a selector forgets how often it was woken
                        box.endSleep();
                    }
                    box.drainTo(ready);
                    for (ReadyEntry e = ready.poll(); e != null; e = ready.poll()) {
                        got.add((Entry) e);
                    }
                }
            });
            scene.check(() -> {
                assertThat(got).doesNotHaveDuplicates().hasSize(producers * each);
                for (int p = 0; p < producers; p++) {
                    int producer = p;
                    assertThat(got.stream()
                                    .filter(e -> e.producer() == producer)
                                    .map(Entry::number))
                            .isSorted();
                }
                assertThat(wakeups[0]).as("wakeups").isLessThanOrEqualTo(sleeps[0]);
            });
        });
    }

    /** Producers push while the loop closes: each entry is either taken or refused. */
    private Result pushAgainstClose(Twin twin) {
        var constructor = constructor(twin);
        return Interleavings.explore(3, scene -> {
            Box box = box(constructor, () -> {});
            var taken = new ArrayList<ReadyEntry>();
            var accepted = new ArrayList<ReadyEntry>();
            for (int p = 0; p < 2; p++) {
                int producer = p;
                scene.thread("p" + p, () -> {
                    for (int i = 0; i < 2; i++) {
                        var entry = new Entry(producer, i);
                        if (box.push(entry)) {
                            accepted.add(entry);
                        }
                    }
                });
            }
            scene.thread("loop", () -> {
                var ready = new ReadyQueue();
                box.drainTo(ready);
                box.close(ready);
                for (ReadyEntry e = ready.poll(); e != null; e = ready.poll()) {
                    taken.add(e);
                }
            });
            scene.check(() -> assertThat(taken).containsExactlyInAnyOrderElementsOf(accepted));
        });
    }

    private static void assertHolds(Result result) {
        assertThat(result.failure()).isNull();
        assertThat(result.executions()).isGreaterThan(50);
    }

    // --- the inbox

    @Test
    void noWakeupIsLostUnderAnyInterleaving() {
        assertHolds(pushAgainstSleep(hooked(), 100, 1, 1)); // all there are
        assertHolds(pushAgainstSleep(hooked(), 4, 1, 3));
        assertHolds(pushAgainstSleep(hooked(), 3, 2, 1));
    }

    @Test
    void whatIsPushedWhileItClosesIsTakenOrRefused() {
        assertHolds(pushAgainstClose(hooked()));
    }

    // --- its twins

    @Test
    void aTwinThatLooksBeforeItAnnouncesItsSleepIsCaught() {
        Twin twin = hooked().replace("        if (STEP && head != null) {", "        if (!empty) {")
                .replace(
                        "        asleep = true;\n",
                        "        boolean empty = head == null;\n        STEP;\n        asleep = true;\n");
        assertThat(pushAgainstSleep(twin, 2, 1, 1).failure()).contains("[loop] wait for ever");
    }

    @Test
    void aTwinThatDoesNotLookAgainIsCaught() {
        Twin twin = hooked().replace("&& head != null) {", "&& false) {");
        assertThat(pushAgainstSleep(twin, 2, 1, 1).failure()).contains("[loop] wait for ever");
    }

    @Test
    void aTwinWhoseProducerLooksBeforeItPushesIsCaught() {
        Twin twin = hooked().replace(
                        "        Node first;", "        STEP;\n        boolean sleeping = asleep;\n        Node first;")
                .replace("        wake();\n", "        if (sleeping) {\n            wake();\n        }\n");
        assertThat(pushAgainstSleep(twin, 2, 1, 1).failure()).contains("[loop] wait for ever");
    }

    @Test
    void aTwinThatWakesWithoutTakingTheSleepIsCaught() {
        Twin twin = hooked().replace("ASLEEP.compareAndSet(this, true, false)", "asleep");
        assertThat(pushAgainstSleep(twin, 3, 2, 1).failure()).contains("wakeups");
    }

    @Test
    void aTwinThatPushesWithoutACompareIsCaught() {
        Twin twin = hooked().replace("!HEAD.compareAndSet(this, first, node)", "!set(node)")
                .replace(
                        "    public boolean isEmpty() {",
                        "    private boolean set(Node node) {\n        head = node;\n        return true;\n    }\n\n    public boolean isEmpty() {");
        assertThat(pushAgainstSleep(twin, 3, 2, 1).failure()).contains("duplicate");
    }

    @Test
    void aTwinThatTakesTheListAndThenForgetsItIsCaught() {
        Twin twin = hooked().replace(
                        "return admit((Node) HEAD.getAndSet(this, (Node) null), ready);",
                        "Node all = head;\n        STEP;\n        head = null;\n        return admit(all, ready);");
        assertThat(pushAgainstSleep(twin, 3, 1, 2).failure()).contains("[loop] wait for ever");
    }

    @Test
    void aTwinThatClosesInTwoStepsIsCaught() {
        Twin twin = hooked().replace(
                        "        Node node = (Node) HEAD.getAndSet(this, CLOSED);",
                        "        Node node = (Node) head;\n        STEP;\n        head = CLOSED;");
        assertThat(pushAgainstClose(twin).failure()).contains("Entry");
    }

    @Test
    void aTwinThatLooksForTheCloseOnlyOnceIsCaught() {
        Twin twin = hooked().replace(
                        "            if (first == CLOSED) {", "            if (++tries == 1 && first == CLOSED) {")
                .replace("        Node first;", "        int tries = 0;\n        Node first;");
        assertThat(pushAgainstClose(twin).failure()).contains("Entry");
    }

    @Test
    void theSearchItselfFindsALostUpdateAndNothingElse() {
        Result lost = Interleavings.explore(100, scene -> increments(scene, false));
        assertThat(lost.failure()).contains("counter").contains("a b");
        Result kept = Interleavings.explore(100, scene -> increments(scene, true));
        assertThat(kept.failure()).isNull();
        assertThat(kept.executions()).isEqualTo(6); // two threads of two steps each: 4! / (2! 2!)
    }

    private static void increments(Scene scene, boolean atomic) {
        var counter = new int[1];
        for (String name : List.of("a", "b")) {
            scene.thread(name, () -> {
                int seen = counter[0];
                step();
                counter[0] = (atomic ? counter[0] : seen) + 1;
            });
        }
        scene.check(() -> assertThat(counter[0]).as("counter").isEqualTo(2));
    }
}
