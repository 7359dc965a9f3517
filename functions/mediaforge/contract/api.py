"""Requests and answers of the HTTPS API alone. Everything else it shares with the callables."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from mediaforge.contract.answers import Answer, Submitted
from mediaforge.contract.refusals import WrongField
from mediaforge.contract.requests import (
    DocumentId,
    GenerateImage,
    GenerateVideo,
    Name,
    Payload,
    Text,
    Uid,
)
from mediaforge.domain.library.uploads import Upload

# ---- requests --------------------------------------------------------------------------------------


class _Generate(Payload):
    """What `POST /generate` takes beside the fields of the callables."""

    user_id: Uid | None = None
    """The caller. Where it is given, it has to be the user of the key or the token."""
    style_name: Name | None = None
    """The title of a style, as an alternative to `styleId`. Case does not matter."""


OF_HTTPS = ("userId", "styleName")
"""The fields of `POST /generate` that the callables do not have."""


class PostImage(GenerateImage, _Generate):
    """Asks for one to four pictures, which are made by one job."""


class PostVideo(GenerateVideo, _Generate):
    """Asks for a video, which is made by one job."""

    kind: Literal["video"]
    """`video`; without it, or with `image`, pictures are asked for."""


class GetJob(Payload):
    """Reads a job: the fields of its view."""

    job_id: DocumentId
    """The job."""


class GetBatch(Payload):
    """Reads a batch: the fields of its document."""

    batch_id: DocumentId
    """The batch."""


class ListRows(GetBatch):
    """Reads all rows of a batch, in their order."""


class GetExport(Payload):
    """Reads an export: its state, and the address of its file."""

    export_id: DocumentId
    """The export."""


class GetAccount(Payload):
    """Reads the balance, the tier and today's usage."""

    team_id: DocumentId | None = None
    """The team whose account is read. Without it: the caller's own."""


class GetHealth(Payload):
    """Says whether the API can be used."""


class PostReference(Payload):
    """Uploads a picture that requests may then refer to: as the body, as the part `file` of a form, or by its
    address. Sent again with the same `Idempotency-Key` it is the same file."""

    url: Annotated[Text, Field(min_length=1, max_length=2000)]
    """The address of the picture: `https`, in a network that is open to everybody. Redirects are not
    followed."""
    request_id: Name | None = None
    """The caller's own name for this upload."""


# ---- answers ---------------------------------------------------------------------------------------


class TrainingBrand(Submitted):
    """A training that was accepted: what the callable answers, and `success`."""

    success: Literal[True]
    """Always true: a refusal is a problem document."""

    @classmethod
    def by(cls, submitted: Submitted) -> "TrainingBrand":
        return cls(success=True, **dict(submitted))


class Generating(Submitted):
    """A job that was accepted: what the callable answers, and two fields more."""

    success: Literal[True]
    """Always true: a refusal is a problem document."""
    illustration_id: str
    """The same as `jobId`."""

    @classmethod
    def by(cls, submitted: Submitted) -> "Generating":
        return cls(success=True, illustration_id=submitted.job_id, **dict(submitted))


class ReferenceStored(Answer):
    """The upload. A picture that is looked at late is answered with the status 202, without its size."""

    path: str
    """What requests name: `references[].path`."""
    width: int | None = None
    """How many pixels it is wide, upright."""
    height: int | None = None
    """How many pixels it is high."""
    thumbnail_url: str | None = None
    """The address of its thumbnail."""

    @classmethod
    def of(cls, upload: Upload) -> "ReferenceStored":
        return cls(
            path=upload.path,
            width=upload.width,
            height=upload.height,
            thumbnail_url=upload.thumbnail_url,
        )


class Health(Answer):
    """Whether the API can be used, as it was at most ten seconds ago."""

    status: Literal["ok", "unavailable"]
    """`ok`, or `unavailable` with the status 503."""
    version: str
    """The version of this backend."""
    checks: Mapping[str, Literal["ok", "unavailable"]]
    """All that a job needs: `firestore` and `storage` answer; `sweep`: somebody comes back to jobs that were
    lost; `fuse`: work may begin; `model`: the model of a request that names none is asked. Where `firestore`
    does not answer, the last three are left out. Where the configuration is wrong, the refusal is `busy`."""


class Problem(Answer):
    """A refusal, as a problem document (RFC 9457, `application/problem+json`). The numbers that its `reason`
    has stand beside these fields."""

    model_config = ConfigDict(extra="allow")

    type: str
    """A name for the reason, which is no address."""
    title: str
    """What a status of this number means."""
    status: Annotated[int, Field(ge=400, le=599)]
    """The same as the status of the answer."""
    detail: str
    """A sentence in English for a person."""
    instance: str
    """The path that was asked for."""
    reason: str
    """The same reason as a callable's; see `docs/contract.md`."""
    request_id: str
    """The same as `X-Request-Id`."""
    field_errors: tuple[WrongField, ...] = ()
    """What is wrong with each field, where the status is 422."""
