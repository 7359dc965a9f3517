"""The operations of the HTTPS API that are no callables: a client reads documents by its listeners, and a
server asks. `POST /generate` and `POST /train-brand` answer in a form of their own, too."""

from dataclasses import dataclass
from typing import Literal

from mediaforge import VERSION
from mediaforge.contract.answers import (
    AccountShown,
    BatchView,
    ExportView,
    Generation,
    RowsListed,
)
from mediaforge.contract.api import (
    OF_HTTPS,
    Generating,
    GetAccount,
    GetBatch,
    GetExport,
    GetHealth,
    GetJob,
    Health,
    ListRows,
    PostImage,
    PostReference,
    PostVideo,
    ReferenceStored,
    TrainingBrand,
)
from mediaforge.contract.requests import TrainBrand, as_sent
from mediaforge.domain.errors import BusyError, InvalidRequestError
from mediaforge.domain.people.keys import Scope
from mediaforge.entrypoints.api.waiting import place
from mediaforge.entrypoints.operations import OPERATIONS, Operation
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library import lookup
from mediaforge.services.library.sent_references import (
    WAIT_S_MAX,
    fetch_reference,
    looked_at,
    store_reference,
)
from mediaforge.services.library.webhooks import CreateWebhook, WebhookCreated, create_webhook
from mediaforge.services.operate.health import take_pulse

# What fetches from elsewhere, or looks a name up, takes a place: strangers say how long that takes.
_RETRY_S = 10


def _generate(backend: Backend, caller: Caller, request: PostImage | PostVideo) -> Generating:
    if request.user_id not in (None, caller.uid):
        raise InvalidRequestError.of("userId", "has to be your own")
    sent = {name: each for name, each in as_sent(request).items() if name not in OF_HTTPS}
    if request.style_name is not None:
        sent["styleId"] = _style_of(backend, request.style_name, sent.get("styleId"))
    operation = OPERATIONS[request.makes.traits.callable_name]
    return Generating.by(operation.act(backend, caller, operation.read(sent)))  # type: ignore[arg-type]


def _style_of(backend: Backend, name: str, style_id: str | None) -> str:
    """The style of this title. Raises InvalidRequestError."""
    titles = {style.title.casefold(): each for each, style in backend.catalogue.styles.items()}
    found = titles.get(name.strip().casefold())
    if found is None:
        raise InvalidRequestError.of("styleName", "is no title of getCatalog().styles")
    if style_id not in (None, found):
        raise InvalidRequestError.of("styleName", "is another style than styleId")
    return found


def _train(backend: Backend, caller: Caller, request: TrainBrand) -> TrainingBrand:
    submitted = OPERATIONS["trainBrand"].act(backend, caller, request)
    return TrainingBrand.by(submitted)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a request."""

    content: bytes
    request_id: str | None = None


def _store_reference(
    backend: Backend, caller: Caller, sent: SentFile | PostReference
) -> ReferenceStored:
    with place() as is_free:
        if isinstance(sent, SentFile):
            path = store_reference(backend, caller, sent.content, sent.request_id)
        elif is_free:
            path = fetch_reference(backend, caller, sent.url, sent.request_id)
        else:
            raise _no_place()
        upload = looked_at(backend, caller, path, WAIT_S_MAX) if is_free else None
    return ReferenceStored(path=path) if upload is None else ReferenceStored.of(upload)


def _create_webhook(backend: Backend, caller: Caller, request: CreateWebhook) -> WebhookCreated:
    with place() as is_free:
        if not is_free:
            raise _no_place()
        return create_webhook(backend, caller, request)


def _no_place() -> BusyError:
    return BusyError("too many requests wait", retry_after_s=_RETRY_S)


def _check_health(backend: Backend, _: Caller, __: GetHealth) -> Health:
    found = take_pulse(backend)
    said: dict[str, Literal["ok", "unavailable"]] = {
        name: "ok" if is_fine else "unavailable" for name, is_fine in found.items()
    }
    status: Literal["ok", "unavailable"] = "ok" if all(found.values()) else "unavailable"
    return Health(status=status, version=VERSION, checks=said)


GENERATE = {
    "image": Operation("generate", PostImage, Generating, _generate, Scope.GENERATE),
    "video": Operation("generate", PostVideo, Generating, _generate, Scope.GENERATE),
}
TRAIN = Operation("trainBrand", TrainBrand, TrainingBrand, _train, Scope.GENERATE)
GET_JOB = Operation("getJob", GetJob, Generation, lookup.get_job, Scope.READ)
GET_BATCH = Operation("getBatch", GetBatch, BatchView, lookup.get_batch, Scope.READ)
LIST_ROWS = Operation("listRows", ListRows, RowsListed, lookup.list_rows, Scope.READ)
GET_EXPORT = Operation("getExport", GetExport, ExportView, lookup.get_export, Scope.READ)
STORE_REFERENCE = Operation(
    "storeReference", PostReference, ReferenceStored, _store_reference, Scope.GENERATE
)
CREATE_WEBHOOK = Operation(
    "createWebhook", CreateWebhook, WebhookCreated, _create_webhook, Scope.MANAGE
)
GET_HEALTH = Operation("getHealth", GetHealth, Health, _check_health, Scope.READ, is_open=True)
GET_ACCOUNT = Operation("getAccount", GetAccount, AccountShown, lookup.get_account, Scope.READ)
