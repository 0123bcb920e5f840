package dev.loop.examples.cli;

import java.math.BigDecimal;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time from a number of seconds, such as {@code 5} or {@code 0.25}. */
public final class SecondsConverter implements ITypeConverter<Duration> {

    private static final BigDecimal MOST =
            BigDecimal.valueOf(Duration.ofDays(365).toSeconds());

    @Override
    public Duration convert(String text) {
        try {
            var seconds = new BigDecimal(text);
            if (seconds.signum() >= 0 && seconds.compareTo(MOST) <= 0) {
                return Duration.ofNanos(seconds.movePointRight(9).longValue());
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number that is out of range
        }
        throw new TypeConversionException(
                "'" + text + "' is no number of seconds from 0 to " + MOST + "; give for example 5 or 0.25");
    }
}
