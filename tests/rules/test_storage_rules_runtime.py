"""The Storage rules runtime, ours or the official, over the protocol that firebase-tools speaks."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mediaforge.domain.library import uploads
from tests.rules.delivery_cases import CASES, IMAGE, JOB, Case
from tests.rules.rest import typed
from tests.rules.upload_cases import CASES as UPLOAD_CASES
from tests.rules.upload_cases import NAMES, UploadCase
from tests.support.delivery_rule import may_get
from tools import jars
from tools.setup import ROOT

ANSWER_S_MAX = 120
END_S_MAX = 60
READY_ID = -1

Message = dict[str, Any]

RULES = """
rules_version = '2';
service firebase.storage {
  match /b/{bucket}/o {
    match /own/{uid}/{file} {
      allow read: if request.auth != null && request.auth.uid == uid;
      allow create: if request.auth.uid == uid && request.resource.size <= 10
        && request.resource.contentType.matches('image/.*');
    }
    match /resource/{file} {
      allow get: if resource.size > 0;
    }
    match /member/{team}/{file} {
      allow get: if firestore.exists(
        /databases/(default)/documents/teams/$(team)/members/$(request.auth.uid));
    }
    match /role/{team}/{file} {
      allow get: if firestore.get(
        /databases/(default)/documents/teams/$(team)/members/$(request.auth.uid)
      ).data.role == 'owner';
    }
    match /both/{team}/{file} {
      allow get: if firestore.get(/databases/(default)/documents/teams/$(team)).data.open == true
        && firestore.get(/databases/(default)/documents/plans/$(team)).data.seats > 2;
    }
  }
}
"""


class Runtime:
    """A runtime process; every answer is waited for with a limit, so that none can hang a test."""

    def __init__(self, java: Path, jar: Path) -> None:
        command = [str(java), "-Djava.security.manager=disallow", "-jar", str(jar), "serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdin
        assert self.process.stdout
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._ids = itertools.count()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        for line in self._stdout:
            self._lines.put(line)

    def send_line(self, line: str) -> None:
        self._stdin.write(line.encode() + b"\n")
        self._stdin.flush()

    def send(self, message: Message) -> int:
        """The id it went out with."""
        message = {"id": next(self._ids), **message}
        self.send_line(json.dumps(message))
        return int(message["id"])

    def receive(self) -> Message:
        """Every line must be a JSON object: stdout is the protocol's alone."""
        message: Message = json.loads(self._lines.get(timeout=ANSWER_S_MAX))
        return message

    def ask(self, message: Message) -> Message:
        sent_id = self.send(message)
        answer = self.receive()
        assert answer.get("id", answer.get("server_request_id")) == sent_id
        return answer

    def end(self) -> int:
        self._stdin.close()
        return self.process.wait(END_S_MAX)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(END_S_MAX)
        self._collector.join(END_S_MAX)
        self._stdin.close()
        self._stdout.close()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Runtime]]:
    java = jars.java_21(Path(sys.executable))
    official = jars.official_jar("storage")
    has_official = official is not None and official.path.is_file()
    built = tmp_path_factory.mktemp("jars")
    jar = official.path if official and has_official else jars.storage_rules_jar(built, java)
    started: list[Runtime] = []

    def start_one() -> Runtime:
        started.append(Runtime(java, jar))
        assert started[-1].receive()["id"] == READY_ID
        return started[-1]

    yield start_one
    for runtime in started:
        runtime.kill()


@pytest.fixture(scope="module")
def runtime(start: Callable[[], Runtime]) -> Runtime:
    runtime = start()
    assert load(runtime, RULES)["errors"] == []
    return runtime


def load(runtime: Runtime, rules: str, name: str = "rules") -> Message:
    source = {"files": [{"name": "storage.rules", "content": rules}]}
    context = {"rulesetName": name, "source": source}
    return runtime.ask({"action": "load_ruleset", "context": context})


def verification(
    path: str,
    method: str = "get",
    uid: str | None = "alice",
    after: Message | None = None,
    ruleset: str = "rules",
    before: Message | None = None,
) -> Message:
    auth = {"uid": uid, "token": {"sub": uid}} if uid else None
    request = {"auth": auth, "resource": after, "time": None, "path": None}
    variables = {"request": expression(request), "resource": expression(before)}
    context = {
        "rulesetName": ruleset,
        "service": "firebase.storage",
        "path": f"/b/bucket/o/{path}",
        "method": method,
        "variables": variables,
    }
    return {"action": "verify", "context": context}


def expression(value: object) -> Message:
    """The value as firebase-tools writes it."""
    match value:
        case dict():
            fields = {name: expression(field) for name, field in value.items()}
            return {"map_value": {"fields": fields}}
        case str():
            return {"string_value": value}
        case int():
            return {"int_value": value}
        case _:
            return {"null_value": None}


def is_permitted(answer: Message) -> bool:
    """As firebase-tools reads it: an answer with errors permits nothing."""
    assert answer["action"] == "verify"
    return not answer.get("errors") and answer["result"]["permit"] is True


def upload(size_bytes: int, content_type: str) -> Message:
    return {"size": size_bytes, "contentType": content_type}


def found(path: str, **fields: Message) -> Message:
    name = f"projects/demo/databases/(default)/documents/{path}"
    return {"status": "ok", "result": {"name": name, "fields": fields}}


NOT_FOUND: Message = {"status": "not_found", "warnings": [], "errors": []}


def test_loading_names_the_rules_version(runtime: Runtime) -> None:
    answer = load(runtime, RULES, "again")

    assert answer["status"] == "ok"
    assert answer["result"] == {"rulesVersion": 2}
    assert answer["warnings"] == []


def test_a_syntax_error_is_an_issue_with_its_place(runtime: Runtime) -> None:
    answer = load(runtime, RULES.replace("allow get", "alow get", 1), "broken")

    issue = json.loads(answer["errors"][0])
    line = next(n for n, text in enumerate(RULES.splitlines(), 1) if "match /resource" in text)
    assert issue["description_"]
    assert issue["sourcePosition_"]["fileName_"] == "storage.rules"
    assert line <= issue["sourcePosition_"]["line_"] <= line + 1
    assert issue["sourcePosition_"]["column_"] > 0
    assert answer["action"] == "load_ruleset"


def test_a_broken_reload_leaves_the_loaded_rules_in_force(runtime: Runtime) -> None:
    load(runtime, "service {", "rules")

    assert is_permitted(runtime.ask(verification("own/alice/a.png")))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(verification("own/alice/a.png"), True, id="owner-allowed"),
        pytest.param(verification("own/alice/a.png", uid="bob"), False, id="other-denied"),
        pytest.param(verification("own/alice/a.png", uid=None), False, id="signed-out-denied"),
        pytest.param(verification("own/alice/a.png", "delete"), False, id="no-rule-denied"),
        pytest.param(verification("own/alice/a.png", "nonsense"), False, id="no-method-denied"),
        pytest.param(verification("other/alice/a.png"), False, id="no-match-denied"),
        pytest.param(verification(""), False, id="empty-path-denied"),
        pytest.param(verification("own/alice/../a.png"), False, id="dots-denied"),
        pytest.param(verification("own/alice/a ü.png"), True, id="odd-name-allowed"),
        pytest.param(verification("resource/a.png"), False, id="null-resource-denied"),
        pytest.param(
            verification("own/alice/a.png", "create", after=upload(10, "image/png")),
            True,
            id="size-at-limit-allowed",
        ),
        pytest.param(
            verification("own/alice/a.png", "create", after=upload(11, "image/png")),
            False,
            id="size-over-limit-denied",
        ),
        pytest.param(
            verification("own/alice/a.png", "create", after=upload(1, "text/html")),
            False,
            id="type-denied",
        ),
        pytest.param(
            verification("own/alice/a.png", ruleset="none"), False, id="no-ruleset-denied"
        ),
    ],
)
def test_verdict(runtime: Runtime, asked: Message, expected: bool) -> None:
    assert is_permitted(runtime.ask(asked)) == expected


def test_an_unknown_ruleset_is_an_error_that_says_so(runtime: Runtime) -> None:
    answer = runtime.ask(verification("own/alice/a.png", ruleset="none"))

    assert "none" in " ".join([*answer["errors"], *answer["warnings"]])


@pytest.mark.parametrize(
    ("folder", "document", "expected"),
    [
        pytest.param("member", found("teams/t/members/alice"), True, id="exists-allowed"),
        pytest.param("member", NOT_FOUND, False, id="does-not-exist-denied"),
        pytest.param(
            "role",
            found("teams/t/members/alice", role={"stringValue": "owner"}),
            True,
            id="role-allowed",
        ),
        pytest.param(
            "role",
            found("teams/t/members/alice", role={"stringValue": "viewer"}),
            False,
            id="other-role-denied",
        ),
        pytest.param("role", found("teams/t/members/alice"), False, id="no-role-denied"),
        pytest.param("role", NOT_FOUND, False, id="get-of-nothing-denied"),
        pytest.param("role", {"status": "invalid_state"}, False, id="failed-read-denied"),
    ],
)
def test_a_rule_reads_firestore(
    runtime: Runtime, folder: str, document: Message, expected: bool
) -> None:
    fetch = runtime.ask(verification(f"{folder}/t/a.png"))
    assert fetch["action"] == "fetch_firestore_document"
    assert fetch["context"]["path"] == "/databases/(default)/documents/teams/t/members/alice"

    verdict = runtime.ask({"id": fetch["server_request_id"], **document})

    assert is_permitted(verdict) == expected


def test_a_rule_reads_one_document_after_the_other(runtime: Runtime) -> None:
    team = runtime.ask(verification("both/t/a.png"))
    answer = {"id": team["server_request_id"], **found("teams/t", open={"booleanValue": True})}
    plan = runtime.ask(answer)
    answer = {"id": plan["server_request_id"], **found("plans/t", seats={"integerValue": "3"})}
    verdict = runtime.ask(answer)

    assert team["context"]["path"].endswith("/teams/t")
    assert plan["context"]["path"].endswith("/plans/t")
    assert is_permitted(verdict)


def test_a_verify_that_waits_for_firestore_holds_up_no_other(runtime: Runtime) -> None:
    fetch = runtime.ask(verification("member/t/a.png"))

    assert is_permitted(runtime.ask(verification("own/alice/a.png")))

    waiting = {"id": fetch["server_request_id"], **NOT_FOUND}
    assert not is_permitted(runtime.ask(waiting))


@pytest.mark.parametrize(
    "garbage", ["garbage", "{", "[]", "null", "{}", '{"id": 900}', "", '"\\ud800"', "[" * 100_000]
)
def test_a_garbage_line_ends_nothing(runtime: Runtime, garbage: str) -> None:
    runtime.send_line(garbage)

    assert is_permitted(runtime.ask(verification("own/alice/a.png")))


@pytest.mark.parametrize(
    "request_", [{"action": "verify"}, {"action": "load_ruleset"}, {"action": "no-such-action"}]
)
def test_a_request_that_cannot_be_done_is_answered_with_errors(
    runtime: Runtime, request_: Message
) -> None:
    answer = runtime.ask(request_)

    assert answer["action"] == request_["action"]
    assert answer["errors"]


def test_rules_too_deep_for_the_compiler_are_answered(runtime: Runtime) -> None:
    deep = "(" * 20_000 + "true" + ")" * 20_000

    answer = load(runtime, RULES.replace("resource.size > 0", deep), "deep")

    assert answer["errors"]
    assert is_permitted(runtime.ask(verification("own/alice/a.png")))


def test_200_verifies_at_once_are_each_answered_rightly(runtime: Runtime) -> None:
    callers = ["alice", "bob"] * 100
    asked = {runtime.send(verification("own/alice/a.png", uid=uid)): uid for uid in callers}

    answers = {answer["id"]: answer for answer in (runtime.receive() for _ in asked)}

    permitted = {answer_id: is_permitted(answer) for answer_id, answer in answers.items()}
    assert permitted == {asked_id: uid == "alice" for asked_id, uid in asked.items()}


def test_200_verifies_wait_for_firestore_at_once(runtime: Runtime) -> None:
    asked = [runtime.send(verification(f"member/t{n}/a.png")) for n in range(200)]
    fetches = [runtime.receive() for _ in asked]
    for fetch in fetches:
        is_even = fetch["context"]["path"].split("/")[-3][-1] in "02468"
        document = found("teams/t/members/alice") if is_even else NOT_FOUND
        runtime.send({"id": fetch["server_request_id"], **document})

    verdicts = {answer["id"]: is_permitted(answer) for answer in (runtime.receive() for _ in asked)}

    assert verdicts == {asked_id: n % 2 == 0 for n, asked_id in enumerate(asked)}


def test_the_end_of_stdin_ends_the_process(start: Callable[[], Runtime]) -> None:
    assert start().end() == 0


def test_the_end_of_stdin_ends_a_process_that_waits_for_firestore(
    start: Callable[[], Runtime],
) -> None:
    runtime = start()
    load(runtime, RULES)
    runtime.ask(verification("member/t/a.png"))

    assert runtime.end() == 0


# ---- the project's own rules ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_rules(start: Callable[[], Runtime]) -> Runtime:
    runtime = start()
    rules = (ROOT / "storage.rules").read_text(encoding="utf-8")
    assert load(runtime, rules)["errors"] == []
    return runtime


def of_view(view: Mapping[str, Any]) -> Message:
    return found("", **{name: dict(typed(value)) for name, value in view.items()})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_generated_file_is_read_once_its_view_lists_it(own_rules: Runtime, case: Case) -> None:
    reads, answer = 0, own_rules.ask(verification(case.path, uid=case.uid))
    while answer["action"] == "fetch_firestore_document":
        reads += 1
        view = case.views.get(unquote(answer["context"]["path"]).partition("/documents/")[2])
        document = NOT_FOUND if view is None else of_view(view)
        answer = own_rules.ask({"id": answer["server_request_id"], **document})

    assert (is_permitted(answer), reads) == (case.is_allowed, case.reads)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_the_same_when_it_is_said_in_python(case: Case) -> None:
    assert may_get(case.views, case.uid, case.path) == case.is_allowed


def test_a_view_that_cannot_be_read_opens_nothing(own_rules: Runtime) -> None:
    fetch = own_rules.ask(verification(f"{IMAGE}/{JOB}.png", uid="ann"))
    assert not is_permitted(
        own_rules.ask({"id": fetch["server_request_id"], "status": "invalid_state"})
    )


@pytest.mark.parametrize("method", ["list", "create", "update", "delete"])
@pytest.mark.parametrize("path", [f"{IMAGE}/{JOB}.png", IMAGE, "generating/ann", "generating"])
def test_generated_files_are_not_listed_nor_written_by_anybody(
    own_rules: Runtime, method: str, path: str
) -> None:
    assert not is_permitted(own_rules.ask(verification(path, method, uid="ann")))


# ---- uploads -------------------------------------------------------------------------------------


def decided(rules: Runtime, case: UploadCase, method: str, uid: str | None = "ann") -> bool:
    """What is decided of the case as an upload into ann's folder; her folder's document is answered."""
    after = {"size": case.size_bytes, "contentType": case.content_type, **case.said}
    before = None if case.before_bytes is None else upload(case.before_bytes, "image/png")
    path = f"references/ann/{case.file_name}"
    answer = rules.ask(verification(path, method, uid=uid, after=after, before=before))
    while answer["action"] == "fetch_firestore_document":
        assert answer["context"]["path"] == "/databases/(default)/documents/references/ann"
        fields = {name: {"integerValue": str(value)} for name, value in (case.folder or {}).items()}
        document = NOT_FOUND if case.folder is None else found("references/ann", **fields)
        answer = rules.ask({"id": answer["server_request_id"], **document})
    return is_permitted(answer)


@pytest.mark.parametrize("method", ["create", "update"])
@pytest.mark.parametrize("case", UPLOAD_CASES, ids=str)
def test_an_upload_is_taken_as_the_table_says(
    own_rules: Runtime, case: UploadCase, method: str
) -> None:
    assert decided(own_rules, case, method) == case.is_allowed


@pytest.mark.parametrize("case", NAMES, ids=str)
def test_the_callables_take_the_names_that_the_rules_take(case: UploadCase) -> None:
    assert (uploads.read_path(f"references/ann/{case.file_name}") is not None) == case.is_allowed


@pytest.mark.parametrize("uid", ["bob", None])
@pytest.mark.parametrize("method", ["create", "update", "delete"])
def test_nobody_else_uploads(own_rules: Runtime, method: str, uid: str | None) -> None:
    assert not decided(own_rules, NAMES[0], method, uid)


def test_an_upload_is_refused_while_the_count_cannot_be_read(own_rules: Runtime) -> None:
    after = {"size": 8, "contentType": "image/png"}
    answer = own_rules.ask(verification("references/ann/a.png", "create", uid="ann", after=after))
    while answer["action"] == "fetch_firestore_document":
        broken = {"id": answer["server_request_id"], "status": "invalid_state"}
        answer = own_rules.ask(broken)
    assert not is_permitted(answer)


def test_who_has_no_room_deletes_all_the_same(own_rules: Runtime) -> None:
    full = UploadCase("full", True, folder={"files": 5, "files_max": 5})
    assert decided(own_rules, full, "delete")
