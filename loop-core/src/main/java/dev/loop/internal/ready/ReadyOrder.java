package dev.loop.internal.ready;

import org.jspecify.annotations.Nullable;

/** The order in which a turn's batch runs, where nobody was promised one. A loop has none unless a test asks for it. */
@FunctionalInterface
public interface ReadyOrder {

    /**
     * Puts a batch into another order. Entries of one {@linkplain ReadyEntry#lane() lane} keep theirs, and nothing passes a
     * {@link Lane#BARRIER}.
     *
     * @param batch the entries, first come first
     * @param size how many there are, from index 0
     */
    void arrange(@Nullable ReadyEntry[] batch, int size);
}
