package dev.loop.io.http;

import dev.loop.io.netty.NettyFutures;
import dev.loop.io.netty.NettyLoopResources;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.net.InetSocketAddress;

/** A name server on the same loop that knows one name, and the resolver that asks it. */
final class FakeNameServer implements AutoCloseable {

    static final String KNOWN = "known.example";

    private final Channel channel;
    private final DnsAddressResolverGroup resolver;
    private int queries;

    FakeNameServer(NettyLoopResources netty) {
        var bound = new Bootstrap()
                .group(netty.group())
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline()
                                .addLast(
                                        new DatagramDnsQueryDecoder(), new DatagramDnsResponseEncoder(), new Answers());
                    }
                })
                .bind("127.0.0.1", 0);
        NettyFutures.toFuture(bound).await();
        channel = bound.channel();
        resolver = new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .eventLoop(netty.group())
                .datagramChannelFactory(NioDatagramChannel::new)
                .resolvedAddressTypes(ResolvedAddressTypes.IPV4_ONLY)
                .nameServerProvider(
                        new SingletonDnsServerAddressStreamProvider((InetSocketAddress) channel.localAddress())));
    }

    DnsAddressResolverGroup resolver() {
        return resolver;
    }

    int queries() {
        return queries;
    }

    @Override
    public void close() {
        resolver.close();
        NettyFutures.toFuture(channel.close()).await();
    }

    private final class Answers extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
            queries++;
            DnsQuestion question = query.recordAt(DnsSection.QUESTION);
            boolean known =
                    question.name().equals(KNOWN + ".") && question.type().equals(DnsRecordType.A);
            var response = new DatagramDnsResponse(query.recipient(), query.sender(), query.id());
            response.setCode(known ? DnsResponseCode.NOERROR : DnsResponseCode.NXDOMAIN);
            response.addRecord(DnsSection.QUESTION, question);
            if (known) {
                response.addRecord(
                        DnsSection.ANSWER,
                        new DefaultDnsRawRecord(
                                question.name(), DnsRecordType.A, 60, Unpooled.wrappedBuffer(new byte[] {127, 0, 0, 1
                                })));
            }
            context.writeAndFlush(response);
        }
    }
}
