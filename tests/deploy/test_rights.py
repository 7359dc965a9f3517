"""The table of accounts in docs/deploy.md has what each endpoint needs: each is run in memory, on a
bucket and queues that note what is asked of them. One that begins to touch Storage, or to enqueue, fails."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from firebase_functions.https_fn import HttpsError
from flask import Request
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import Document
from google.events.cloud.firestore import DocumentEventData
from werkzeug.test import EnvironBuilder

from mediaforge import bootstrap
from mediaforge.contract import documents as at
from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.domain.jobs.job import Job
from mediaforge.entrypoints import callables, hooks, schedules, triggers, workers
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from mediaforge.services.jobs.assets import scratch_path
from mediaforge.services.library.uploads import note_stored
from mediaforge.services.people.keys import create_key
from tests.deploy.test_manifest import DEPLOYMENT, EXPECTED
from tests.support.operations import LongProvider
from tests.support.pictures import PICTURE
from tests.support.stripe_events import COMPLETED, event_of, session_of
from tests.support.world import World, user
from tests.unit.test_api import Door

GET, LIST, CREATE, DELETE, UPDATE = (
    f"storage.objects.{verb}" for verb in ("get", "list", "create", "delete", "update")
)
SIGN, ENQUEUE = "iam.serviceAccounts.signBlob", "cloudtasks.tasks.create"
# What Cloud Storage asks for; writing over a file is deleting it.
OF_MEDIA: Mapping[str, set[str]] = {
    "save": {CREATE, DELETE},
    "replace": {GET, CREATE, DELETE},
    "copy": {GET, CREATE, DELETE},
    "load": {GET},
    "head": {GET},
    "exists": {GET},
    "writing": {CREATE, DELETE},
    "chunks": {GET},
    "opened": {GET},
    "open_to": {GET, UPDATE},
    "list": {LIST},
    "stored": {LIST},
    "delete": {DELETE},
    "upload_address": {SIGN},
    "read_address": {SIGN},
    "uri": set(),
    "address": set(),
}
OF_TASKS = {"enqueue": {ENQUEUE}}
GET_USER, DELETE_USER = "firebaseauth.users.get", "firebaseauth.users.delete"
OF_SIGN_INS = {"identities": {GET_USER}, "delete": {DELETE_USER}}
# https://docs.cloud.google.com/iam/docs/roles-permissions, as far as they matter here.
ROLES = {
    "roles/storage.objectUser": {GET, LIST, CREATE, DELETE, UPDATE},
    "roles/iam.serviceAccountTokenCreator": {SIGN},
    "roles/firebaseauth.admin": {GET_USER, DELETE_USER},
}


@dataclass
class Noting:
    """A port that notes what its calls would need, where there is something to do."""

    port: Any
    needs: Mapping[str, set[str]]
    needed: set[str]

    def __getattr__(self, name: str) -> Any:
        method, needed = getattr(self.port, name), self.needs[name]

        def call(*given: Any, **named: Any) -> Any:
            if name != "delete" or given[0]:
                self.needed.update(needed)
            return method(*given, **named)

        return call


@dataclass
class Noted:
    """A world, and what was needed of its bucket and its queues."""

    world: World = field(default_factory=World)
    needed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        world = self.world
        media = Noting(world.media, OF_MEDIA, self.needed)
        tasks = Noting(world.tasks, OF_TASKS, self.needed)
        sign_ins = Noting(world.sign_ins, OF_SIGN_INS, self.needed)
        world.backend = replace(world.backend, media=media, tasks=tasks, sign_ins=sign_ins)

    @property
    def backend(self) -> Any:
        return self.world.backend

    def upload(self, name: str, content: bytes = b"junk") -> str:
        """A file of Ann's that somebody has looked at; junk is refused and gone."""
        path, media = f"references/ann/{name}", self.world.media
        media.save(path, content, "image/png", "t", over=media.list(path).get(path, 0))
        note_stored(self.backend, path, media.list(path)[path])
        return path


# ---- what each endpoint does, at its most ----------------------------------------------------------

Act = Callable[[], object]
Story = Callable[[Noted], Act]


def call(name: str, payload: Mapping[str, Any], **claims: Any) -> Any:
    """Of Ann's, or of the operator's; a refusal is an answer."""
    uid = "root" if claims else "ann"
    token = {"firebase": {"sign_in_provider": "custom"}, **claims}
    asked: Any = SimpleNamespace(auth=SimpleNamespace(uid=uid, token=token), data=dict(payload))
    try:
        return callables.handler(name)(asked)
    except HttpsError as refused:
        return refused.details


def styled_by(*paths: str) -> dict[str, Any]:
    return {"references": [{"path": path, "mode": "style_only"} for path in paths]}


def submits(name: str, payload: Mapping[str, Any], pictures: int = 1) -> Story:
    """Once with pictures that are there, once with those that were refused."""

    def story(noted: Noted) -> Act:
        noted.world.set_tier("pro")
        noted.world.grant(1_000)
        good = [noted.upload(f"good{n}.png", PICTURE) for n in range(pictures)]
        bad = [noted.upload(f"bad{n}.png") for n in range(pictures)]

        def act() -> None:
            assert "jobId" in call(name, {**payload, **styled_by(*good)})
            refused = call(name, {**payload, **styled_by(*bad)})
            assert refused["reason"] == "reference-unreadable"

        return act

    return story


def calls(name: str, payload: Mapping[str, Any], **claims: Any) -> Story:
    def story(noted: Noted) -> Act:
        noted.world.grant(1_000)
        return lambda: succeeded(call(name, payload, **claims))

    return story


def succeeded(answer: Any) -> None:
    assert "reason" not in answer


def retries_and_cancels(noted: Noted) -> Act:
    path = noted.upload("a.png", PICTURE)
    failed = noted.world.finish("[[fail:permanent]]", **styled_by(path))
    noted.upload("a.png")

    def act() -> None:
        again = call("controlJob", {"jobId": failed.id, "action": "retry"})
        assert again["reason"] == "reference-unreadable"
        other = call("generateImage", {"prompt": "x"})
        succeeded(call("controlJob", {"jobId": other["jobId"], "action": "cancel"}))

    return act


def marks(noted: Noted) -> Act:
    job = noted.world.finish()
    return lambda: succeeded(call("markGeneration", {"jobId": job.id, "favourite": True}))


def deletes_what_has_just_ended(noted: Noted) -> Act:
    """While another job waits for its slot."""
    job = noted.world.submit().job
    while noted.world.submit().job.is_dispatched:
        pass
    noted.world.deliver(job.id)
    return lambda: succeeded(call("deleteGeneration", {"jobId": job.id}))


def blocks(noted: Noted) -> Act:
    """A user with a file that nobody has heard of yet, and that there is no room for; and then somebody
    whose jobs wait."""
    limits = noted.backend.catalogue.limits.model_copy(update={"uploads_files_max": 0})
    noted.world.media.files["references/ann/a.png"] = PICTURE
    catalogue = noted.backend.catalogue.model_copy(update={"limits": limits})
    noted.world.backend = replace(noted.backend, catalogue=catalogue)

    def act() -> None:
        for action, more in (("block", {"reason": "abuse"}), ("unblock", {})):
            payload = {"action": action, "accountId": "user_ann", **more}
            succeeded(call("controlAccount", payload, admin=True))
        raises_the_tier(noted)()

    return act


def replays(noted: Noted) -> Act:
    """Jobs that spent their attempts; where one had a picture to go by, there is something else now."""
    path = noted.upload("a.png", PICTURE)
    with_it = noted.world.finish("[[fail:always]]", **styled_by(path))
    without = noted.world.finish("[[fail:always]]")
    noted.upload("a.png")

    def replay(job_id: str) -> Any:
        payload = {"jobId": job_id, "action": "replay"}
        return call("controlDeadLetter", payload, admin=True)

    def act() -> None:
        assert replay(with_it.id)["reason"] == "reference-unreadable"
        succeeded(replay(without.id))

    return act


def raises_the_tier(noted: Noted) -> Act:
    """Of somebody whose second job waits for a slot."""
    bob = user("bob")
    while noted.world.submit(caller=bob).job.is_dispatched:
        pass
    payload = {"action": "setTier", "accountId": "user_bob", "tier": "studio"}
    return lambda: succeeded(call("controlAccount", payload, admin=True))


def removes(noted: Noted) -> Act:
    team_id = noted.world.found_team(bob="editor")
    payload = {"teamId": team_id, "action": "remove", "uid": "bob"}
    return lambda: succeeded(call("controlTeam", payload))


def hints(noted: Noted) -> Act:
    job = running(noted)
    url = noted.backend.webhook_url(job)
    assert url is not None
    request = Request(EnvironBuilder(url, method="POST").get_environ())
    return lambda: hooks.job(request)


def running(noted: Noted) -> Job:
    """A job whose provider works on it."""
    noted.world.backend = replace(noted.backend, providers={"local": LongProvider()})
    job = noted.world.submit().job
    noted.world.deliver(job.id)
    return noted.world.job(job.id)


def sells(noted: Noted) -> Act:
    body = json.dumps(event_of(COMPLETED, session_of("1", 500, "user_ann"))).encode()

    def act() -> None:
        assert hooks.hear(noted.backend, body).get_json()["accountId"] == "user_ann"

    return act


def works(noted: Noted) -> Act:
    """One job to its end, one whose provider asks to come back, and one that is to be stopped there."""
    path = noted.upload("a.png", PICTURE)
    begun, providers = running(noted), noted.backend.providers
    noted.world.cancel(begun.id)
    noted.world.settle()
    noted.world.backend = replace(noted.backend, providers={"local": noted.world.provider})
    prompts = ("x", "[[throttle:1]]")
    ids = [noted.world.submit(prompt, **styled_by(path)).job.id for prompt in prompts]

    def act() -> None:
        outcomes = [workers.run(task(jobId=job_id, delivery=1))["outcome"] for job_id in ids]
        assert outcomes == ["completed", "processing"]
        noted.world.backend = replace(noted.backend, providers=providers)
        assert workers.run(task(jobId=begun.id)) == {"outcome": "stopped"}

    return act


def lends(noted: Noted) -> Act:
    """To a worker behind an API that cannot be reached: what is lent is signed before."""
    act = works(noted)
    settings = RunPodSettings({"image": "e"}, lambda: "key", base_url="http://127.0.0.1:1")
    provider = RunPodProvider(settings, noted.backend.media)

    def both() -> None:
        act()
        noted.world.backend = replace(noted.backend, providers={"local": provider})
        noted.world.settle()
        job_id = noted.world.submit().job.id
        assert workers.run(task(jobId=job_id, delivery=1)) == {"outcome": "processing"}

    return both


TICK: Any = SimpleNamespace()  # nobody looks at it


def task(**data: Any) -> Any:
    return SimpleNamespace(data=data)


def rotates(noted: Noted) -> Act:
    """More pictures than one task comes to."""
    team_id = noted.world.found_team(bob="editor")
    like = noted.world.row(f"jobs/{noted.world.finish(teamId=team_id).id}")
    for number in range(100):
        noted.world.overwrite(f"jobs/other{number}", **like)
    noted.world.control_team(user("ann"), team_id, "remove", uid="bob")
    return lambda: workers.rotate(task(teamId=team_id))


def settles(noted: Noted) -> Act:
    """A job that has left a file behind, with another that waits for its slot."""
    job = noted.world.submit("[[fail:permanent]]").job
    while noted.world.submit().job.is_dispatched:
        pass
    noted.world.deliver(job.id)
    noted.world.media.files[f"{scratch_path(job)}1/left.png"] = PICTURE
    path = at.view_path(noted.world.job(job.id))
    fields, _ = noted.world.documents.peek(path)
    written = Document(name=path, fields=_helpers.encode_dict(fields))
    event = json.dumps({"value": json.loads(Document.to_json(written))})
    return lambda: triggers.settle_if_ended(path, DocumentEventData.from_json(event))


def submits_many(noted: Noted) -> Act:
    """Once with pictures that are there, once with those that were refused."""
    noted.world.set_tier("pro")
    good, bad = noted.upload("good.png", PICTURE), noted.upload("bad.png")

    def act() -> None:
        for path in (good, bad):
            rows = [{"prompt": "x", **styled_by(path)}, {"prompt": "y"}]
            answer = call("submitBatch", {"name": "b", "rows": rows})
            assert answer.get("rows") == 2 or answer["reason"] == "reference-unreadable"

    return act


def controls_a_batch(noted: Noted) -> Act:
    """The change of a row may name a picture that was refused."""
    path = noted.upload("bad.png")
    batch_id = noted.world.batch_half_done()

    def act() -> None:
        for action in ("pause", "resume", "retryFailed"):
            succeeded(call("controlBatch", {"batchId": batch_id, "action": action}))
        edit = {"action": "editRow", "row": 1, "changes": styled_by(path)}
        refused = call("controlBatch", {"batchId": batch_id, **edit})
        assert refused["reason"] == "reference-unreadable"
        succeeded(call("controlBatch", {"batchId": batch_id, "action": "cancel"}))

    return act


def goes_on_with_batches(noted: Noted) -> Act:
    """One of them is cancelled while it runs, and has left nothing that is cleared away here."""
    batch = noted.world.submit_batch(3)

    def act() -> None:
        workers.go_on_with_batches(task(accountId="user_ann"))
        workers.go_on_with_batches(task(batchId=batch.id))
        noted.world.control_batch(batch.id, "cancel")
        workers.go_on_with_batches(task(batchId=batch.id, after=1))

    return act


def exports_a_batch(noted: Noted) -> Act:
    batch_id = noted.world.submit_batch(1).id
    payload = {"batchId": batch_id, "format": "zip"}
    return lambda: succeeded(call("exportBatch", payload))


def makes_an_export(noted: Noted) -> Act:
    batch = noted.world.submit_batch(1)
    noted.world.run_until_quiet()
    export = noted.world.export(batchId=batch.id)
    made = {"outcome": "completed"}
    return lambda: succeeded(
        {} if workers.export(task(uid="ann", exportId=export.id)) == made else {"reason": "bug"}
    )


def of_a_webhook(name: str) -> Story:
    def story(noted: Noted) -> Act:
        webhook_id = noted.world.register().webhook_id
        return lambda: succeeded(call(name, {"webhookId": webhook_id}))

    return story


def revokes(noted: Noted) -> Act:
    key, _ = create_key(noted.backend, user("ann"), parse(CreateApiKey, {"name": "k"}))
    return lambda: succeeded(call("revokeApiKey", {"keyId": key.id}))


def copies_a_pack(noted: Noted) -> Act:
    path = "references/bob/a.png"
    noted.world.media.files[path] = PICTURE
    pack = {
        "name": "Lights",
        "user_id": "bob",
        "visibility": "public",
        "references": [{"path": path, "mode": "style_only"}],
        "is_template": True,
        "version": 1,
        "created_at": noted.world.clock.now(),
        "modified": noted.world.clock.now(),
    }
    noted.world.documents.overwrite("reference_packs/p", pack)
    return lambda: succeeded(call("copyPack", {"packId": "p", "requestId": "r"}))


def asks_the_api(noted: Noted) -> Act:
    """Sends a picture, asks for one like it, and whether all is in order."""
    asked = parse(CreateApiKey, {"name": "k"})
    door = Door(create_key(noted.backend, user("ann"), asked)[1])

    def act() -> None:
        sent = {"data": PICTURE, "content_type": "image/png"}
        stored = door.client.post("/references", headers=door.headers, **sent)
        assert stored.status_code == HTTPStatus.ACCEPTED
        assert door.post("/generate", {"prompt": "x"}).status_code == HTTPStatus.ACCEPTED
        assert door.get("/health").status_code == HTTPStatus.OK

    return act


def tells_a_webhook(noted: Noted) -> Act:
    """Which does not listen at first."""
    noted.world.register()
    noted.world.finish()
    (told,) = noted.world.tasks.of_webhooks
    noted.world.outside.answers = [500]
    return lambda: workers.tell_webhook(task(**told.body))


def stores(noted: Noted) -> Act:
    """Junk, and a picture."""
    files = {"references/ann/a.png": b"junk", "references/ann/b.png": PICTURE}
    noted.world.media.files.update(files)

    def act() -> None:
        for path in files:
            triggers.note_stored(path, noted.world.media.list(path)[path])

    return act


def deletes(noted: Noted) -> Act:
    path = noted.upload("a.png", PICTURE)
    generation = noted.world.media.list(path)[path]
    noted.world.media.delete({path: generation})
    return lambda: triggers.note_deleted(path, generation)


@dataclass
class Slow:
    """Storage that takes a quarter of an hour to list a folder."""

    inner: Any
    clock: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def list(self, folder: str) -> Any:
        self.clock.advance(900)
        return self.inner.list(folder)


def erases(noted: Noted) -> Act:
    """Somebody with a picture, an upload and work that waits; one task has not time enough for all."""
    noted.world.finish()
    noted.upload("a.png", PICTURE)
    noted.world.submit()
    succeeded(call("deleteAccount", {"confirm": "ann"}))

    def act() -> None:
        in_time = noted.backend
        noted.world.backend = replace(in_time, media=Slow(in_time.media, noted.world.clock))
        workers.erase(task(erase="user_ann"))
        noted.world.backend = in_time
        workers.erase(task(erase="user_ann"))

    return act


def sweeps(noted: Noted) -> Act:
    """A task that was lost, and a job that left something behind."""
    job = noted.world.finish()
    noted.world.overwrite(f"jobs/{job.id}", clean_at=noted.world.at(60))
    noted.world.media.files[f"{scratch_path(job)}1/left.png"] = PICTURE
    noted.world.submit()
    noted.world.tasks.queued.clear()
    noted.world.clock.advance(600)
    return lambda: schedules.sweep(TICK)


def checks(noted: Noted) -> Act:
    noted.world.finish()
    return lambda: schedules.check(TICK)


def recounts(noted: Noted) -> Act:
    files = {"references/ann/a.png": b"junk", "references/ann/b.png": PICTURE}
    noted.world.media.files.update(files)
    return lambda: schedules.recount(TICK)


def grants_monthly(noted: Noted) -> Act:
    noted.world.set_tier("pro")
    while noted.world.submit(count=4).job.is_dispatched:
        pass
    noted.world.clock.advance(31 * 86_400)
    return lambda: schedules.grant_month(TICK)


BUCKET = {GET, LIST, CREATE, DELETE}
GRANT = {"accountId": "user_ann", "amount": 5, "reason": "gift", "requestId": "g"}
# What each endpoint does, and all that it needs of the bucket and the queues.
ENDPOINTS: dict[str, tuple[Story, set[str]]] = {
    "generateImage": (submits("generateImage", {"prompt": "x"}), {GET, ENQUEUE}),
    "generateVideo": (submits("generateVideo", {"prompt": "x"}), {GET, ENQUEUE}),
    "trainBrand": (submits("trainBrand", {"name": "x"}, pictures=5), {GET, ENQUEUE}),
    "creativeDirectorAgent": (calls("creativeDirectorAgent", {"brief": "a fox"}), set()),
    "controlJob": (retries_and_cancels, {GET, ENQUEUE}),
    "submitBatch": (submits_many, {GET, ENQUEUE}),
    "estimateCredits": (calls("estimateCredits", {"requests": [{"prompt": "x"}]}), set()),
    "controlBatch": (controls_a_batch, {GET, ENQUEUE}),
    "searchGenerations": (calls("searchGenerations", {"text": "x"}), set()),
    "markGeneration": (marks, set()),
    "deleteGeneration": (deletes_what_has_just_ended, {LIST, DELETE, ENQUEUE}),
    "exportBatch": (exports_a_batch, {ENQUEUE}),
    "exportAccount": (calls("exportAccount", {}), {ENQUEUE}),
    "deleteAccount": (calls("deleteAccount", {"confirm": "ann"}), {ENQUEUE}),
    "createWebhook": (calls("createWebhook", {"url": "https://example.com/"}), set()),
    "rotateWebhook": (of_a_webhook("rotateWebhook"), set()),
    "deleteWebhook": (of_a_webhook("deleteWebhook"), set()),
    "listWebhooks": (calls("listWebhooks", {}), set()),
    "listDeliveries": (of_a_webhook("listDeliveries"), set()),
    "grantCredits": (calls("grantCredits", GRANT, admin=True), set()),
    "controlAccount": (blocks, {LIST, DELETE, ENQUEUE}),
    "inspect": (calls("inspect", {}, admin=True), {GET}),
    "controlDeadLetter": (replays, {GET, ENQUEUE}),
    "copyPack": (copies_a_pack, BUCKET),
    "createApiKey": (calls("createApiKey", {"name": "sheets"}), set()),
    "revokeApiKey": (revokes, set()),
    "createTeam": (calls("createTeam", {"name": "Lights"}), set()),
    "controlTeam": (removes, {ENQUEUE}),
    "createCheckout": (calls("createCheckout", {"credits": 500}), set()),
    "getCatalog": (calls("getCatalog", {}), set()),
    "api": (asks_the_api, {CREATE, DELETE, ENQUEUE, GET}),
    "jobWebhook": (hints, {ENQUEUE}),
    "stripeWebhook": (sells, set()),
    "runRunPod": (lends, {*BUCKET, ENQUEUE, SIGN}),
    "runRunPodFree": (lends, {*BUCKET, ENQUEUE, SIGN}),
    "runFal": (lends, {*BUCKET, ENQUEUE, SIGN}),
    "runVertexImage": (works, {*BUCKET, ENQUEUE}),
    "runVertexImageFree": (works, {*BUCKET, ENQUEUE}),
    "runVertexVideo": (works, {*BUCKET, ENQUEUE}),
    "runVertexTraining": (works, {*BUCKET, ENQUEUE}),
    "rotateAddresses": (rotates, {GET, UPDATE, ENQUEUE}),
    "batches": (goes_on_with_batches, {ENQUEUE}),
    "exports": (makes_an_export, {GET, LIST, CREATE, DELETE}),
    "deliverWebhooks": (tells_a_webhook, {ENQUEUE}),
    "eraseUsers": (erases, {LIST, DELETE, ENQUEUE, GET_USER, DELETE_USER}),
    "onViewUpdated": (settles, {LIST, DELETE, ENQUEUE}),
    "onFileStored": (stores, {LIST, GET, CREATE, DELETE}),
    "onFileDeleted": (deletes, {LIST, DELETE}),
    "sweepJobs": (sweeps, {LIST, DELETE, ENQUEUE}),
    "checkInvariants": (checks, {GET}),
    "recountUploads": (recounts, {LIST, GET, CREATE, DELETE}),
    "grantMonthly": (grants_monthly, set()),
}


def test_every_endpoint_is_run_here() -> None:
    assert sorted(ENDPOINTS) == sorted(EXPECTED)


def needed_by(name: str) -> set[str]:
    """What the endpoint asks of the bucket, the queues and the sign-ins when it is run; `make deploy-check`
    asks, too."""
    noted, (story, _) = Noted(), ENDPOINTS[name]
    with patch.object(bootstrap, "backend", lambda: noted.backend):
        act = story(noted)
        noted.needed.clear()
        act()
    return noted.needed


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_needs_these_rights_and_no_other(name: str) -> None:
    assert needed_by(name) == ENDPOINTS[name][1]


# ---- the document ----------------------------------------------------------------------------------

ROW = re.compile(r"^\| `mf-([a-z]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = {role: (of, may) for role, of, may in ROW.findall(DEPLOYMENT.read_text(encoding="utf-8"))}


def named(text: str) -> set[str]:
    """The endpoints that a row names; `runVertex…` are all that begin so."""
    names = set(re.findall(r"`(\w+)…?`", text))
    wild = tuple(re.findall(r"`(\w+)…`", text))
    return {each for each in EXPECTED if each in names or (wild and each.startswith(wild))}


def rights(role: str) -> set[str]:
    may = ROWS[role][1]
    of = {right for name, rights in ROLES.items() if f"`{name}`" in may for right in rights}
    if role in [name.removeprefix("mf-") for name in workers.ENQUEUERS]:
        of.add(ENQUEUE)  # which the deploy gives
    return of | (rights("api") if "as `mf-api`" in may else set())


def test_the_table_says_as_whom_each_endpoint_runs() -> None:
    of_others = {name for role in ROWS if role != "api" for name in named(ROWS[role][0])}
    left = {name for name, (_, _, callers) in EXPECTED.items() if callers == "callable"} - of_others
    said = {role: named(of) for role, (of, _) in ROWS.items()}
    said["api"] |= left if "the other callables" in ROWS["api"][0] else set()
    runs = {role: {name for name, of in EXPECTED.items() if of[0] == role} for role in ROWS}
    assert said == runs
    assert set().union(*runs.values()) == set(EXPECTED)


@pytest.mark.parametrize("role", ROWS)
def test_an_account_may_what_its_endpoints_need_and_sees_no_bucket_without_need(role: str) -> None:
    needed = {
        right
        for name, (_, needs) in ENDPOINTS.items()
        if EXPECTED[name][0] == role
        for right in needs
    }
    assert needed <= rights(role)
    of_bucket = ROLES["roles/storage.objectUser"]
    assert bool(rights(role) & of_bucket) == bool(needed & {*of_bucket, SIGN})
    assert rights(role) & ROLES["roles/firebaseauth.admin"] == needed & {GET_USER, DELETE_USER}
    assert (SIGN in rights(role)) == (SIGN in needed)


def test_the_first_accounts_enqueue() -> None:
    assert [f"mf-{role}" for role in ROWS][: len(workers.ENQUEUERS)] == list(workers.ENQUEUERS)
