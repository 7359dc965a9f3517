"""Copies of a pack's pictures. A pack names uploads of its writer only; so whoever wants to go on from a pack
of somebody else needs its pictures among their own uploads."""

from typing import Literal

from mediaforge import log
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import DocumentId, Name, Payload
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import Library
from mediaforge.services.library.sent_references import store_reference
from mediaforge.services.money.blocks import refuse_blocked_caller


class CopyPack(Payload):
    """Copies the pictures of a pack that the caller may read into the caller's own uploads, so that a pack of
    their own may name them. It costs no credits, and takes room as uploads do."""

    pack_id: DocumentId
    """The pack."""
    request_id: Name | None = None
    """The caller's own name for this copy: sent again it is the same files."""


class CopiedPicture(Answer):
    """A picture of the pack as it is the caller's now."""

    path: str
    """The upload."""
    mode: Literal["style_only", "style_and_composition"]
    """As in the pack."""
    caption: str | None = None
    """As in the pack."""


class PackCopied(Answer):
    """The pictures of a pack as uploads of the caller. They are looked at like every upload: each is ready
    once its document says so."""

    name: str
    """What the pack is called."""
    references: tuple[CopiedPicture, ...]
    """In their order, with their modes and captions. Pictures that are not there any more are left out."""


def copy_pack(backend: Backend, caller: Caller, request: CopyPack) -> PackCopied:
    """Raises NotFoundError, InvalidRequestError for a pack that was written wrongly, IllegalStateError where
    there is no room, AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    pack = Library(backend, caller).pack(request.pack_id, "packId")
    named = request.request_id or backend.new_id()
    copied = []
    for index, reference in enumerate(pack.references):
        content = backend.media.load(reference.path)
        if content is None:
            continue
        path = store_reference(backend, caller, content, f"pack:{request.pack_id}:{named}:{index}")
        copied.append(CopiedPicture(path=path, mode=reference.mode, caption=reference.caption))
    log.info("pack.copied", user_id=caller.uid, pack_id=request.pack_id, files=len(copied))
    return PackCopied(name=pack.name, references=tuple(copied))
