package mediaforge.rules;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.firebase.rules.runtime.common.AsyncRuntimeFunction;
import com.google.firebase.rules.runtime.common.EvaluationException;
import com.google.firebase.rules.runtime.utils.ExpressionValueUtils;
import com.google.firebase.rules.runtime.v1.ExecutionRequest;
import com.google.firebase.rules.runtime.v1.ExecutionResponse;
import com.google.firebase.rules.runtime.v1.ExpressionValue;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * `firestore.get()` and `firestore.exists()`: documents are asked of firebase-tools, which answers
 * with a line that carries the verify's id.
 */
final class FirestoreReads {
  private static final long ANSWER_S_MAX = 30;

  private final Map<JsonElement, CompletableFuture<JsonObject>> waiting =
      new ConcurrentHashMap<>();
  private final Wire wire;
  private volatile boolean isClosed;

  FirestoreReads(Wire wire) {
    this.wire = wire;
  }

  Reader forVerify(JsonElement verifyId) {
    return new Reader(verifyId);
  }

  void deliver(JsonElement verifyId, JsonObject answer) {
    CompletableFuture<JsonObject> read = waiting.remove(verifyId);
    if (read != null) {
      read.complete(answer);
    }
  }

  void close() {
    isClosed = true;
    waiting.values().forEach(read -> read.cancel(false));
  }

  private JsonObject fetch(JsonElement verifyId, String path) throws Exception {
    CompletableFuture<JsonObject> read = new CompletableFuture<>();
    waiting.put(verifyId, read);
    try {
      // Looked at after the wait is listed: close() either finds it there or is seen here.
      if (isClosed) {
        throw new IllegalStateException("Nobody answers any more.");
      }
      wire.sendFetch(verifyId, path);
      return read.get(ANSWER_S_MAX, TimeUnit.SECONDS);
    } finally {
      waiting.remove(verifyId, read);
    }
  }

  /**
   * The documents one verify reads. It reads them one after the other, since the protocol knows an
   * answer only by the verify's id, and each once, as production does.
   */
  final class Reader {
    private final JsonElement verifyId;
    private final Map<String, Optional<ExpressionValue>> documents = new HashMap<>();

    private Reader(JsonElement verifyId) {
      this.verifyId = verifyId;
    }

    List<AsyncRuntimeFunction> functions() {
      return List.of(
          function("firestore.get", document -> document.orElse(ExpressionValueUtils.NULL)),
          function(
              "firestore.exists",
              document -> ExpressionValueUtils.createValue(document.isPresent())));
    }

    private AsyncRuntimeFunction function(
        String name, Function<Optional<ExpressionValue>, ExpressionValue> answer) {
      return new AsyncRuntimeFunction() {
        @Override
        public String name() {
          return name;
        }

        @Override
        public ListenableFuture<ExecutionResponse> execute(ExecutionRequest request) {
          try {
            ExpressionValue value = answer.apply(read(request));
            return Futures.immediateFuture(ExpressionValueUtils.createResponse(value));
          } catch (Exception failure) {
            return Futures.immediateFailedFuture(
                EvaluationException.makeServiceCallError(
                    request.getSourcePosition(), name, failure.toString(), failure));
          }
        }
      };
    }

    private Optional<ExpressionValue> read(ExecutionRequest request) throws Exception {
      List<String> segments =
          ExpressionValueUtils.getPathSegments(
              request.getSourcePosition(), request.getArguments(0).getPathValue());
      String path = urlPath(segments);
      if (!documents.containsKey(path)) {
        documents.put(path, documentOf(fetch(verifyId, path)));
      }
      return documents.get(path);
    }
  }

  private static Optional<ExpressionValue> documentOf(JsonObject answer) {
    String status = answer.get("status").getAsString();
    return switch (status) {
      case "ok" -> Optional.of(FirestoreDocument.valueOf(answer.getAsJsonObject("result")));
      case "not_found" -> Optional.empty();
      default -> throw new IllegalStateException("Firestore answered " + status);
    };
  }

  private static String urlPath(List<String> segments) {
    return segments.stream()
        .map(FirestoreReads::urlSegment)
        .collect(Collectors.joining("/", "/", ""));
  }

  /**
   * firebase-tools puts the path into a URL as it is, so a `?` or a slash in an id would ask for
   * something else; dots alone would climb out of the collection whatever their spelling.
   */
  private static String urlSegment(String segment) {
    if (segment.equals(".") || segment.equals("..")) {
      throw new IllegalArgumentException("No document id: " + segment);
    }
    return URLEncoder.encode(segment, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("%28", "(")
        .replace("%29", ")");
  }
}
