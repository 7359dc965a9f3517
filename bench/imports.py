"""Number 4: importing main.py, beside importing the Firebase SDK modules it cannot do without.

Each import is timed inside a fresh process of the deployed environment, by turns.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from bench.samples import Pair, by_turns
from tools.setup import FUNCTIONS_VENV, ROOT

FUNCTIONS = ROOT / "functions"

# The floor: the modules that declare and serve the functions of main.py, which are a module of the SDK for
# each kind of function, the Admin SDK with Firestore and task queues, which every submission needs, and the
# type of events. Storage is left out because only workers save files, pydantic because it is not Firebase's.
SDK = """
from firebase_functions import firestore_fn, https_fn, options, params, scheduler_fn, tasks_fn
from firebase_admin import credentials, firestore, functions
from google.events.cloud.firestore import DocumentEventData
"""
HEAVY = ("PIL", "av", "google.cloud.aiplatform", "google.genai", "numpy")

PROGRAM = """
import json, sys, time
started = time.perf_counter()
{imports}
elapsed_ms = (time.perf_counter() - started) * 1000
heavy = [name for name in {heavy} if name in sys.modules]
print(json.dumps([elapsed_ms, heavy]))
"""


@dataclass(frozen=True)
class Imports:
    """The two import times, and the heavy SDKs that main.py loaded: there should be none."""

    times: Pair
    heavy: tuple[str, ...]


def measure_imports(environment: Mapping[str, str], count: int) -> Imports:
    heavy: set[str] = set()

    def ours(_number: int) -> float:
        elapsed_ms, loaded = time_import("import main", environment)
        heavy.update(loaded)
        return elapsed_ms

    imported, needed = by_turns(1, count, ours, lambda _: time_import(SDK, environment)[0])
    times = Pair(imported, needed)
    return Imports(times, tuple(sorted(heavy)))


def time_import(imports: str, environment: Mapping[str, str]) -> tuple[float, list[str]]:
    """Milliseconds in a fresh process, and the heavy SDKs that it loaded."""
    program = PROGRAM.format(imports=imports, heavy=HEAVY)
    command = [str(FUNCTIONS_VENV / "bin" / "python"), "-c", program]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=FUNCTIONS, env=environment, stdout=subprocess.PIPE, check=True
    )
    elapsed_ms, loaded = json.loads(done.stdout)
    return elapsed_ms, loaded
