package mediaforge.rules;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The Storage rules runtime that firebase-tools starts as {@code java -jar X serve}.
 *
 * <p>One JSON object a line comes in on stdin, one a line goes out on stdout. The rules themselves
 * are judged by Google's engine, which the Firestore emulator's jar carries; this program only
 * speaks the protocol. Whatever fails, denies, and is answered: a request without an answer would
 * leave the Storage emulator, and with it the client's upload, waiting for ever.
 */
public final class RulesRuntime {
  private static final long DRAIN_S = 2;

  private final Map<String, Ruleset> rulesets = new ConcurrentHashMap<>();
  private final FirestoreReads reads;
  private final Wire wire;

  // A verify may wait for a Firestore document, whose answer arrives on the stdin that the main
  // thread reads: so each verify has its own thread. They are daemons, so none keeps the process.
  private final ExecutorService verifies =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "verify");
            thread.setDaemon(true);
            return thread;
          });

  private RulesRuntime(Wire wire) {
    this.wire = wire;
    this.reads = new FirestoreReads(wire);
  }

  public static void main(String[] args) throws IOException {
    if (args.length != 1 || !args[0].equals("serve")) {
      System.err.println("usage: java -jar <this jar> serve");
      System.exit(2);
    }
    Wire wire = Wire.takeStdout();
    Logger.getLogger("").setLevel(Level.SEVERE);
    new RulesRuntime(wire).serve();
  }

  private void serve() throws IOException {
    wire.sendReady();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      acceptLine(line);
    }
    finish();
  }

  /** Nobody listens for Firestore documents any more: what waits for one denies, the rest ends. */
  private void finish() {
    reads.close();
    verifies.shutdown();
    try {
      verifies.awaitTermination(DRAIN_S, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void acceptLine(String line) {
    if (line.isBlank()) {
      return;
    }
    try {
      accept(JsonParser.parseString(line).getAsJsonObject());
    } catch (RuntimeException | StackOverflowError broken) {
      // The content may hold a user's token: it is not repeated in a log.
      System.err.println("Ignored a line that is no message: " + broken.getClass().getName());
    }
  }

  private void accept(JsonObject message) {
    JsonElement id = message.get("id");
    if (id == null || !id.isJsonPrimitive()) {
      System.err.println("Ignored a message without an id.");
    } else if (!message.has("action")) {
      reads.deliver(id, message);
    } else {
      acceptRequest(id, message);
    }
  }

  private void acceptRequest(JsonElement id, JsonObject message) {
    String action = message.getAsJsonPrimitive("action").getAsString();
    switch (action) {
      // Loading stays on the reading thread: a verify sent after it always finds the ruleset.
      case "load_ruleset" -> answer(id, action, () -> load(message));
      case "verify" -> verifies.execute(() -> answer(id, action, () -> verify(id, message)));
      default -> wire.send(id, action, Answer.failure("Unknown action: " + action));
    }
  }

  private interface Work {
    Answer run() throws Exception;
  }

  /** The one place where failures end, the engine's own and a too deep rule's included. */
  private void answer(JsonElement id, String action, Work work) {
    Answer answer;
    try {
      answer = work.run();
    } catch (Throwable failure) {
      answer = Answer.failure(failure.toString());
    }
    wire.send(id, action, answer);
  }

  private Answer load(JsonObject message) {
    JsonObject context = message.getAsJsonObject("context");
    Compilation compilation = Compilation.of(context.getAsJsonObject("source"));
    String name = context.get("rulesetName").getAsString();
    compilation.ruleset().ifPresent(ruleset -> rulesets.put(name, ruleset));
    return compilation.answer();
  }

  private Answer verify(JsonElement id, JsonObject message) throws Exception {
    JsonObject context = message.getAsJsonObject("context");
    String name = context.get("rulesetName").getAsString();
    Ruleset ruleset = rulesets.get(name);
    if (ruleset == null) {
      return Answer.failure("No ruleset is loaded under the name " + name + ".");
    }
    return ruleset.verify(context, reads.forVerify(id));
  }
}
