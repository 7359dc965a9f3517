"""Previews of finished files for lists of them: a small picture, and a video's frame rate and length."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

from mediaforge.domain.errors import BusyError
from mediaforge.ports.media import Preview
from mediaforge.providers.film_preview import REFUSED_EXIT
from mediaforge.providers.thumbnail import thumbnail_webp

# The format is named to libav, which would otherwise guess: some formats that it knows are playlists, which
# name other files and addresses for it to read.
VIDEO_FORMATS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
_PROGRAM = "mediaforge.providers.film_preview"
_LIMIT_S = 180.0  # by the clock; its processor time is limited to a third of that
_PIECE = re.compile(rb"(?P<at>[0-9]{1,12}) (?P<length>[0-9]{1,12})\n")
_ANSWER_BYTES_MAX = 1_000_000
# All that the process gets of the worker's environment: it has to find Python, but must not see a secret.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME")


def preview(content: bytes, content_type: str) -> Preview:
    """The preview of an image or a video. Raises ValueError for bytes that are neither."""
    if content_type.startswith("video/"):
        return _preview_video(content, content_type)
    return Preview(thumbnail_webp(content))


def _preview_video(content: bytes, content_type: str) -> Preview:
    """Decodes the video in a process of its own, so that a video that breaks the decoder does not end the
    worker."""
    kind = VIDEO_FORMATS.get(content_type.partition(";")[0].strip())
    if kind is None:
        raise ValueError(f"{content_type} is not a kind of video that can be read")
    status, answer = _looked_into(content, kind)
    if status == REFUSED_EXIT or status < 0:  # or killed by a limit
        raise ValueError("not a video that can be read")
    if status:
        raise RuntimeError(f"the look into a film has failed: {status}")
    return _read(answer)


def _looked_into(film: bytes, kind: str) -> tuple[int, bytes]:
    """The exit status of the process, and its answer."""
    answer = b""
    with (
        _when_it_can_begin(),
        suppress(BrokenPipeError),  # the process ended while it was sent a piece
        subprocess.Popen(  # noqa: S603 - our own program, and a kind of the table
            [sys.executable, "-P", "-m", _PROGRAM, kind, str(len(film))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # a signal to the worker's group says nothing of the video
        ) as child,
        _ended_at_last(child),
    ):
        answer = _served(film, child)
    return child.returncode, answer


@contextmanager
def _when_it_can_begin() -> Iterator[None]:
    """Raises BusyError where no process can be started now: that says nothing of the video, and may work
    later."""
    try:
        yield
    except OSError as error:
        raise BusyError("no process to look into a film") from error


@contextmanager
def _ended_at_last(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills the process after its time, or when the block ends with an exception."""
    limit = Timer(_LIMIT_S, child.kill)
    limit.start()
    try:
        yield
    except BaseException:
        child.kill()
        raise
    finally:
        limit.cancel()


def _served(film: bytes, child: subprocess.Popen[bytes]) -> bytes:
    """Sends the pieces of the video that the process asks for, until it writes another line: its answer."""
    assert child.stdin is not None
    assert child.stdout is not None
    for line in child.stdout:
        asked = _PIECE.fullmatch(line)
        if asked is None:
            return line + child.stdout.read(_ANSWER_BYTES_MAX)
        at, length = int(asked["at"]), int(asked["length"])
        child.stdin.write(memoryview(film)[at : at + length])
        child.stdin.flush()
    return b""


def _environment() -> dict[str, str]:
    """`MALLOC_ARENA_MAX` is 1 because each further arena would count against the memory limit without being
    used."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    places = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100 - "" too
    return {**kept, "PYTHONPATH": places, "MALLOC_ARENA_MAX": "1"}


def _read(answer: bytes) -> Preview:
    said, _, thumbnail = answer.partition(b"\n")
    found = json.loads(said)
    return Preview(thumbnail, fps=found["fps"], duration_s=found["duration_s"])
