"""A bucket with uploads, the events that come of it, and who hears them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from mediaforge.domain.errors import (
    BusyError,
)
from mediaforge.ports.media import Preview
from mediaforge.providers.preview import preview
from mediaforge.providers.upload_check import checked_upload
from mediaforge.services.library.uploads import note_deleted, note_stored
from tests.memory.media import MemoryMedia
from tests.support.faults import Steps, mortal
from tests.support.pictures import PICTURE, picture
from tests.support.world import World

FILES_MAX, BYTES_MAX = 3, 10_000_000
GOOD = picture()


@dataclass
class Bucket:
    """What clients do in Storage, and the events that come of it: `events` holds those not delivered yet."""

    world: World
    media: MemoryMedia
    events: list[Callable[[], None]] = field(default_factory=list)

    def put(self, name: str, content: bytes = GOOD, content_type: str = "image/png") -> str:
        """Over whatever lies there; the path."""
        path = f"references/ann/{name}"
        before = self.media.list(path).get(path, 0)
        self.media.save(path, content, content_type, "t", over=before)
        generation = self.media.list(path)[path]
        self.events.append(lambda: note_stored(self.world.backend, path, generation))
        if before:
            self.events.append(lambda: note_deleted(self.world.backend, path, before))
        return path

    def delete(self, path: str) -> None:
        generation = self.media.list(path)[path]
        self.media.delete({path: generation})
        self.events.append(lambda: note_deleted(self.world.backend, path, generation))

    def deliver(self, events: Sequence[Callable[[], None]] | None = None) -> None:
        """Each once, in the order in which they came, and those of what the backend deletes."""
        due = list(self.events if events is None else events)
        self.events.clear()
        for event in due:
            event()

    def told(self, file_id: str) -> dict[str, Any] | None:
        fields, _ = self.world.documents.peek(f"references/ann/files/{file_id}")
        return fields

    def folder(self) -> tuple[int, int] | None:
        fields, _ = self.world.documents.peek("references/ann")
        return None if fields is None else (fields["files"], fields["size_bytes"])

    def files(self) -> list[str]:
        return [path.removeprefix("references/ann/") for path in self.media.list("references/ann/")]


def as_deployed(content: bytes, content_type: str) -> Preview:
    """But for what the world's own provider makes."""
    return Preview(b"small") if content == PICTURE else preview(content, content_type)


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(io.BytesIO(content))


def new_bucket() -> Bucket:
    world = World()
    world.media = MemoryMedia(now=world.clock.now)
    catalogue = world.backend.catalogue
    limits = catalogue.limits.model_copy(
        update={"uploads_files_max": FILES_MAX, "uploads_bytes_max": BYTES_MAX}
    )
    world.backend = replace(
        world.backend,
        media=world.media,
        preview=as_deployed,
        check_upload=checked_upload,
        catalogue=catalogue.model_copy(update={"limits": limits}),
    )
    return Bucket(world, world.media)


def busy(path: str, generation: int | None = None) -> bytes | None:
    raise BusyError("storage")


def limit_to(bucket: Bucket, files_max: int, bytes_max: int = BYTES_MAX) -> None:
    catalogue = bucket.world.backend.catalogue
    limits = catalogue.limits.model_copy(
        update={"uploads_files_max": files_max, "uploads_bytes_max": bytes_max}
    )
    bucket.world.backend = replace(
        bucket.world.backend, catalogue=catalogue.model_copy(update={"limits": limits})
    )


def note_all(bucket: Bucket, steps: Steps) -> None:
    """In the order in which they were stored: the last has no room while the bad one is there."""
    backend = mortal(bucket.world.backend, steps)
    files = sorted(bucket.media.list("references/ann/").items(), key=lambda file: file[1])
    for path, generation in files:
        note_stored(backend, path, generation)
