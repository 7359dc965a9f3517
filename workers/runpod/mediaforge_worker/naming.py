"""The names of a job's files: fixed by job and index, so that saving twice overwrites the same file."""

import hashlib
import hmac
import uuid
from urllib.parse import quote

from mediaforge_worker.request import JobInput

DOWNLOADS = "https://firebasestorage.googleapis.com"


def output_stem(wanted: JobInput) -> str:
    default = f"generating/{wanted.user_id}/{wanted.media_type}/{wanted.file_uid}"
    return wanted.output_path or default


def output_path(stem: str, index: int, count: int, extension: str) -> str:
    """`{stem}.png` for one file, `{stem}_0.png`, `{stem}_1.png`, … for several."""
    return f"{stem}.{extension}" if count == 1 else f"{stem}_{index}.{extension}"


def download_token(secret: str, path: str) -> str:
    """Firebase's download token of a file. Nobody can guess it without the secret. A job that runs twice
    gives a file the same token, so that an address in a finished document stays valid."""
    digest = hmac.new(secret.encode(), path.encode(), hashlib.sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def download_url(origin: str | None, bucket: str, path: str, token: str) -> str:
    """`origin` is the Storage emulator's, or None for the real one."""
    file = f"{origin or DOWNLOADS}/v0/b/{bucket}/o/{quote(path, safe='')}"
    return f"{file}?alt=media&token={token}"
