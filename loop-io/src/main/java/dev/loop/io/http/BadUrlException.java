package dev.loop.io.http;

import java.io.UncheckedIOException;
import java.net.MalformedURLException;

/** A text is not the address of anything that can be asked for by HTTP. */
public final class BadUrlException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /** The URL as it was given. */
    private final String url;

    /**
     * A failure.
     *
     * @param url the text
     * @param why what is wrong with it
     */
    public BadUrlException(String url, String why) {
        super("'" + url + "' is not a URL that can be fetched: " + why, new MalformedURLException(why));
        this.url = url;
    }

    /**
     * The text.
     *
     * @return as it was given
     */
    public String url() {
        return url;
    }
}
