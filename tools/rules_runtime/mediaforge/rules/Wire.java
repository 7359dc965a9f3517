package mediaforge.rules;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The way out: whole lines on the real stdout, one at a time whichever thread sends them. */
final class Wire {
  private static final int READY_ID = -1;

  private final PrintStream out;

  private Wire(PrintStream out) {
    this.out = out;
  }

  /** From here on stdout is the protocol's alone: what any library prints goes to stderr. */
  static Wire takeStdout() {
    PrintStream protocol = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    return new Wire(protocol);
  }

  void sendReady() {
    send(new JsonPrimitive(READY_ID), "serve", Answer.of(new JsonObject()));
  }

  /** Always with `action`: firebase-tools drops a failed answer without one and waits for ever. */
  void send(JsonElement id, String action, Answer answer) {
    JsonObject line = answer.toJson();
    line.add("id", id);
    line.addProperty("action", action);
    sendLine(line);
  }

  void sendFetch(JsonElement verifyId, String documentPath) {
    JsonObject context = new JsonObject();
    context.addProperty("path", documentPath);
    JsonObject line = new JsonObject();
    line.add("server_request_id", verifyId);
    line.addProperty("status", "ok");
    line.addProperty("action", "fetch_firestore_document");
    line.add("context", context);
    sendLine(line);
  }

  private synchronized void sendLine(JsonObject line) {
    out.print(line + "\n");
    out.flush();
  }
}
