"""`bench/peers`: each peer declares what its authors document, and the tables say what was measured."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bench.peers import model
from bench.peers.contenders import RULES, write_rules
from bench.peers.report import beside, tables, told
from tools.firebase import inherited_environment
from tools.setup import ROOT

MANIFEST = """
import importlib, json
from firebase_functions.private.manifest import ManifestStack, manifest_to_spec_dict
module = importlib.import_module("{module}")
endpoints = {{
    name: each.__firebase_endpoint__
    for name, each in vars(module).items()
    if hasattr(each, "__firebase_endpoint__")
}}
declared = manifest_to_spec_dict(ManifestStack(endpoints=endpoints))["endpoints"]
print(json.dumps(declared, default=lambda _: "reset"))
"""


def declared(module: str) -> dict[str, Any]:
    """The functions of a peer as firebase-tools would see them. A process of its own, since a peer
    initializes the Admin SDK when it is imported."""
    environment = inherited_environment(os.environ) | {
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
        "GCLOUD_PROJECT": "demo-mediaforge",
    }
    done = subprocess.run(
        [sys.executable, "-c", MANIFEST.format(module=module)],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    endpoints: dict[str, Any] = json.loads(done.stdout)
    return endpoints


def test_one_peer_is_a_callable_alone() -> None:
    found = declared("bench.peers.synchronous")
    assert list(found) == ["makeImage"]
    assert found["makeImage"]["callableTrigger"] == {}


def test_one_peer_has_the_task_queue_of_the_sample() -> None:
    found = declared("bench.peers.task_queue")
    assert found["enqueueImage"]["callableTrigger"] == {}
    trigger = found["workOnImage"]["taskQueueTrigger"]
    assert trigger["retryConfig"] == {"maxAttempts": 5, "minBackoffSeconds": 60}
    assert trigger["rateLimits"] == {"maxConcurrentDispatches": 10}


def test_one_peer_hears_of_every_write_as_the_extension_does() -> None:
    found = declared("bench.peers.trigger")
    assert list(found) == ["generateOnWrite"]
    trigger = found["generateOnWrite"]["eventTrigger"]
    assert trigger["eventType"] == "google.cloud.firestore.document.v1.written"
    assert trigger["eventFilterPathPatterns"] == {"document": "generate/{id}"}
    assert trigger["retry"] is False


def test_the_model_notes_each_question_and_each_answer(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "model.jsonl"
    monkeypatch.setenv("BENCH_MODEL_FILE", str(notes))
    picture = model.generate(model.prompt_of("a-key", 0))
    assert picture.startswith(b"\x89PNG")
    lines = [json.loads(line) for line in notes.read_text().splitlines()]
    assert [line["event"] for line in lines] == [model.ASKED, model.MADE]
    assert all(" a-key " in line["prompt"] for line in lines)


def test_the_peers_rules_stand_beside_the_product_s(tmp_path: Any) -> None:
    written = write_rules(tmp_path / "rules").read_text()
    product = (ROOT / "firestore.rules").read_text()
    assert RULES in written
    assert written.replace(RULES, "") == product


def test_a_peer_s_number_says_how_many_times_as_much_ours_is() -> None:
    values = {"mediaforge": 30.0, "task_queue": 20.0}
    assert beside(values, "mediaforge", "ms") == "30 ms"
    assert beside(values, "task_queue", "ms") == "20 ms (ours 1.50 ×)"


def outcome(**changes: Any) -> dict[str, Any]:
    return {
        "asked": 1,
        "made": 1,
        "pictures": 1,
        "status": "completed",
        "final_s": 2.4,
        "charged_credits": None,
    } | changes


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "asked 1 ×, 1 picture, completed"),
        ({"charged_credits": 2}, "asked 1 ×, 1 picture, completed, 2 credits charged"),
        ({"asked": 2, "final_s": 64.2}, "asked 2 ×, 1 picture, completed after 64 s"),
        (
            {"made": 0, "pictures": 0, "status": "PROCESSING", "final_s": None},
            "asked 1 ×, 0 pictures, **never final** (`PROCESSING`)",
        ),
    ],
)
def test_an_outcome_is_told_in_words(changes: dict[str, Any], sentence: str) -> None:
    assert told(outcome(**changes)) == sentence


def results(*peers: str) -> dict[str, Any]:
    """Measurements of ours and of these peers, all alike."""
    names = ("mediaforge", *peers)
    timed = {"median_ms": 10.0, "p95_ms": 12.0, "samples": 5}
    return {
        "contenders": {name: name.title() for name in names},
        "imports": dict.fromkeys(names, timed),
        "by_model_s": {
            model_s: {name: {"accepted": timed, "seen": timed} for name in names}
            for model_s in ("0", "2")
        },
        "memory": {name: {"small": 80.0, "large": 160.0} for name in names},
        "documents": {name: {"reads": 4.0, "writes": 11.0, "calls": 4.0} for name in names},
        "abuse": {
            "submitted_twice": {name: outcome() for name in names},
            "delivered_twice": {name: outcome() for name in names if name != "synchronous"},
            "worker_killed": {name: outcome() for name in names},
        },
    }


def test_what_is_not_firebase_s_has_a_table_of_its_own() -> None:
    main, apart = tables(results("synchronous", "task_queue", "procrastinate")).split("\n\n")
    assert main.splitlines()[0] == "|  | Mediaforge | Synchronous | Task_Queue |"
    assert apart.splitlines()[0] == "|  | Mediaforge | Procrastinate |"


def test_a_peer_that_was_not_measured_has_no_table() -> None:
    assert "Procrastinate" not in tables(results("synchronous"))


def test_the_table_shows_the_largest_process_and_a_dash_where_nothing_is_delivered() -> None:
    rows = tables(results("synchronous")).splitlines()
    assert "| peak memory of the largest process | 160 MiB | 160 MiB (ours 1.00 ×) |" in rows
    assert "| the task or the event twice | asked 1 ×, 1 picture, completed | – |" in rows


def test_the_page_shows_the_tables_that_were_measured() -> None:
    measured = json.loads((ROOT / "bench" / "results.json").read_text())["peers"]
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert all(each in page for each in tables(measured).split("\n\n"))
