"""`gcloud`, `bq` and `firebase`, as commands that anybody could type."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What gcloud says of something that is not there, or of an API that nobody has switched on yet.
_ABSENT = re.compile(r"NOT_FOUND|not found|does not exist|Not found:|HTTPError 404", re.IGNORECASE)
_OFF = re.compile(r"SERVICE_DISABLED|has not been used in project|is not enabled", re.IGNORECASE)


class CloudError(Exception):
    """A command failed; the message is its own."""


class SurpriseError(Exception):
    """Something is not as anybody could have planned for; the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """The project that commands are about, and how they are run."""

    project: str
    environment: Mapping[str, str]

    def gcloud(self, *words: str, of_project: bool = True) -> Any:
        """What a reading command answers; None where what it asks for is not there."""
        more = (f"--project={self.project}",) if of_project else ()
        said = self._asked(["gcloud", *words, *more, "--format=json", "--quiet"])
        return None if said is None else json.loads(said or "null")

    def bq(self, *words: str) -> Any:
        said = self._asked(["bq", f"--project_id={self.project}", "--format=json", *words])
        return None if said is None else json.loads(said or "null")

    def change(self, command: Sequence[str]) -> None:
        """Raises CloudError."""
        done = self._run(command, shows=True)
        if done.returncode:
            raise CloudError(f"{shlex.join(command)}: ended with {done.returncode}")

    def _asked(self, command: Sequence[str]) -> str | None:
        done = self._run(command, shows=False)
        if not done.returncode:
            return done.stdout.strip()
        words = f"{done.stderr}{done.stdout}"
        if _ABSENT.search(words) or _OFF.search(words):
            return None
        raise CloudError(f"{shlex.join(command)}: {words.strip()[-800:]}")

    def _run(self, command: Sequence[str], *, shows: bool) -> subprocess.CompletedProcess[str]:
        output = None if shows else subprocess.PIPE
        try:
            return subprocess.run(  # noqa: S603 - the commands are ours, the words the table's
                list(command),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise CloudError(f"{command[0]} is not installed") from None
