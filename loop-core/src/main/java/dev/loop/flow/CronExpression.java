package dev.loop.flow;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A cron expression, by cron-utils. The only class that touches that library; it is loaded when an expression is used. */
final class CronExpression {

    /** A dialect, with what its fields are called. */
    enum Dialect {
        UNIX("minute, hour, day of month, month, day of week"),
        QUARTZ("second, minute, hour, day of month, month, day of week, year");

        private final String fields;

        Dialect(String fields) {
            this.fields = fields;
        }

        List<String> fields() {
            return List.of(fields.split(", ", -1));
        }
    }

    private final String text;
    private final Dialect dialect;
    private final ExecutionTime times;

    private CronExpression(String text, Dialect dialect) {
        this.text = text;
        this.dialect = dialect;
        times = parse(text);
    }

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if it is none; says which field is wrong
     * @throws IllegalStateException if the library is not there
     */
    static CronExpression of(String text, Dialect dialect) {
        try {
            return new CronExpression(text.strip(), dialect);
        } catch (NoClassDefFoundError e) {
            if (e.getMessage() == null || !e.getMessage().contains("cronutils")) {
                throw e;
            }
            throw new IllegalStateException(
                    "a cron expression needs a library that is not on the class path: add the dependency"
                            + " com.cronutils:cron-utils:9.2.1, which is optional to loop-core",
                    e);
        }
    }

    /** When it is, in a time zone. */
    CronTicks.Times in(ZoneId zone) {
        return new CronTicks.Times() {
            @Override
            public @Nullable Instant after(Instant instant) {
                return times.nextExecution(instant.atZone(zone))
                        .map(ZonedDateTime::toInstant)
                        .orElse(null);
            }

            @Override
            public @Nullable Instant before(Instant instant) {
                return times.lastExecution(instant.atZone(zone))
                        .map(ZonedDateTime::toInstant)
                        .orElse(null);
            }
        };
    }

    private ExecutionTime parse(String expression) {
        int count = expression.isEmpty() ? 0 : expression.split("\\s+", -1).length;
        int least = dialect == Dialect.UNIX ? 5 : 6;
        if (count < least || count > dialect.fields().size()) {
            throw new IllegalArgumentException(
                    "the cron expression '" + expression + "' has " + count + " fields, and a "
                            + dialect + " one has " + least + (dialect == Dialect.UNIX ? "" : " or 7") + ": "
                            + dialect.fields);
        }
        try {
            return read(expression);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the cron expression '" + expression + "' is wrong in " + place(expression) + ": " + reason(e), e);
        }
    }

    private ExecutionTime read(String expression) {
        CronType type = dialect == Dialect.UNIX ? CronType.UNIX : CronType.QUARTZ;
        return ExecutionTime.forCron(
                new CronParser(CronDefinitionBuilder.instanceDefinitionFor(type)).parse(expression));
    }

    /** The first field that is wrong by itself. */
    private String place(String expression) {
        String[] given = expression.split("\\s+", -1);
        for (int i = 0; i < given.length; i++) {
            String[] alone = new String[given.length];
            Arrays.fill(alone, "*");
            alone[i] = given[i];
            if (dialect == Dialect.QUARTZ && !given[i].equals("?")) {
                alone[i == 5 ? 3 : 5] = "?"; // one of the two fields of days is left open
            }
            try {
                read(String.join(" ", alone));
            } catch (IllegalArgumentException e) {
                return "its field " + (i + 1) + ", the " + dialect.fields().get(i) + " '" + given[i] + "'";
            }
        }
        return "its fields together";
    }

    private static String reason(IllegalArgumentException e) {
        Throwable cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }

    @Override
    public String toString() {
        return text;
    }
}
