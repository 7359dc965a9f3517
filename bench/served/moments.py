"""Moments of a job, noted inside the process that serves it: one line of JSON for each."""

import json
import time
from pathlib import Path


class Moments:
    """Without a file nothing is noted."""

    def __init__(self, file: str | None) -> None:
        self._file = Path(file) if file else None

    def note(self, moment: str, job_id: str) -> None:
        if self._file is None:
            return
        line = {"moment": moment, "job_id": job_id, "at_s": time.time()}
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
