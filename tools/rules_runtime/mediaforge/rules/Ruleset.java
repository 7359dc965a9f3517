package mediaforge.rules;

import com.google.common.base.Splitter;
import com.google.firebase.rules.runtime.common.EvaluationException;
import com.google.firebase.rules.runtime.evaluators.AuthRuleEvaluator.RuleContext;
import com.google.firebase.rules.runtime.impl.DefaultEvaluator;
import com.google.firebase.rules.runtime.utils.ExpressionValueUtils;
import com.google.firebase.rules.runtime.v1.ExpressionPathValue;
import com.google.firebase.rules.runtime.v1.ExpressionValue;
import com.google.firebase.rules.runtime.v1.RulesetAst;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Compiled rules that say whether one operation on one path is permitted. */
final class Ruleset {
  private static final long EVALUATION_S_MAX = 60;

  private final DefaultEvaluator evaluator;

  Ruleset(RulesetAst rules) {
    this.evaluator = new DefaultEvaluator(rules);
  }

  /** A rule that cannot be evaluated (it reads a null, say) denies; the reason is a warning. */
  Answer verify(JsonObject operation, FirestoreReads.Reader firestore) throws Exception {
    RuleContext context = contextOf(operation, firestore);
    try {
      var result = evaluator.evaluate(context).get(EVALUATION_S_MAX, TimeUnit.SECONDS);
      return Answer.verdict(result.permit(), List.of());
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof EvaluationException reason) {
        return Answer.verdict(false, List.of(reason.getMessage()));
      }
      throw failure;
    }
  }

  private static RuleContext contextOf(JsonObject operation, FirestoreReads.Reader firestore)
      throws InvalidProtocolBufferException {
    RuleContext.Builder context =
        RuleContext.builder()
            .service(operation.get("service").getAsString())
            .method(operation.get("method").getAsString())
            .path(pathOf(operation.get("path").getAsString()));
    for (Map.Entry<String, JsonElement> variable : variablesOf(operation)) {
      context.supplyVariable(variable.getKey(), valueOf(variable.getValue()));
    }
    firestore.functions().forEach(context::supplyFunction);
    return context.build();
  }

  private static Iterable<Map.Entry<String, JsonElement>> variablesOf(JsonObject operation) {
    return operation.getAsJsonObject("variables").entrySet();
  }

  /**
   * The object's name as it is. The engine's own parser would read `%2F` in a name as a slash, and
   * judge another path than the one that is written.
   */
  private static ExpressionPathValue pathOf(String path) {
    List<String> segments = Splitter.on('/').splitToList(path.replaceFirst("^/", ""));
    return ExpressionValueUtils.segmentsToPathExpressions(segments).getPathValue();
  }

  private static ExpressionValue valueOf(JsonElement json) throws InvalidProtocolBufferException {
    ExpressionValue.Builder value = ExpressionValue.newBuilder();
    JsonFormat.parser().merge(json.toString(), value);
    return value.build();
  }
}
