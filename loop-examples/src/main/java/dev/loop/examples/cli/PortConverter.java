package dev.loop.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A TCP port from text; 0 is one too, and means any that is free. */
public sealed class PortConverter implements ITypeConverter<Integer> {

    private static final int HIGHEST = 65_535;

    private final int lowest;

    /** Made by picocli. */
    public PortConverter() {
        this(0);
    }

    private PortConverter(int lowest) {
        this.lowest = lowest;
    }

    @Override
    public Integer convert(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= lowest && port <= HIGHEST) {
                return port;
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number that is out of range
        }
        throw new TypeConversionException("'" + text + "' is no port; give a number from " + lowest + " to " + HIGHEST);
    }

    /** The port of a server that a client connects to: not 0. */
    public static final class ToConnect extends PortConverter {

        /** Made by picocli. */
        public ToConnect() {
            super(1);
        }
    }
}
