"""The routes of the HTTPS API, one line each. The description in OpenAPI is made from this table, too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import UnionType
from typing import Any, get_args

from mediaforge.contract.answers import (
    Answer,
    BatchControlled,
    JobCancelled,
    Submitted,
)
from mediaforge.contract.requests import (
    BATCH_ACTIONS,
    SHARING_ACTIONS,
    Payload,
)
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.api import lookups
from mediaforge.entrypoints.operations import OPERATIONS, Operation
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.lookup import visible_batch, visible_job, visible_webhook

Sees = Callable[[Backend, Caller, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`method` and `path`, with `{names}` that go into the payload, and `fixed` fields that the path stands
    for. `operations` are those that the payload's `kind` chooses from; mostly there is one. `sees` refuses,
    with `not-found`, what the caller may not know of: it is asked with the id in the path before anything
    else. `location` is the path of what was made, with names of the answer. `bytes_max` is the length of the
    largest body of JSON. `may_wait`: the answer may be the finished job. `called` is a name of its own, and
    `says` what the route does in its own words, where two routes have one operation. `unread` are fields of
    the payload that mean something at the other route alone: the description leaves them out. `takes_file`:
    the body may be a file, or a form with one. `other` are statuses that some answers are sent with."""

    method: str
    path: str
    operations: Mapping[str, Operation]
    status: int = 200
    fixed: Mapping[str, Any] = field(default_factory=dict)
    sees: Sees | None = None
    location: str = ""
    bytes_max: int = doors.BODY_BYTES_MAX
    may_wait: bool = False
    called: str = ""
    says: str = ""
    unread: Sequence[str] = ()
    takes_file: bool = False
    other: Mapping[int, Callable[[Any], bool]] = field(default_factory=dict)

    @property
    def has_body(self) -> bool:
        return self.method == "POST"

    @property
    def operation(self) -> Operation:
        return next(iter(self.operations.values()))

    @property
    def requests(self) -> Sequence[type[Payload]]:
        """The models of the payload, one for each of the operations."""
        return [self._request_of(each) for each in self.operations.values()]

    @property
    def answers(self) -> Sequence[type[Answer]]:
        """The models of the answer."""
        answer = self.operation.answer
        return get_args(answer) if isinstance(answer, UnionType) else [answer]

    @property
    def name(self) -> str:
        """What the description calls the route: `cancelJob`, `listRows`."""
        action = self.fixed.get("action")
        return self.called or (
            f"{action}{self.operation.name.removeprefix('control')}"
            if action
            else self.operation.name
        )

    def _request_of(self, operation: Operation) -> type[Payload]:
        if isinstance(operation.request, Mapping):
            return operation.request[self.fixed["action"]]
        return operation.request


def _one(name: str, answer: type[Answer] | None = None) -> Mapping[str, Operation]:
    """`answer` is what an operation with several answers answers here."""
    operation = OPERATIONS[name]
    return {"": operation if answer is None else replace(operation, answer=answer)}


def _batch(action: str) -> Route:
    return Route(
        method="POST",
        path=f"/batches/{{batchId}}/{action}",
        # An `invite` that is sent again is answered without its code, as the other actions are.
        operations=_one("controlBatch", None if action == "invite" else BatchControlled),
        fixed={"action": action},
        # Who joins by a code does not see the batch yet.
        sees=None if action == "join" else visible_batch,
    )


def _webhook(method: str, below: str, name: str) -> Route:
    path = f"/webhooks/{{webhookId}}{below}"
    return Route(method=method, path=path, operations=_one(name), sees=visible_webhook)


def _get(path: str, operation: Operation) -> Route:
    return Route(method="GET", path=path, operations={"": operation})


ROUTES: Sequence[Route] = (
    Route(
        method="POST",
        path="/generate",
        operations=lookups.GENERATE,
        says='Asks for one to four pictures, or with `kind: "video"` for a video. One job makes them.',
        status=202,
        location="/jobs/{jobId}",
        may_wait=True,
    ),
    Route(
        method="POST",
        path="/train-brand",
        operations={"": lookups.TRAIN},
        status=202,
        location="/jobs/{jobId}",
    ),
    _get("/jobs", OPERATIONS["searchGenerations"]),
    _get("/jobs/{jobId}", lookups.GET_JOB),
    Route(
        method="POST",
        path="/jobs/{jobId}/cancel",
        operations=_one("controlJob", JobCancelled),
        fixed={"action": "cancel"},
        says="Cancels a job. It ends at once, and cancelling it again answers the same.",
        sees=visible_job,
    ),
    Route(
        method="POST",
        path="/jobs/{jobId}/retry",
        operations=_one("controlJob", Submitted),
        fixed={"action": "retry"},
        says="Repeats a failed or cancelled job. The new job names the old one in `retryOf`.",
        unread=("acceptCharge",),
        sees=visible_job,
        status=202,
        location="/jobs/{jobId}",
    ),
    Route(
        method="POST",
        path="/batches",
        operations=_one("submitBatch"),
        status=202,
        location="/batches/{batchId}",
        bytes_max=doors.BATCH_BYTES_MAX,
    ),
    _get("/batches/{batchId}", lookups.GET_BATCH),
    _get("/batches/{batchId}/rows", lookups.LIST_ROWS),
    *(_batch(action) for action in (*BATCH_ACTIONS, *SHARING_ACTIONS)),
    Route(
        method="POST",
        path="/batches/{batchId}/export",
        called="exportWholeBatch",
        operations=_one("exportBatch"),
        says=(
            "Asks for one file of the whole batch. `GET /exports/{exportId}` says when it is there; it is "
            "deleted seven days later. Costs no credits."
        ),
        unread=("jobIds",),
        sees=visible_batch,
        status=202,
        location="/exports/{exportId}",
    ),
    Route(
        method="POST",
        path="/exports",
        operations=_one("exportBatch"),
        status=202,
        location="/exports/{exportId}",
    ),
    _get("/exports/{exportId}", lookups.GET_EXPORT),
    Route(
        method="POST",
        path="/estimate",
        operations=_one("estimateCredits"),
        bytes_max=doors.BATCH_BYTES_MAX,
    ),
    Route(
        method="POST",
        path="/references",
        operations={"": lookups.STORE_REFERENCE},
        status=201,
        takes_file=True,
        other={202: lambda stored: stored.width is None},
    ),
    Route(method="POST", path="/webhooks", operations={"": lookups.CREATE_WEBHOOK}, status=201),
    _get("/webhooks", OPERATIONS["listWebhooks"]),
    _webhook("DELETE", "", "deleteWebhook"),
    _webhook("POST", "/rotate", "rotateWebhook"),
    _webhook("GET", "/deliveries", "listDeliveries"),
    Route(
        method="GET",
        path="/health",
        operations={"": lookups.GET_HEALTH},
        other={503: lambda health: health.status != "ok"},
    ),
    _get("/models", OPERATIONS["getCatalog"]),
    _get("/account", lookups.GET_ACCOUNT),
)
