import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What a good programmer writes in an afternoon: Kafka's consumer and HDFS's client, a buffer for each
 * partition, uploads in the background, offsets committed in order when their files are there. At
 * least once: after a crash records come again.
 *
 *   java JavaSink BROKERS TOPIC GROUP FILE_SYSTEM DIRECTORY RECORDS_PER_FILE
 */
public final class JavaSink {
  private static final int UPLOADS_AT_ONCE = 8;

  private record Upload(long nextOffset, Future<?> done) {}

  /** What is collected of one partition, and what of it is on its way. */
  private static final class Partition {
    final ByteArrayOutputStream buffer = new ByteArrayOutputStream(8 << 20);
    final Deque<Upload> uploads = new ArrayDeque<>();
    long firstOffset;
    int records;
  }

  /** They end with the main thread, also when an upload has failed. */
  private final ExecutorService pool = Executors.newFixedThreadPool(UPLOADS_AT_ONCE, task -> {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  });
  private final Map<TopicPartition, Partition> partitions = new HashMap<>();
  private final FileSystem fs;
  private final String directory;
  private final int recordsPerFile;
  private int pending;

  private JavaSink(FileSystem fs, String directory, int recordsPerFile) {
    this.fs = fs;
    this.directory = directory;
    this.recordsPerFile = recordsPerFile;
  }

  public static void main(String[] args) throws Exception {
    FileSystem fs = FileSystem.get(URI.create(args[3]), new Configuration());
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args[2]);
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("max.poll.records", "10000");
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of(args[1]));
      new JavaSink(fs, args[4], Integer.parseInt(args[5])).run(consumer);
    }
  }

  private void run(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
    boolean ready = false;
    while (true) {
      var records = consumer.poll(Duration.ofMillis(100));
      if (!ready && !consumer.assignment().isEmpty()) {
        System.out.println("ready");
        ready = true;
      }
      for (ConsumerRecord<byte[], byte[]> record : records) take(record);
      Map<TopicPartition, OffsetAndMetadata> finished = finished();
      if (!finished.isEmpty()) consumer.commitAsync(finished, null);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) throws Exception {
    var at = new TopicPartition(record.topic(), record.partition());
    Partition partition = partitions.computeIfAbsent(at, key -> new Partition());
    if (partition.records == 0) partition.firstOffset = record.offset();
    partition.buffer.write(record.value());
    partition.buffer.write('\n');
    if (++partition.records < recordsPerFile) return;
    while (pending >= UPLOADS_AT_ONCE) awaitOne();
    byte[] bytes = partition.buffer.toByteArray();
    String name = at.partition() + "/" + partition.firstOffset;
    partition.uploads.add(new Upload(record.offset() + 1, pool.submit(() -> upload(name, bytes))));
    pending++;
    partition.buffer.reset();
    partition.records = 0;
  }

  private Void upload(String name, byte[] bytes) throws Exception {
    Path temporary = new Path(directory + "/_tmp/" + name.replace('/', '-'));
    Path target = new Path(directory + "/" + name);
    try (OutputStream out = fs.create(temporary, true)) {
      out.write(bytes);
    }
    fs.mkdirs(target.getParent());
    if (!fs.rename(temporary, target)) throw new IllegalStateException("could not rename to " + target);
    return null;
  }

  private void awaitOne() throws Exception {
    for (Partition partition : partitions.values()) {
      Upload first = partition.uploads.peek();
      if (first == null || first.done().isDone()) continue;
      first.done().get();
      break;
    }
    pending = (int) partitions.values().stream()
        .flatMap(partition -> partition.uploads.stream())
        .filter(upload -> !upload.done().isDone())
        .count();
  }

  /** The offsets up to which all files of a partition are there. */
  private Map<TopicPartition, OffsetAndMetadata> finished() throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (var entry : partitions.entrySet()) {
      Deque<Upload> uploads = entry.getValue().uploads;
      while (!uploads.isEmpty() && uploads.peek().done().isDone()) {
        Upload first = uploads.remove();
        first.done().get();
        offsets.put(entry.getKey(), new OffsetAndMetadata(first.nextOffset()));
      }
    }
    return offsets;
  }
}
