package mediaforge.rules;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;

/** What is answered to one request; with any error it is a refusal. */
record Answer(JsonObject result, List<String> errors, List<String> warnings) {

  static Answer of(JsonObject result) {
    return new Answer(result, List.of(), List.of());
  }

  static Answer verdict(boolean permit, List<String> warnings) {
    JsonObject result = new JsonObject();
    result.addProperty("permit", permit);
    return new Answer(result, List.of(), warnings);
  }

  static Answer failure(String error) {
    return new Answer(verdict(false, List.of()).result(), List.of(error), List.of());
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("status", errors.isEmpty() ? "ok" : "error");
    json.add("result", result);
    json.add("errors", strings(errors));
    json.add("warnings", strings(warnings));
    return json;
  }

  private static JsonArray strings(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }
}
