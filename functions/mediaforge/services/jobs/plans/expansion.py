"""What a request asks for once its template, its variables and its pack are read. All requests of one
submission are expanded with one `Library`, which reads each pack, each template and each brand once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from mediaforge.contract import documents as at
from mediaforge.contract.requests import Generation, Submittable, as_sent, parse
from mediaforge.domain.errors import (
    FieldError,
    InvalidRequestError,
    NotFoundError,
    VariableMissingError,
)
from mediaforge.domain.jobs.job import Edition, Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import generated, packs, sharing, templates, uploads
from mediaforge.domain.library.brands import Brand
from mediaforge.domain.library.packs import Pack
from mediaforge.domain.library.templates import Template
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import sources
from mediaforge.services.jobs.plans.sources import Source
from mediaforge.services.people.members import is_member

_D = TypeVar("_D")
_R = TypeVar("_R", bound=Submittable)

_PACK, _TEMPLATE = "referencePackId", "templateId"
# Of a request that is filled these say nothing any more.
_SPENT = (_TEMPLATE, "variables")
_NAMES_MAX = 20
# The fields of the request that a retry leaves out: when the job was to run, the name of its submission, and
# the price that its user was told then.
OF_ITS_TIME = ("scheduledAt", "requestId", "estimatedCredits")


@dataclass(frozen=True, slots=True)
class Expanded(Generic[_R]):
    """`sent` is the request as it was sent, `request` as its template and its variables fill it: the same
    one where they change nothing. `references` are all pictures that are used, each with `path` and `mode`:
    those of the request, and behind them those of the pack. `source` is what is known of the file that the
    request edits or extends; None where that is nothing, or where the caller may not see it: then the
    acceptance refuses the request. `look` says the same of a picture that the request names."""

    sent: Submittable
    request: _R
    references: tuple[Mapping[str, str], ...]
    pack: Edition | None = None
    template: Edition | None = None
    source: Source | None = None
    look: Callable[[str], Source | None] = lambda _: None

    @property
    def filled(self) -> Mapping[str, Any] | None:
        """What the job keeps of it, where it differs from what was sent."""
        return None if self.request is self.sent else as_sent(self.request)

    @property
    def named_by(self) -> str:
        """The field that was sent and that names the pack."""
        return _TEMPLATE if self.sent.reference_pack_id is None else _PACK

    def in_sent_fields(self, error: InvalidRequestError) -> InvalidRequestError:
        """The refusal of `request` in the words of who sent it: a field that the template filled is named by
        `templateId`."""
        if self.request is self.sent:
            return error
        return _in_sent_fields(error, as_sent(self.sent), as_sent(self.request))


class Library:
    """The packs and templates that one caller may read, and brands, each read once. `looks` counts the
    earlier results that were looked for."""

    def __init__(self, backend: Backend, caller: Caller) -> None:
        self.looks = 0
        self._backend, self._caller = backend, caller
        self._read: dict[str, Any] = {}
        self._teams: dict[str, bool] = {}

    @property
    def has_read(self) -> bool:
        return bool(self._read) or self.looks > 0

    @property
    def reads(self) -> int:
        """How many documents were read."""
        return len(self._read) + len(self._teams)

    def pack(self, pack_id: str, named_by: str = _PACK) -> Pack:
        """Raises NotFoundError, in the same words for a pack that does not exist and for one that the caller
        may not read; InvalidRequestError for one that was written wrongly. `named_by` is the field that names
        it."""
        return self._known(at.pack(pack_id), packs.fault_of, "pack", named_by)

    def template(self, template_id: str) -> Template:
        """Raises the same errors."""
        return self._known(at.template(template_id), templates.fault_of, "template", _TEMPLATE)

    def brand(self, brand_id: str) -> Brand | None:
        return self._read_once(at.brand(brand_id))

    def source(self, path: str, kind: JobKind = JobKind.IMAGE) -> Source | None:
        """What is known of the file of this kind, if the caller may see it."""
        upload, made = uploads.read_path(path), generated.read_path(path, (kind,))
        if upload is not None:
            known = self._read_once(at.upload(upload.uid, upload.file_id))
            is_own = upload.uid == self._caller.uid
            return sources.of_upload(known, path) if known is not None and is_own else None
        if made is None:
            return None
        view = self._read_once(at.as_stored(at.view_of(made.uid, made.kind, made.job_id)))
        if view is None or not generated.is_delivered(view, path):
            return None
        team_id = generated.team_of(view)
        is_own = made.uid == self._caller.uid and self._caller.sees(team_id)
        is_ours = team_id is not None and self._is_in_sight(team_id)
        return sources.of_view(view) if is_own or is_ours else None

    def is_member(self, team_id: str) -> bool:
        """Whether the caller is a member of the team."""
        if team_id not in self._teams:
            self._teams[team_id] = is_member(self._backend.documents.get, team_id, self._caller)
        return self._teams[team_id]

    @property
    def _reader(self) -> str:
        """Whose own packs and templates may be used: with a team's key nobody's."""
        return self._caller.uid if self._caller.sees(None) else ""

    def _is_in_sight(self, team_id: str) -> bool:
        return self._caller.sees(team_id) and self.is_member(team_id)

    def _read_once(self, ref: at.Ref[_D]) -> _D | None:
        if ref.path not in self._read:
            self._read[ref.path] = self._backend.documents.get(ref)
        found: _D | None = self._read[ref.path]
        return found

    def _known(
        self, ref: at.Ref[_D], fault_of: Callable[[_D], str | None], what: str, named_by: str
    ) -> _D:
        if ref.path not in self._read:
            self._read[ref.path] = self._found(ref, fault_of)
        found: _D | str | None = self._read[ref.path]
        if found is None:
            raise NotFoundError(f"{named_by}: there is no {what} {ref.id} that you may read.")
        if isinstance(found, str):
            message = f"the {what} {ref.id} was written wrongly: look at its {found}"
            raise InvalidRequestError.of(named_by, message)
        return found

    def _found(self, ref: at.Ref[_D], fault_of: Callable[[_D], str | None]) -> _D | str | None:
        """The document; the field that is wrong in it; None where the caller may not read it. Its writer is a
        client, which may have been an older one, or an operator."""
        written = self._backend.documents.get(at.as_stored(ref))
        if written is None or not sharing.may_read(written, self._reader, self._is_in_sight):
            return None
        try:
            value = at.load(ref.type, written, ref.id)
        except ValidationError as error:
            return ".".join(str(part) for part in error.errors()[0]["loc"])
        return fault_of(value) or value


def expand(library: Library, sent: _R) -> Expanded[_R]:
    """Raises NotFoundError; InvalidRequestError, VariableMissingError."""
    request, template = sent, None
    if isinstance(sent, Generation):
        known = library.template(sent.template_id) if sent.template_id is not None else None
        template = Edition(sent.template_id or "", known.version) if known is not None else None
        request = _filled(sent, known)
    own, goes_on = _own_references(request), sources.named_by(request)
    source = library.source(*goes_on) if goes_on is not None else None
    if request.reference_pack_id is None:
        return Expanded(sent, request, own, template=template, source=source, look=library.source)
    named_by = _TEMPLATE if sent.reference_pack_id is None else _PACK
    pack = library.pack(request.reference_pack_id, named_by)
    named = {each["path"] for each in own}
    more = ({"path": r.path, "mode": r.mode} for r in pack.references if r.path not in named)
    edition = Edition(request.reference_pack_id, pack.version)
    return Expanded(sent, request, (*own, *more), edition, template, source, look=library.source)


def repeated(job: Job, sent: _R) -> Expanded[_R]:
    """What the job that is repeated was: whatever has become of its template and its pack, and without
    looking for placeholders, which an earlier version took for words of the prompt."""
    request = sent
    if job.filled is not None:
        kept = {name: each for name, each in job.filled.items() if name not in OF_ITS_TIME}
        request = parse(type(sent), kept)
    was = sources.of_repeated(job)
    source = was if sources.named_by(request) is not None else None
    return Expanded(
        sent, request, job.references, job.pack, job.template, source, look=lambda _: was
    )


def _own_references(request: Submittable) -> tuple[Mapping[str, str], ...]:
    return tuple({"path": each.path, "mode": each.mode} for each in request.references)


def _filled(sent: _R, template: Template | None) -> _R:
    """The request without a template and without placeholders; itself where it has neither. What comes of
    filling is checked like a request that is sent."""
    assert isinstance(sent, Generation)
    prompt = template.prompt if template is not None and sent.prompt is None else sent.prompt
    if prompt is None:
        raise InvalidRequestError.of("prompt", "is missing, and the template has none")
    filled = templates.fill(prompt, sent.variables)
    if filled.missing:
        raise _missing(filled.missing[:_NAMES_MAX])
    if template is None and filled.text == prompt:
        return sent
    given = as_sent(sent)
    payload = {**given, "prompt": filled.text}
    if template is not None:
        payload = templates.merged(_fitting(template, type(sent)), payload)
        if template.reference_pack_id is not None:
            payload.setdefault(_PACK, template.reference_pack_id)
    wanted = {name: each for name, each in payload.items() if name not in _SPENT}
    try:
        return parse(type(sent), wanted)
    except InvalidRequestError as error:
        raise _in_sent_fields(error, given, wanted) from None


def _fitting(template: Template, model: type[Submittable]) -> Mapping[str, Any]:
    """The template's defaults for the fields that a request of this kind has. Its `kind` is for those who
    send no callable's name along: the rows of a batch."""
    fields = {field.alias for field in model.model_fields.values()} - {"kind"}
    return {name: each for name, each in (template.defaults or {}).items() if name in fields}


def _missing(names: Sequence[str]) -> VariableMissingError:
    errors = [
        FieldError(f"variables.{name}", f"is missing: the prompt has {{{{{name}}}}}")
        for name in names
    ]
    return VariableMissingError(errors, names=list(names))


def _in_sent_fields(
    error: InvalidRequestError, sent: Mapping[str, Any], wanted: Mapping[str, Any]
) -> InvalidRequestError:
    """The same refusal, in which a field that the template has filled is named by `templateId`."""
    details = dict(error.details)
    said = [FieldError(**each) for each in details.pop("fieldErrors")]
    return type(error)([_as_sent(each, sent, wanted) for each in said], **details)


def _as_sent(error: FieldError, sent: Mapping[str, Any], wanted: Mapping[str, Any]) -> FieldError:
    name = re.split(r"[.\[]", error.field, maxsplit=1)[0]
    if name in sent:
        is_filled = name == "prompt" and sent[name] != wanted[name]
        message = f"{error.message} (once it is filled)" if is_filled else error.message
        return FieldError(error.field, message)
    if name in wanted and _TEMPLATE in sent:
        return FieldError(_TEMPLATE, f"in its {error.field}: {error.message}")
    return error
