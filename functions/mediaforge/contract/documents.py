"""Where each document is stored, and how a domain value becomes a document. Fields are snake_case.

A `Ref` is a path with the type that is stored there; stores read and write through `load` and `dump`.

A job's document keeps most of its fields in maps (`PARTS`), which have no index, because each index entry is
paid for with every write. The release before this one kept all fields on top. Such a document can be read,
and the next commit that writes it moves the fields into the maps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from mediaforge.contract.views import View
from mediaforge.domain.credits import Entry
from mediaforge.domain.directing.directions import DirectionRecord
from mediaforge.domain.jobs.breakers import Breaker
from mediaforge.domain.jobs.job import PARTS, Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Batch, Row
from mediaforge.domain.library.brands import Brand
from mediaforge.domain.library.exports import FOLDER as EXPORT_FOLDER
from mediaforge.domain.library.exports import Export, ExportDue
from mediaforge.domain.library.packs import Pack
from mediaforge.domain.library.shares import Share, ShareInvite
from mediaforge.domain.library.templates import Template
from mediaforge.domain.library.uploads import FOLDER, Recount, Upload, UploadFolder
from mediaforge.domain.library.webhooks import Notice, Webhook, WebhookSecrets
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.fuses import ProjectFuse
from mediaforge.domain.money.gifts import GiftKey, GiftMarker, WelcomeDay
from mediaforge.domain.money.purchases import Purchase
from mediaforge.domain.people.keys import ApiKey, KeyRecord
from mediaforge.domain.people.teams import Former, Invite, Member, Team
from mediaforge.domain.watch.audit import AuditEntry
from mediaforge.domain.watch.checks import CheckRound
from mediaforge.domain.watch.schedules import Schedules

D = TypeVar("D")

JOBS = "jobs"
ACCOUNTS = "accounts"
API_KEYS = "api_keys"
AUDIT = "audit"
BATCHES = "batches"
BRANDS = "brands"
BREAKERS = "breakers"
COMPARISONS = "comparisons"
DEAD_LETTERS = "dead_letters"
DIRECTIONS = "directions"
EXPORTS_DUE = "exports_due"
TEAMS = "teams"
PURCHASES = "purchases"
SHARES = "shared_with"
"""The collections of this name: one for each batch."""
WEBHOOKS = "webhooks"
NOTICES = "deliveries"
"""The collections of this name: one for each webhook."""
UPLOADS = FOLDER
LETTERS_FORGOTTEN_AFTER = timedelta(days=90)
"""How long a dead letter is kept. It has the request, with its prompt, and nobody replays a job that old."""


@dataclass(frozen=True, slots=True)
class Ref(Generic[D]):
    """A document's path and the type of its content."""

    path: str
    type: type[D]

    @property
    def id(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`dead_letters/{jobId}`: a job that spent its attempts or its time, with all that is needed to replay
    it. `request_data` is the request as its template and its variables filled it, since the template may have
    changed. `may_have_billed` counts its starts that may have cost us something. The document may be deleted
    from `forget_at` on."""

    job_id: str
    account_id: str
    user_id: str
    kind: JobKind
    model: str
    queue: str
    request_data: Mapping[str, Any]
    seed: int
    attempts: int
    error_code: str
    error_message: str
    created_at: datetime
    may_have_billed: int = 0
    forget_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.job_id


def check_round() -> Ref[CheckRound]:
    return Ref("system/check_round", CheckRound)


def project_fuse() -> Ref[ProjectFuse]:
    return Ref("fuses/project", ProjectFuse)


def gift_key() -> Ref[GiftKey]:
    return Ref("system/gift_key", GiftKey)


def recount() -> Ref[Recount]:
    return Ref("system/recount", Recount)


def schedules() -> Ref[Schedules]:
    return Ref("system/schedules", Schedules)


def gift(marker_id: str) -> Ref[GiftMarker]:
    return Ref(f"gifts/{marker_id}", GiftMarker)


def welcome_day(day: str, part: int) -> Ref[WelcomeDay]:
    return Ref(f"welcome_days/{day}_{part}", WelcomeDay)


def job(job_id: str) -> Ref[Job]:
    return Ref(f"{JOBS}/{job_id}", Job)


def view(job: Job) -> Ref[View]:
    return view_of(job.user_id, job.kind, job.id)


def view_of(uid: str, kind: JobKind, job_id: str) -> Ref[View]:
    return Ref(f"generations/{uid}/{kind.plural}/{job_id}", View)


def view_path(job: Job) -> str:
    return view(job).path


def account(account_id: str) -> Ref[Account]:
    return Ref(f"{ACCOUNTS}/{account_id}", Account)


def entry(account_id: str, entry_id: str) -> Ref[Entry]:
    return Ref(f"{ledger(account_id)}/{entry_id}", Entry)


def ledger(account_id: str) -> str:
    return f"{ACCOUNTS}/{account_id}/ledger"


def team(team_id: str) -> Ref[Team]:
    return Ref(f"{TEAMS}/{team_id}", Team)


def member(team_id: str, uid: str) -> Ref[Member]:
    return Ref(f"{members(team_id)}/{uid}", Member)


def members(team_id: str) -> str:
    return f"teams/{team_id}/members"


def former(team_id: str, uid: str) -> Ref[Former]:
    return Ref(f"teams/{team_id}/former/{uid}", Former)


def formers(team_id: str) -> str:
    return f"teams/{team_id}/former"


def invite(team_id: str, invite_id: str) -> Ref[Invite]:
    return Ref(f"{invites(team_id)}/{invite_id}", Invite)


def invites(team_id: str) -> str:
    return f"teams/{team_id}/invites"


def api_key(key_id: str) -> Ref[ApiKey]:
    return Ref(f"{API_KEYS}/{key_id}", ApiKey)


def key_record(key_id: str) -> Ref[KeyRecord]:
    return Ref(f"api_key_records/{key_id}", KeyRecord)


def brand(brand_id: str) -> Ref[Brand]:
    return Ref(f"brands/{brand_id}", Brand)


def pack(pack_id: str) -> Ref[Pack]:
    return Ref(f"reference_packs/{pack_id}", Pack)


def template(template_id: str) -> Ref[Template]:
    return Ref(f"templates/{template_id}", Template)


def batch(batch_id: str) -> Ref[Batch]:
    return Ref(f"{BATCHES}/{batch_id}", Batch)


def rows(batch_id: str) -> str:
    return f"{BATCHES}/{batch_id}/rows"


def row(batch_id: str, index: int) -> Ref[Row]:
    return Ref(f"{rows(batch_id)}/{index}", Row)


def shares(batch_id: str) -> str:
    return f"{BATCHES}/{batch_id}/shared_with"


def comments(batch_id: str) -> str:
    return f"{BATCHES}/{batch_id}/comments"


def votes(comparison_id: str) -> str:
    return f"comparisons/{comparison_id}/votes"


def share(batch_id: str, uid: str) -> Ref[Share]:
    return Ref(f"{shares(batch_id)}/{uid}", Share)


def batch_of_share(path: str) -> str:
    """The batch of the share at this path."""
    return path.rsplit("/", 3)[-3]


def share_invites(batch_id: str) -> str:
    return f"{BATCHES}/{batch_id}/invites"


def share_invite(batch_id: str, invite_id: str) -> Ref[ShareInvite]:
    return Ref(f"{share_invites(batch_id)}/{invite_id}", ShareInvite)


def export(uid: str, export_id: str) -> Ref[Export]:
    return Ref(f"{exports(uid)}/{export_id}", Export)


def exports(uid: str) -> str:
    return f"{EXPORT_FOLDER}/{uid}/files"


def export_due(export_id: str) -> Ref[ExportDue]:
    return Ref(f"{EXPORTS_DUE}/{export_id}", ExportDue)


def webhook(webhook_id: str) -> Ref[Webhook]:
    return Ref(f"{WEBHOOKS}/{webhook_id}", Webhook)


def webhook_secrets(webhook_id: str) -> Ref[WebhookSecrets]:
    return Ref(f"webhook_secrets/{webhook_id}", WebhookSecrets)


def notices(webhook_id: str) -> str:
    return f"{WEBHOOKS}/{webhook_id}/{NOTICES}"


def notice(webhook_id: str, notice_id: str) -> Ref[Notice]:
    return Ref(f"{notices(webhook_id)}/{notice_id}", Notice)


def names_of_notice(path: str) -> tuple[str, str]:
    """The ids of the webhook and of the notice at this path."""
    _, webhook_id, _, notice_id = path.split("/")
    return webhook_id, notice_id


def direction(direction_id: str) -> Ref[DirectionRecord]:
    return Ref(f"{DIRECTIONS}/{direction_id}", DirectionRecord)


def purchase(payment_id: str) -> Ref[Purchase]:
    return Ref(f"{PURCHASES}/{payment_id}", Purchase)


def breaker(model: str) -> Ref[Breaker]:
    return Ref(f"{BREAKERS}/{model}", Breaker)


def dead_letter(job_id: str) -> Ref[DeadLetter]:
    return Ref(f"{DEAD_LETTERS}/{job_id}", DeadLetter)


def audit_entry(entry_id: str) -> Ref[AuditEntry]:
    return Ref(f"{AUDIT}/{entry_id}", AuditEntry)


def upload_folder(uid: str) -> Ref[UploadFolder]:
    return Ref(f"{UPLOADS}/{uid}", UploadFolder)


def upload(uid: str, file_id: str) -> Ref[Upload]:
    return Ref(f"{uploads(uid)}/{file_id}", Upload)


def uploads(uid: str) -> str:
    return f"{UPLOADS}/{uid}/files"


REMOVED = object()
"""Stands for the value of a field that a write deletes."""

_PARTS_OF: Mapping[type[Any], Mapping[str, tuple[str, ...]]] = {Job: PARTS}


def dump(value: object) -> dict[str, Any]:
    """The fields of a document: plain values, None where a field is empty."""
    return folded(type(value), _fields(value))


def dump_new(value: object) -> dict[str, Any]:
    """The fields of a document that does not exist yet: empty fields are left out."""
    written = {name: field for name, field in _fields(value).items() if field is not None}
    return folded(type(value), written)


def load(kind: type[D], fields: Mapping[str, Any], document_id: str) -> D:
    """The value that was dumped into `fields`. Fields that only a newer version knows are ignored. A
    document's id is its name, also where an operator wrote the document by hand without an `id`."""
    value: D = _adapter(kind).validate_python({**_flat(kind, fields), "id": document_id})
    return value


def changes(before: Mapping[str, Any], value: object) -> dict[str, Any]:
    """The fields to write, by path, so that a document that was read as `before` says `value`. As few as
    possible: a field that a newer version has added stays, also within a part. If nothing differs, the same
    fields are written again, since the decision rests on their not having changed."""
    after, parts = dump(value), _PARTS_OF.get(type(value), {})
    changed: dict[str, Any] = {}
    for name, field in after.items():
        known = before.get(name)
        if name in parts and isinstance(known, Mapping):
            changed |= {f"{name}.{n}": each for n, each in field.items() if known.get(n) != each}
        elif known != field:
            changed[name] = field
    # The release before this one kept these fields on top.
    changed |= {name: REMOVED for names in parts.values() for name in names if name in before}
    # A field that the document lacks stays away: writing it would be a change.
    same = {name: field for name, field in after.items() if name in before and name not in parts}
    return changed or same


def patched(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document after `changes` are written over `before`."""
    after = dict(before)
    for path, field in changes.items():
        name, _, within = path.partition(".")
        if field is REMOVED:
            after.pop(name, None)
        else:
            after[name] = {**after[name], within: field} if within else field
    return after


def folded(kind: type[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a value, arranged in parts as its document has them."""
    parts = _PARTS_OF.get(kind, {})
    return _on_top(fields, parts) | {
        part: {name: fields[name] for name in names if name in fields}
        for part, names in parts.items()
    }


def _flat(kind: type[Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a document, arranged as its value has them. A document that lacks one of its parts counts
    as empty: a job without its `run` would otherwise be begun again."""
    parts = _PARTS_OF.get(kind, {})
    if not parts.keys() & found.keys():
        return found
    if not all(isinstance(found.get(part), Mapping) for part in parts):
        return {}
    flat = _on_top(found, parts)
    for part, names in parts.items():
        flat |= {name: found[part][name] for name in names if name in found[part]}
    return flat


def _on_top(fields: Mapping[str, Any], parts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    within = {*parts, *(name for names in parts.values() for name in names)}
    return {name: field for name, field in fields.items() if name not in within}


def _fields(value: object) -> dict[str, Any]:
    fields = _adapter(type(value)).dump_python(value)
    return {name: _plain(field) for name, field in fields.items()}


def as_stored(ref: Ref[Any]) -> Ref[dict[str, Any]]:
    """The same document, read as the plain fields that are written in it. `load` would hide errors: it reads
    "true" as true, and ignores fields that it does not know."""
    return Ref(ref.path, dict[str, Any])


def stored_fields(ref: Ref[Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are written in the document. A field that an earlier version did not write has the
    value that is read for it. Raises ValidationError for a document that cannot be read."""
    read = dump(load(ref.type, found, ref.id))
    written = {name: field for name, field in found.items() if name != "id" or name in read}
    filled: dict[str, Any] = _filled(read, written)
    return filled


def _filled(read: Any, written: Any) -> Any:
    if not isinstance(read, Mapping) or not isinstance(written, Mapping):
        return written
    lacking = {name: read[name] for name in read if name not in written}
    return lacking | {name: _filled(read.get(name), each) for name, each in written.items()}


def is_same(field: Any, other: Any) -> bool:
    """Whether two written fields are equal and of the same type. 2 and 2.0 are the same, and an empty
    field is the same as a missing one."""
    if isinstance(field, Mapping) and isinstance(other, Mapping):
        return all(is_same(field.get(name), other.get(name)) for name in {*field, *other})
    if isinstance(field, list) and isinstance(other, list):
        return len(field) == len(other) and all(map(is_same, field, other))
    return isinstance(field, bool) == isinstance(other, bool) and bool(field == other)


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


# Most fields by far: asking these by `isinstance` took a tenth of the time of a commit in memory.
_ALREADY_PLAIN = frozenset({str, int, bool, float, datetime, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _ALREADY_PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
