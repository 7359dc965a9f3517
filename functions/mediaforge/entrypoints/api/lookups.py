"""The operations of the HTTPS API that are no callables: a client reads documents by its listeners, and a
server asks. `POST /generate` and `POST /train-brand` answer in a form of their own, too."""

from mediaforge.contract.answers import (
    AccountShown,
    BatchShown,
    ExportShown,
    Generation,
    RowsShown,
)
from mediaforge.contract.api import (
    OF_HTTPS,
    Generating,
    GetAccount,
    GetBatch,
    GetExport,
    GetJob,
    ListRows,
    PostImage,
    PostVideo,
    TrainingBrand,
)
from mediaforge.contract.requests import TrainBrand, as_sent
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.people.keys import Scope
from mediaforge.entrypoints.operations import OPERATIONS, Operation
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library import lookup


def _generate(backend: Backend, caller: Caller, request: PostImage | PostVideo) -> Generating:
    if request.user_id not in (None, caller.uid):
        raise InvalidRequestError.of("userId", "has to be your own")
    sent = {name: each for name, each in as_sent(request).items() if name not in OF_HTTPS}
    if request.style_name is not None:
        sent["styleId"] = _style_of(backend, request.style_name, sent.get("styleId"))
    operation = OPERATIONS[request.makes.traits.callable_name]
    return Generating.of(operation.act(backend, caller, operation.read(sent)))  # type: ignore[arg-type]


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
    return TrainingBrand.of(submitted)  # type: ignore[arg-type]


GENERATE = {
    "image": Operation("generate", PostImage, Generating, _generate, Scope.GENERATE),
    "video": Operation("generate", PostVideo, Generating, _generate, Scope.GENERATE),
}
TRAIN = Operation("trainBrand", TrainBrand, TrainingBrand, _train, Scope.GENERATE)
GET_JOB = Operation("getJob", GetJob, Generation, lookup.get_job, Scope.READ)
GET_BATCH = Operation("getBatch", GetBatch, BatchShown, lookup.get_batch, Scope.READ)
LIST_ROWS = Operation("listRows", ListRows, RowsShown, lookup.list_rows, Scope.READ)
GET_EXPORT = Operation("getExport", GetExport, ExportShown, lookup.get_export, Scope.READ)
GET_ACCOUNT = Operation("getAccount", GetAccount, AccountShown, lookup.get_account, Scope.READ)
