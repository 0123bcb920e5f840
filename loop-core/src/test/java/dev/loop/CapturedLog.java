package dev.loop;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** What is logged under one name, and whether anything has been yet; instead of where it goes otherwise. */
final class CapturedLog implements AutoCloseable {

    final List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();
    final CountDownLatch first = new CountDownLatch(1);

    private final Logger logger;
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing(); // names the thread
            lines.add(event);
            first.countDown();
        }
    };

    CapturedLog(Class<?> name) {
        logger = (Logger) LoggerFactory.getLogger(name);
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        logger.setAdditive(true);
    }
}
