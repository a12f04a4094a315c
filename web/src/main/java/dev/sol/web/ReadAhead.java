package dev.sol.web;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Goes on reading a connection that Vert.x has stopped to read since several more requests have come behind the one that it answers.
 * Otherwise nobody would notice that the client has gone, and the answer would be computed to its end. What comes so is kept for its
 * turn, up to a limit; a client that sends more is cut off.
 */
final class ReadAhead extends ChannelInboundHandlerAdapter {
    private static final int LIMIT = 256 << 10; // bytes

    private int ahead;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean stopped = isStopped(context);
        ahead = stopped ? ahead + ((ByteBuf) message).readableBytes() : 0;
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.fireChannelReadComplete(); // in which Vert.x stops
        if (isStopped(context)) {
            if (ahead > LIMIT) {
                var _ = context.close();
            } else {
                context.read();
            }
        }
    }

    private static boolean isStopped(ChannelHandlerContext context) {
        return !context.channel().config().isAutoRead();
    }
}
