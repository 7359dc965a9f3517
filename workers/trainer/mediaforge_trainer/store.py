"""Files by their addresses: in Cloud Storage (`gs://bucket/path`), or on this machine (a path).

Cloud Storage is reached as the service account that the container runs as. Its client repeats what may be
repeated: a read always, and a write, since each has a fixed name.
"""

from functools import cache
from pathlib import Path
from typing import Any


def joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def read(address: str) -> bytes | None:
    """None where there is no such file."""
    if not _is_remote(address):
        path = Path(address)
        return path.read_bytes() if path.is_file() else None
    from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where it is used

    try:
        content: bytes = _blob(address).download_as_bytes(raw_download=True)
    except NotFound:
        return None
    return content


def write(address: str, content: bytes, content_type: str = "application/octet-stream") -> None:
    """A reader finds the old file or the new one, never half of it."""
    if _is_remote(address):
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        _blob(address).upload_from_string(content, content_type, retry=DEFAULT_RETRY)
        return
    path = Path(address)
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_suffix(".part")
    arriving.write_bytes(content)
    arriving.replace(path)


def delete(address: str) -> None:
    """That there is no such file is no error."""
    if not _is_remote(address):
        Path(address).unlink(missing_ok=True)
        return
    from google.api_core.exceptions import NotFound  # noqa: PLC0415

    try:
        _blob(address).delete()
    except NotFound:
        return


def _is_remote(address: str) -> bool:
    return address.startswith("gs://")


def _blob(address: str) -> Any:
    bucket, _, path = address.removeprefix("gs://").partition("/")
    return _client().bucket(bucket).blob(path)


@cache
def _client() -> Any:
    from google.cloud.storage import Client  # noqa: PLC0415

    return Client()
