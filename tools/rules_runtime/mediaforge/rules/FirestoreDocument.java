package mediaforge.rules;

import com.google.firebase.rules.runtime.utils.ExpressionValueUtils;
import com.google.firebase.rules.runtime.v1.ExpressionListValue;
import com.google.firebase.rules.runtime.v1.ExpressionMapValue;
import com.google.firebase.rules.runtime.v1.ExpressionValue;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import com.google.type.LatLng;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A document of Firestore's REST API as the value that rules see: `data`, `id`, `__name__`. */
final class FirestoreDocument {
  private FirestoreDocument() {}

  static ExpressionValue valueOf(JsonObject document) {
    List<String> path = segmentsOf(document.get("name").getAsString());
    ExpressionMapValue.Builder seen =
        ExpressionMapValue.newBuilder()
            .putFields("data", ofFields(document))
            .putFields("id", ExpressionValueUtils.createValue(path.get(path.size() - 1)))
            .putFields("__name__", pathOf(path));
    return ExpressionValue.newBuilder().setMapValue(seen).build();
  }

  /** Names start with `projects/{project}`, which is no part of the paths that rules speak of. */
  private static List<String> segmentsOf(String name) {
    List<String> segments = Arrays.asList(name.split("/"));
    return segments.size() > 2 ? segments.subList(2, segments.size()) : segments;
  }

  private static ExpressionValue pathOf(List<String> segments) {
    return ExpressionValueUtils.segmentsToPathExpressions(segments);
  }

  /** An empty document or map comes without `fields`. */
  private static ExpressionValue ofFields(JsonObject holder) {
    ExpressionMapValue.Builder map = ExpressionMapValue.newBuilder();
    if (holder.has("fields")) {
      for (Map.Entry<String, JsonElement> field : holder.getAsJsonObject("fields").entrySet()) {
        map.putFields(field.getKey(), ofField(field.getValue().getAsJsonObject()));
      }
    }
    return ExpressionValue.newBuilder().setMapValue(map).build();
  }

  /** A field is an object with one member, whose name says the type. */
  private static ExpressionValue ofField(JsonObject field) {
    Map.Entry<String, JsonElement> member = field.entrySet().iterator().next();
    JsonElement value = member.getValue();
    ExpressionValue.Builder seen = ExpressionValue.newBuilder();
    return switch (member.getKey()) {
      case "nullValue" -> ExpressionValueUtils.NULL;
      case "booleanValue" -> seen.setBoolValue(value.getAsBoolean()).build();
      case "integerValue" -> seen.setIntValue(value.getAsLong()).build();
      case "doubleValue" -> seen.setFloatValue(value.getAsDouble()).build();
      case "stringValue" -> seen.setStringValue(value.getAsString()).build();
      case "bytesValue" -> seen.setBytesValue(bytesOf(value)).build();
      case "timestampValue" -> ofTimestamp(value.getAsString());
      case "referenceValue" -> pathOf(segmentsOf(value.getAsString()));
      case "geoPointValue" -> seen.setLatlngValue(placeOf(value.getAsJsonObject())).build();
      case "arrayValue" -> ofArray(value.getAsJsonObject());
      case "mapValue" -> ofFields(value.getAsJsonObject());
      default -> throw new IllegalArgumentException("Unknown Firestore type " + member.getKey());
    };
  }

  private static ByteString bytesOf(JsonElement base64) {
    return ByteString.copyFrom(Base64.getDecoder().decode(base64.getAsString()));
  }

  private static ExpressionValue ofTimestamp(String rfc3339) {
    try {
      return ExpressionValue.newBuilder().setTimestampValue(Timestamps.parse(rfc3339)).build();
    } catch (ParseException failure) {
      throw new IllegalArgumentException("No timestamp: " + rfc3339, failure);
    }
  }

  private static LatLng placeOf(JsonObject place) {
    return LatLng.newBuilder()
        .setLatitude(degrees(place, "latitude"))
        .setLongitude(degrees(place, "longitude"))
        .build();
  }

  private static double degrees(JsonObject place, String name) {
    return place.has(name) ? place.get(name).getAsDouble() : 0;
  }

  private static ExpressionValue ofArray(JsonObject array) {
    ExpressionListValue.Builder list = ExpressionListValue.newBuilder();
    if (array.has("values")) {
      for (JsonElement value : array.getAsJsonArray("values")) {
        list.addValues(ofField(value.getAsJsonObject()));
      }
    }
    return ExpressionValue.newBuilder().setListValue(list).build();
  }
}
