package mediaforge.rules;

import com.google.firebase.rules.lang.CompileResult;
import com.google.firebase.rules.lang.FirebaseRulesProtoCompiler;
import com.google.firebase.rules.lang.common.FirebaseRulesLangOptions;
import com.google.firebase.rules.v1.File;
import com.google.firebase.rules.v1.Issue;
import com.google.firebase.rules.v1.Source;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;

/** What the engine's compiler makes of a rules file: a ruleset, or issues that say why not. */
record Compilation(CompileResult compiled) {
  // Both are off by default and on in production. Without the second, firestore.get() and
  // firestore.exists() compile but every use of them fails with "Null value error".
  private static final FirebaseRulesLangOptions AS_IN_PRODUCTION =
      FirebaseRulesLangOptions.builder()
          .allowTernaryOperator(true)
          .allowCrossServiceRules(true)
          .build();

  static Compilation of(JsonObject source) {
    Source.Builder files = Source.newBuilder();
    for (JsonElement file : source.getAsJsonArray("files")) {
      files.addFiles(fileOf(file.getAsJsonObject()));
    }
    FirebaseRulesProtoCompiler compiler =
        FirebaseRulesProtoCompiler.createStandalone(AS_IN_PRODUCTION);
    return new Compilation(compiler.compile(files.build()));
  }

  private static File fileOf(JsonObject file) {
    return File.newBuilder()
        .setName(file.get("name").getAsString())
        .setContent(file.get("content").getAsString())
        .build();
  }

  Optional<Ruleset> ruleset() {
    return compiled.hasCompilationError()
        ? Optional.empty()
        : Optional.of(new Ruleset(compiled.getRulesetAst()));
  }

  Answer answer() {
    JsonObject result = new JsonObject();
    if (!compiled.hasCompilationError()) {
      result.addProperty("rulesVersion", compiled.getRulesetAst().getVersionValue());
    }
    return new Answer(result, issues(true), issues(false));
  }

  private List<String> issues(boolean areErrors) {
    return compiled.getIssues().stream()
        .filter(issue -> (issue.getSeverity() == Issue.Severity.ERROR) == areErrors)
        .map(Compilation::describe)
        .toList();
  }

  /** firebase-tools expects each issue as a JSON text with these names, underscores included. */
  private static String describe(Issue issue) {
    JsonObject position = new JsonObject();
    position.addProperty("fileName_", issue.getSourcePosition().getFileName());
    position.addProperty("line_", issue.getSourcePosition().getLine());
    position.addProperty("column_", issue.getSourcePosition().getColumn());
    JsonObject description = new JsonObject();
    description.addProperty("description_", issue.getDescription());
    description.add("sourcePosition_", position);
    return description.toString();
  }
}
