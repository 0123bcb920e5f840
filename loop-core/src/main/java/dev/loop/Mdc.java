package dev.loop;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** SLF4J's MDC, carried along. */
final class Mdc implements ContextAccessor<Map<String, String>> {

    static final Mdc ACCESSOR = new Mdc();

    private Mdc() {}

    @Override
    public @Nullable Map<String, String> capture() {
        Map<String, String> map = MDC.getCopyOfContextMap();
        return map == null || map.isEmpty() ? null : map;
    }

    @Override
    public void restore(Map<String, String> snapshot) {
        MDC.setContextMap(snapshot);
    }

    @Override
    public void clear() {
        MDC.clear();
    }
}
