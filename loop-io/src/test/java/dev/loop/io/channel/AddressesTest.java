package dev.loop.io.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;

/** Addresses as people write them. */
class AddressesTest {

    @Test
    void anAddressIsWrittenAsPeopleWriteIt() {
        assertThat(Addresses.text(new InetSocketAddress(Addresses.literal("127.0.0.1"), 80)))
                .isEqualTo("127.0.0.1:80");
        assertThat(Addresses.text(new InetSocketAddress(Addresses.literal("::1"), 80)))
                .isEqualTo("[::1]:80");
        assertThat(Addresses.text(InetSocketAddress.createUnresolved("example.org", 80)))
                .isEqualTo("example.org:80");
        assertThat(Addresses.text(UnixDomainSocketAddress.of("/tmp/socket"))).isEqualTo("/tmp/socket");
        assertThat(Addresses.text(UnixDomainSocketAddress.of(""))).isEqualTo("an unnamed socket");
        assertThat(Addresses.text((SocketAddress) null)).isEqualTo("an unknown address");
        assertThat(Addresses.text("::1", 80)).isEqualTo("[::1]:80");
        assertThat(Addresses.text("[::1]", 80)).isEqualTo("[::1]:80");
    }

    @Test
    void anAddressOfVersion6IsWrittenInItsShortForm() {
        for (String text : new String[] {
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "1:2:3:4:5:6:7:8",
            "fe80::1:0:0:2"
        }) {
            assertThat(Addresses.text(Addresses.literal(text))).isEqualTo(text);
        }
        assertThat(Addresses.text(Addresses.literal("::ffff:0:0:0:0"))).isEqualTo("0:0:0:ffff::");
        assertThat(Addresses.text(Addresses.literal("127.0.0.1"))).isEqualTo("127.0.0.1");
    }

    @Test
    void aLiteralIsReadWithoutANameServer() {
        assertThat(Addresses.literal("127.0.0.1")).hasToString("/127.0.0.1");
        assertThat(Addresses.literal("::1")).isEqualTo(Addresses.literal("[::1]"));
        for (String name :
                new String[] {"localhost", "example.org", "1.2.3.4.5", "[127.0.0.1]", "[]", "", ":", "a b"}) {
            assertThat(Addresses.literal(name)).as(name).isNull();
        }
    }
}
