"""What the contract is about: the operations, the refusals, and the documents and files that clients see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import get_args

from mediaforge.contract.meanings import paragraphs
from mediaforge.contract.refusals import REFUSALS, Refusal
from mediaforge.contract.requests import Payload
from mediaforge.contract.views import View
from mediaforge.domain.credits import Entry
from mediaforge.domain.errors import RequestError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Batch, Row
from mediaforge.domain.library.brands import Brand
from mediaforge.domain.library.comparisons import Comment, Comparison, Vote
from mediaforge.domain.library.exports import Export
from mediaforge.domain.library.packs import Pack
from mediaforge.domain.library.shares import Share, ShareInvite
from mediaforge.domain.library.templates import Template
from mediaforge.domain.library.uploads import Upload, UploadFolder
from mediaforge.domain.library.webhooks import Notice, Webhook
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.people.keys import ApiKey
from mediaforge.domain.people.teams import Invite, Member, Team
from mediaforge.entrypoints.operations import OPERATIONS, Operation
from tools.contract_docs.shapes import parts_of, shape_of


@dataclass(frozen=True, slots=True)
class Document:
    """A document that clients read: its path as `firestore.rules` have it, what it is, and who reads it.
    `lists` says who may list such documents; None: nobody. `writers` says which clients write it."""

    path: str
    type: type
    name: str
    says: str
    readers: str
    lists: str | None = None
    writers: str | None = None

    @property
    def collection(self) -> str:
        return self.path.rsplit("/", 2)[-2]


_PLURALS = " or ".join(f"`{kind.plural}`" for kind in JobKind)
_WITH_FILES = " or ".join(f"`{kind.value}`" for kind in JobKind if kind.traits.type_of)

_READERS = (
    "Its writer; with `team`, the members of the team; with `public`, everybody who is signed in."
)
_LISTS = (
    "A user lists their own, by their `user_id`; members those of a team, by its `team_id`; everybody the "
    "public ones, by `visibility`."
)
_WRITERS = (
    "Its writer, with no other fields than these. `created_at` (once) and `modified` are "
    "`serverTimestamp()`, and `version` counts each change. Its writer deletes it, and so does an owner of "
    "the team that it is shared with. The id is one: letters, digits, `-` and `_`."
)

DOCUMENTS = (
    Document(
        "generations/{uid}/{kind}/{jobId}",
        View,
        "JobView",
        f"What may be known of a job: `kind` is {_PLURALS}. The answer to a submission "
        "has this path. A status never goes backwards, and a final one (`completed`, `failed`, `cancelled`) "
        "never changes: a retry is a new job.",
        "The user. If a team paid for it, every member of the team. Of a batch's jobs, whoever the batch is "
        "shared with.",
        "A user lists their own jobs in `generations/{uid}/{kind}`. Members list the jobs of a team by a "
        "collection-group query. Whoever a batch is shared with lists its jobs there, by the `batch_id`.",
    ),
    Document(
        "accounts/{accountId}",
        Account,
        "Account",
        "Who pays, and what is left: `user_{uid}` or `team_{teamId}`. A user's account comes with their "
        "first accepted request; before that `getCatalog().welcome` says what they will get. It follows "
        "within about a second after a job has ended, so listen to it.",
        "The user; of a team's account, every member.",
    ),
    Document(
        "accounts/{accountId}/ledger/{entryId}",
        Entry,
        "LedgerEntry",
        "One line of the account's books. It never changes: a mistake is corrected by an `adjust`. "
        "`available` of the account is the sum of what the entries add to it.",
        "Those who read the account.",
        "Those who read the account list its entries.",
    ),
    Document(
        "batches/{batchId}",
        Batch,
        "Batch",
        "Many requests that were accepted together. Its counts follow its rows within about a second.",
        "Its user. If a team pays for it, every member of the team. Whoever it is shared with.",
        "A user lists their own batches, by their `user_id`; members those of a team, by its `team_id`. "
        "Whoever it is shared with finds it by their share.",
    ),
    Document(
        "batches/{batchId}/rows/{index}",
        Row,
        "BatchRow",
        "One request of a batch. From its slot on it shows its job.",
        "Those who read the batch.",
        "Those who read the batch list its rows.",
    ),
    Document(
        "batches/{batchId}/comments/{commentId}",
        Comment,
        "BatchComment",
        "What somebody says of a batch, or of a row.",
        "Those who read the batch.",
        "Those who read the batch list its comments.",
        "Its user, the members of its team, and whoever it is shared with as a `commenter`; with no other "
        "fields than these, and `serverTimestamp()` as `created_at` (once) and `modified`. Its writer "
        "changes it as long as they may comment, and deletes it; whoever controls the batch deletes it, "
        "too.",
    ),
    Document(
        "batches/{batchId}/shared_with/{uid}",
        Share,
        "BatchShare",
        "Shares a batch with a user, who then reads the batch, its rows, its comments, its comparisons and "
        "the documents of its jobs. It ends with `revoked_at`: reading at once, and within about ten "
        "minutes the addresses that were seen. Then it is deleted, and so are the codes that were open "
        "when it was revoked. What a browser has stored of a picture it keeps. Until it is deleted the "
        "user cannot be let in again.",
        "The user, and whoever controls the batch. The user's own is found or not found, never refused.",
        "Whoever controls the batch lists them. A user lists their own, of all batches, by their `uid`: a "
        "collection-group query.",
        "Whoever controls the batch: its user, or the editors and owners of the team that pays; with no "
        "other fields than these, and `serverTimestamp()` as `created_at` (once), `modified` and "
        "`revoked_at`. Nobody shares with themselves, or deletes one. `controlBatch` with `join` writes "
        "one, too.",
    ),
    Document(
        "batches/{batchId}/invites/{inviteId}",
        ShareInvite,
        "ShareInvite",
        "A code that is still open. It does not have the code.",
        "Whoever controls the batch.",
        "Whoever controls the batch lists them.",
        "Whoever controls the batch deletes it, and so revokes the code.",
    ),
    Document(
        "comparisons/{comparisonId}",
        Comparison,
        "Comparison",
        "Two results beside each other.",
        "Its writer, the members of its `team_id`, and those who read its `batch_id`. It opens neither view.",
        "A user lists their own, by their `user_id`; members those of a team, by its `team_id`; those who "
        "read a batch its own, by the `batch_id`.",
        "Whoever reads both views, which have to be there; with no other fields than these, and "
        "`serverTimestamp()` as `created_at` (once) and `modified`. Its writer changes its `note`, and "
        "deletes it; whoever controls its batch deletes it, too. The id is one: letters, digits, `-` and "
        "`_`.",
    ),
    Document(
        "comparisons/{comparisonId}/votes/{uid}",
        Vote,
        "Vote",
        "Which of the two a user finds better.",
        "Those who read the comparison.",
        "Those who read the comparison list its votes.",
        "Each who reads the comparison, one of their own, in the same way. They may change and delete it.",
    ),
    Document(
        "api_keys/{keyId}",
        ApiKey,
        "ApiKey",
        "A key of the HTTPS API, without the key. It is made and revoked by callables.",
        "Its owner.",
        "Owners list their own, by their `user_id`.",
    ),
    Document(
        "webhooks/{webhookId}",
        Webhook,
        "Webhook",
        "An address that is told when jobs and batches of an account end. Its secret is in no document.",
        "The user. If it is a team's, the team's editors and owners.",
        "A user lists their own, by their `user_id`; editors and owners those of a team, by its `team_id`.",
    ),
    Document(
        "webhooks/{webhookId}/deliveries/{deliveryId}",
        Notice,
        "Delivery",
        "One event that the webhook was told of, or is to be told of. It is kept for thirty days.",
        "Those who read the webhook.",
        "Those who read the webhook list them.",
    ),
    Document(
        "exports/{uid}/files/{exportId}",
        Export,
        "Export",
        "An export, and its file. The file is deleted when `expires_at` has come; the document stays for a "
        "month.",
        "The user.",
        "A user lists their own.",
    ),
    Document(
        "brands/{brandId}",
        Brand,
        "Brand",
        "A style that was learned from pictures.",
        "Its maker. If a team paid for it, every member of the team.",
        "A user lists their own brands, by their `user_id`; members those of a team, by its `team_id`.",
    ),
    Document(
        "teams/{teamId}",
        Team,
        "Team",
        "A team.",
        "Its members.",
    ),
    Document(
        "teams/{teamId}/members/{uid}",
        Member,
        "Member",
        "A member of a team.",
        "The members, and the user themselves: after a removal theirs is not found.",
        "Members list those of their team. A user lists their own memberships, and so their teams, by a "
        "collection-group query.",
    ),
    Document(
        "teams/{teamId}/invites/{inviteId}",
        Invite,
        "Invite",
        "An open invitation. It does not have the code.",
        "The team's owners.",
        "The team's owners list them.",
    ),
    Document(
        "references/{uid}",
        UploadFolder,
        "UploadFolder",
        "How much a user keeps of uploads, and may keep. Without this document: nothing yet.",
        "The user.",
    ),
    Document(
        "references/{uid}/files/{fileId}",
        Upload,
        "Upload",
        "What became of an uploaded file. It comes within seconds of the upload, `processing` at first. Two "
        "files that differ in their ending only share it: it tells of the later one.",
        "The user.",
        "A user lists their own.",
    ),
    Document(
        "reference_packs/{packId}",
        Pack,
        "ReferencePack",
        "A named set of uploads, which requests name with `referencePackId`. The backend reads its files, "
        "whoever owns them.",
        _READERS,
        _LISTS,
        _WRITERS,
    ),
    Document(
        "templates/{templateId}",
        Template,
        "Template",
        "A prompt with placeholders and what requests leave out; they name it with `templateId`.",
        _READERS,
        _LISTS,
        _WRITERS,
    ),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Files that clients see: their path as `storage.rules` have it."""

    path: str
    says: str
    upload: str
    read: str


FILES = (
    StoredFile(
        "references/{uid}/{fileName}",
        "Pictures to be references or frames. `fileName` is `{fileId}.{png|jpg|jpeg|webp}`, with the ending "
        "in any case, and any `fileId` of a document. Soon after the upload the file is kept upright, as one "
        "picture, and without what it says of place and device; it may be written anew for that.",
        "The user, as $content_types, at most $bytes_max. All files of a user together: at most $files_max, "
        "and $all_bytes_max. Content encodings and a `contentDisposition` other than `inline` are refused.",
        "The user reads, lists and deletes them.",
    ),
    StoredFile(
        "references/{uid}/{path=**}",
        "The folder of these files.",
        "–",
        "The user lists it.",
    ),
    StoredFile(
        "thumbnails/{uid}/{fileName}",
        "The thumbnail of an upload, `{fileId}.webp`: no edge longer than 512 pixels. It counts as no "
        "upload, and goes with it. `thumbnail_url` of the document is its address.",
        "Nobody but the backend.",
        "The user.",
    ),
    StoredFile(
        "generating/{uid}/{kind}/{fileName}",
        f"What was made: `kind` is {_WITH_FILES}. `generation_data.storage_paths` has the paths.",
        "Nobody but the backend.",
        "The user, once the job is `completed` and its document lists the file. Thumbnails are beside them: "
        "`{jobId}_{n}_thumb.webp`, counted from 0. Others use the addresses in the documents "
        "that they may read.",
    ),
    StoredFile(
        "exports/{uid}/{path=**}",
        "Exported files: `{exportId}.csv`, `.json` or `.zip`, for seven days.",
        "Nobody but the backend.",
        "The user reads and lists them. Others use the address in the export's document.",
    ),
)

# The codes of the callable protocol, and the HTTP status of each.
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}
# The callables answer these by themselves: they have no error that a service raises as a refusal.
CODES_OF_THE_ENTRANCE = {"busy": "UNAVAILABLE", "internal": "INTERNAL"}


def codes() -> Mapping[str, str]:
    """The code of each reason."""
    return {**{kind.reason: kind.code for kind in _errors(RequestError)}, **CODES_OF_THE_ENTRANCE}


def _errors(root: type[RequestError]) -> Iterator[type[RequestError]]:
    for kind in root.__subclasses__():
        if hasattr(kind, "reason"):
            yield kind
        yield from _errors(kind)


def requests_of(operation: Operation) -> Mapping[str, type[Payload]]:
    """The request's model for each action; under the name "" where there are no actions."""
    if isinstance(operation.request, Mapping):
        return operation.request
    return {"": operation.request}


def answers_of(operation: Operation) -> Sequence[type]:
    if isinstance(operation.answer, UnionType):
        return get_args(operation.answer)
    return [operation.answer]


def says(operation: Operation) -> str:
    """What the operation does: its request's words; or, where each action has a request, its own."""
    requests = requests_of(operation)
    said = operation.act if len(requests) > 1 else next(iter(requests.values()))
    return "\n\n".join(paragraphs(said))


def does(operation: Operation) -> str:
    """The first sentence of that."""
    first, _, _ = says(operation).partition(". ")
    return f"{first.rstrip('.')}."


def request_models() -> Sequence[type]:
    found = [model for each in OPERATIONS.values() for model in requests_of(each).values()]
    return list(dict.fromkeys(found))


def answer_models() -> Sequence[type]:
    found = [model for each in OPERATIONS.values() for model in answers_of(each)]
    return list(dict.fromkeys(found))


def refusal_models() -> Sequence[type[Refusal]]:
    return list(REFUSALS.values())


def document_models() -> Sequence[type]:
    return [document.type for document in DOCUMENTS]


def parts(models: Sequence[type]) -> Sequence[type]:
    """The shapes that the models are made of, each once."""
    found = dict.fromkeys(part for model in models for part in parts_of(model))
    return [part for part in found if part not in models and not issubclass(part, Enum)]


@cache
def enums() -> Sequence[type[Enum]]:
    models = (*request_models(), *answer_models(), *refusal_models(), *document_models())
    found = dict.fromkeys(part for model in models for part in parts_of(model))
    return [part for part in found if issubclass(part, Enum)]


def undocumented() -> Iterator[str]:
    """The fields of the contract that have no meaning."""
    groups = (request_models(), answer_models(), refusal_models(), document_models())
    models = dict.fromkeys(model for group in groups for model in (*group, *parts(group)))
    return unsaid(models)


def unsaid(models: Iterable[type]) -> Iterator[str]:
    """The fields of these models that have no meaning. A field with only one value needs none, nor an object
    whose own fields are described."""
    values = {kind.__name__ for kind in enums()}
    for model in models:
        for field in shape_of(model).fields:
            is_described = "const" in field.schema or field.schema.get("$ref", "") not in {
                "",
                *values,
            }
            if not field.meaning and not is_described:
                yield f"{model.__module__}.{model.__name__}.{field.name}"
