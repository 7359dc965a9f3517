"""The memory that making an export takes: `python -m bench exports`.

A process of its own makes a ZIP of 100 rows with four pictures each, through the real adapter and Google's
SDK, against a Storage in another process that keeps no file. Its peak is compared with that of one row.
"""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIEnvironment

import google_crc32c

from bench.report import Number
from tools.console import say
from tools.setup import ROOT

ROWS, PICTURES, PICTURE_BYTES = 100, 4, 6_000_000
MEMORY_RATIO_MAX = 1.2
_NAME = "picture.png"
_CONTENT = bytes(range(256)) * (PICTURE_BYTES // 256)


@dataclass(frozen=True)
class Peak:
    """What a ZIP of so many rows came to: its size, the most that Python had allocated, and the most memory
    of the process."""

    rows: int
    zip_mb: float
    python_mb: float
    process_mb: float


def main() -> int:
    if sys.argv[1:] == ["serve"]:
        return _serve()
    _tell(int(sys.argv[1]))
    return 0


def measure_exports() -> list[Peak]:
    """Of one row, and of a hundred."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.exports", "serve"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a line for each request
        text=True,
    ) as server:
        assert server.stdout is not None
        origin = server.stdout.readline().strip()
        peaks = [_measured(origin, rows) for rows in (1, ROWS)]
        assert server.stdin is not None
        server.stdin.close()
    return peaks


def export_numbers(peaks: Sequence[Peak]) -> list[Number]:
    """What a ZIP of all rows takes, beside one of a single row."""
    least, most = peaks
    return [
        Number(
            "export_memory",
            f"memory for a ZIP of {most.rows} rows x {PICTURES}, beside one row",
            f"{most.python_mb:.1f} MB",
            f"{least.python_mb:.1f} MB",
            round(most.python_mb / least.python_mb, 2),
            "ratio",
            MEMORY_RATIO_MAX,
            {f"of_{peak.rows}_rows": asdict(peak) for peak in peaks},
        )
    ]


def _measured(origin: str, rows: int) -> Peak:
    answer = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "bench.exports", str(rows)],
        cwd=ROOT,
        env={**os.environ, "STORAGE_EMULATOR_HOST": origin, "PYTHONPATH": "functions:."},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Peak(**json.loads(answer.stdout.splitlines()[-1]))


def _tell(rows: int) -> None:
    from mediaforge.adapters.storage import CloudStorage  # noqa: PLC0415
    from mediaforge.domain.jobs.job import Output  # noqa: PLC0415
    from mediaforge.services.library.export_work import make_export  # noqa: PLC0415
    from tests.support.admin_app import admin_app  # noqa: PLC0415
    from tests.support.world import World  # noqa: PLC0415

    world = World()
    world.set_tier("pro")
    world.grant(10_000)
    batch = world.submit_batch(rows)
    made = Output((_NAME,) * PICTURES, (), (), "local-image", "local", 1)
    for row in world.batch_rows(batch.id):
        fields = {"generation_data": asdict(made), "status": "completed"}
        world.overwrite(f"batches/{batch.id}/rows/{row.index}", **fields)
    export = world.export(batchId=batch.id)
    with admin_app() as app:
        backend = replace(world.backend, media=CloudStorage("bucket", app=app))
        tracemalloc.start()
        outcome = make_export(backend, "ann", export.id)
        _, python_bytes = tracemalloc.get_traced_memory()
    assert outcome == "completed", outcome
    process_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = world.exported(export).size_bytes or 0
    say(json.dumps(asdict(Peak(rows, size / 1e6, python_bytes / 1e6, process_kb / 1e3))))


# ---- the Storage that keeps nothing ------------------------------------------------------------------


def _serve() -> int:
    from protocols.server import serving  # noqa: PLC0415

    with serving(_storage) as origin:
        say(origin)
        sys.stdin.read()
    return 0


_received, _crc32c = 0, 0
_lock = threading.Lock()


def _storage(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """One picture to read, and one upload to write, of which the bytes are counted and dropped."""
    global _received, _crc32c  # noqa: PLW0603 - of this process, which does nothing else
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] == "POST" and "/upload/" in path:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        host = f"http://{environ['HTTP_HOST']}"
        _received = _crc32c = 0
        return _answer(start, "200 OK", {}, ("Location", f"{host}/upload/storage/v1/o?upload_id=1"))
    if environ["REQUEST_METHOD"] == "PUT":
        left = int(environ.get("CONTENT_LENGTH") or 0)
        with _lock:
            _received += left
        while left:
            piece = environ["wsgi.input"].read(min(left, 65_536))
            left, _crc32c = left - len(piece), google_crc32c.extend(_crc32c, piece)
        if environ.get("HTTP_CONTENT_RANGE", "").endswith("/*"):
            said = ("Range", f"bytes=0-{_received - 1}")
            return _answer(start, "308 Resume Incomplete", {}, said)
        checked = base64.b64encode(_crc32c.to_bytes(4, "big")).decode()
        told = {"name": "z", "generation": "2", "size": str(_received), "crc32c": checked}
        return _answer(start, "200 OK", told)
    if "alt=media" in query:
        first, last = re.findall(r"\d+", environ["HTTP_RANGE"])
        part = _CONTENT[int(first) : int(last) + 1]
        place = ("Content-Range", f"bytes {first}-{last}/{len(_CONTENT)}")
        start("206 Partial Content", [("Content-Length", str(len(part))), place])
        return [part]
    if "/o/" in path:
        made = datetime.now(UTC).isoformat()
        told = {"name": _NAME, "generation": "1", "size": str(len(_CONTENT)), "timeCreated": made}
        return _answer(start, "200 OK", told)
    return _answer(start, "200 OK", {"kind": "storage#objects", "items": []})


def _answer(
    start: StartResponse, status: str, body: Mapping[str, object], *headers: tuple[str, str]
) -> Iterable[bytes]:
    content = json.dumps(body).encode()
    kind = ("Content-Type", "application/json")
    start(status, [kind, ("Content-Length", str(len(content))), *headers])
    return [content]


if __name__ == "__main__":
    sys.exit(main())
