"""The description of the API holds: whatever schemathesis makes of it, there is no answer that it does not
say, and none with a status from 500 on."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediaforge import bootstrap
from mediaforge.services.gate import Gate
from tests.support.assistant import going_world, key_of, served

SCHEMATHESIS = Path(__file__).parent / "venv" / "bin" / "schemathesis"
# All but two: a body that its schema allows may still be wrong (a model that does not exist), and one that it
# forbids may be right (null counts as left out).
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
CASES_MIN = 4000
# How many cases of a kind each route gets, at the most.
EXAMPLES = 100
ENDS_WITHIN_S = 1800


def test_the_api_answers_as_its_description_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert SCHEMATHESIS.is_file(), "schemathesis is not installed: `python3 -m tools.setup tests`"
    world = going_world()
    limits = world.backend.catalogue.limits.gate_a_minute.model_copy(
        update={"user_requests": 100_000, "user_refusals": 100_000}
    )
    world.backend = replace(world.backend, gate=Gate(limits, world.clock))
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    world.grant(1_000_000, "user_ann", "plenty")
    key = key_of(world, scopes=["read", "generate", "manage"])
    with served() as address:
        ran = subprocess.run(
            [
                str(SCHEMATHESIS),
                *("run", f"{address}/openapi.json", "--url", address),
                *("--header", f"Authorization: Bearer {key}"),
                *("--checks", ",".join(CHECKS)),
                *("--max-examples", str(EXAMPLES), "--workers", "1", "--seed", "1", "--no-color"),
            ],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_S,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr
    found = re.search(r"([\d,]+) generated", ran.stdout)
    assert found is not None, ran.stdout[-2000:]
    assert int(found[1].replace(",", "")) >= CASES_MIN
