package dev.loop.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A count of at least one from text. */
public final class CountConverter implements ITypeConverter<Integer> {

    private static final int MOST = 1_000_000;

    @Override
    public Integer convert(String text) {
        try {
            int count = Integer.parseInt(text);
            if (count >= 1 && count <= MOST) {
                return count;
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number that is out of range
        }
        throw new TypeConversionException("'" + text + "' is no count; give a number from 1 to " + MOST);
    }
}
