package dev.loop.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A host name or an address from text; whether it exists is the resolver's to say. */
public final class HostConverter implements ITypeConverter<String> {

    @Override
    public String convert(String text) {
        if (text.isBlank() || text.chars().anyMatch(Character::isWhitespace)) {
            throw new TypeConversionException(
                    "'" + text + "' is no host; give a name or an address, such as 127.0.0.1");
        }
        return text;
    }
}
