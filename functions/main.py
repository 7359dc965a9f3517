"""Every deployed function with its options, as a table of contents: no logic here."""

# ruff: noqa: N802, N816 - a function deploys under its name, and a queue's allows no underscore
# ruff: noqa: E402 - the collector is off before anything is imported

import gc

# Almost everything that imports create stays in use. Collecting garbage
# meanwhile took a tenth of a cold start.
gc.disable()

from typing import Any

from firebase_functions import https_fn, options, scheduler_fn, storage_fn
from flask import Request, Response

from mediaforge import bootstrap, config, environment
from mediaforge.entrypoints import api as http_api
from mediaforge.entrypoints import callables, doors, hooks, schedules, triggers, workers

# The service account of each function: each role has its own rights only. See docs/deploy.md.
API, VERTEX, MEDIA, SETTLE, PURCHASES, ERASE = map(
    config.service_account,
    ("mf-api", "mf-vertex", "mf-media", "mf-settle", "mf-purchases", "mf-erase"),
)
INTERNAL = options.IngressSetting.ALLOW_INTERNAL_ONLY
MB_512, MB_1024, MB_2048 = (
    options.MemoryOption.MB_512,
    options.MemoryOption.GB_1,
    options.MemoryOption.GB_2,
)
RUNPOD = [config.RUNPOD_API_KEY]
GEMINI = config.gemini_secrets()
FAL = config.fal_secrets()

# This comes first, because it affects only functions that are declared below it. Without cpu=1 a function
# gets the old fractional CPU, and with that a concurrency of one.
options.set_global_options(
    region=config.REGION,
    cpu=1,
    memory=MB_512,
    timeout_sec=60,
    concurrency=8,  # functions-framework serves four threads a CPU; more would wait inside
    max_instances=100,
    service_account=API,
)
bootstrap.initialize_firebase()


# ---- callables: what a client asks for; `entrypoints/operations.py` says what each does -----------

generateImage = callables.serve("generateImage")
generateVideo = callables.serve("generateVideo")
trainBrand = callables.serve("trainBrand")
creativeDirectorAgent = callables.serve(
    "creativeDirectorAgent", timeout_sec=90, service_account=VERTEX, secrets=GEMINI
)
controlJob = callables.serve("controlJob")
submitBatch = callables.serve("submitBatch", bytes_max=doors.BATCH_BYTES_MAX)
estimateCredits = callables.serve("estimateCredits", bytes_max=doors.BATCH_BYTES_MAX)
exportBatch = callables.serve("exportBatch")
exportAccount = callables.serve("exportAccount")
controlBatch = callables.serve("controlBatch")
searchGenerations = callables.serve("searchGenerations")
markGeneration = callables.serve("markGeneration")
deleteGeneration = callables.serve("deleteGeneration")
copyPack = callables.serve("copyPack")
createWebhook = callables.serve("createWebhook")
rotateWebhook = callables.serve("rotateWebhook")
deleteWebhook = callables.serve("deleteWebhook")
listWebhooks = callables.serve("listWebhooks")
listDeliveries = callables.serve("listDeliveries")
grantCredits = callables.serve("grantCredits")
controlAccount = callables.serve("controlAccount")
inspect = callables.serve("inspect")
controlDeadLetter = callables.serve("controlDeadLetter")
deleteAccount = callables.serve("deleteAccount")
createTeam = callables.serve("createTeam")
controlTeam = callables.serve("controlTeam")
createApiKey = callables.serve("createApiKey")
revokeApiKey = callables.serve("revokeApiKey")
createCheckout = callables.serve(
    "createCheckout", service_account=PURCHASES, secrets=config.checkout_secrets()
)
getCatalog = callables.serve("getCatalog")


# ---- the HTTPS API: the same for servers; `entrypoints/api/routes.py` says what each route does ---


@https_fn.on_request(invoker="public", timeout_sec=90, cors=config.api_cors())
def api(request: Request) -> Response:
    return http_api.answer(request)


# ---- hooks: what another service reports to us ---------------------------------------------------


@https_fn.on_request(
    invoker="public", service_account=PURCHASES, secrets=[config.STRIPE_WEBHOOK_SECRET]
)
def stripeWebhook(request: Request) -> Response:
    return hooks.stripe(request)


@https_fn.on_request(invoker="public")
def jobWebhook(request: Request) -> Response:
    return hooks.job(request)


# ---- workers: a queue for each provider and media, and one more for what free accounts may use ----

if environment.is_emulated():  # the local renderer is not deployed, and nobody is sold its work
    runLocalImage = workers.worker("runLocalImage", MB_1024, MEDIA)
    runLocalImageFree = workers.worker("runLocalImage", MB_1024, MEDIA, workers.FREE)
    runLocalVideo = workers.worker("runLocalVideo", MB_1024, MEDIA)

runVertexImage = workers.worker("runVertexImage", MB_2048, VERTEX, secrets=GEMINI)
runVertexImageFree = workers.worker("runVertexImage", MB_2048, VERTEX, workers.FREE, secrets=GEMINI)
runVertexVideo = workers.worker("runVertexVideo", MB_1024, VERTEX)
runVertexTraining = workers.worker("runVertexTraining", MB_512, VERTEX)
runRunPod = workers.worker("runRunPod", MB_1024, MEDIA, secrets=RUNPOD)
runRunPodFree = workers.worker("runRunPod", MB_1024, MEDIA, workers.FREE, secrets=RUNPOD)
runFal = workers.worker("runFal", MB_1024, MEDIA, secrets=FAL)

# Ends the addresses of a team's pictures after somebody's membership has ended.
rotateAddresses = workers.worker("rotateAddresses", MB_512, SETTLE, handler=workers.rotate)

# Gives the rows of batches their jobs, starts batches at their time, and counts their rows.
batches = workers.worker("batches", MB_512, SETTLE, handler=workers.go_on_with_batches)

# Makes the files of exports. They are passed on piece by piece, so memory does not grow with them.
exports = workers.worker("exports", MB_512, SETTLE, handler=workers.export)

# Tells webhooks of the ends of jobs and batches.
deliverWebhooks = workers.worker("deliverWebhooks", MB_512, SETTLE, handler=workers.tell_webhook)


# Erases users: it alone may delete a sign-in.
eraseUsers = workers.worker("eraseUsers", MB_512, ERASE, handler=workers.erase)


# ---- triggers: what follows a commit, or a file -----------------------------------------------


# Listens to views and not to jobs: a view changes when something happens, a job at every question, too.
@triggers.on_document_updated(
    "generations/{uid}/{kind}/{jobId}", service_account=SETTLE, ingress=INTERNAL
)
def onViewUpdated(path: str, data: Any) -> None:
    triggers.follow_view(path, data)


# Gets every file of the bucket, since Storage cannot filter events by folder; for other files only the name
# is looked at. A picture is decoded whole in memory, so an instance takes one at a time.
@triggers.on_file(
    storage_fn.on_object_finalized,
    memory=MB_1024,
    concurrency=1,
    service_account=SETTLE,
    ingress=INTERNAL,
)
def onFileStored(path: str, generation: int) -> None:
    triggers.note_stored(path, generation)


@triggers.on_file(storage_fn.on_object_deleted, service_account=SETTLE, ingress=INTERNAL)
def onFileDeleted(path: str, generation: int) -> None:
    triggers.note_deleted(path, generation)


# ---- schedules: they find what was lost -------------------------------------------------------

# Each schedule runs one at a time. If a run fails, it is repeated within seconds, not at the next period.
SCHEDULED: dict[str, Any] = {
    "concurrency": 1,
    "max_instances": 1,
    "service_account": SETTLE,
    "ingress": INTERNAL,
    "retry_count": 3,
    "min_backoff_seconds": 5,
}


@scheduler_fn.on_schedule(schedule="every 1 minutes", timeout_sec=300, **SCHEDULED)
def sweepJobs(event: scheduler_fn.ScheduledEvent) -> None:
    schedules.sweep(event)


@scheduler_fn.on_schedule(schedule="every 24 hours", timeout_sec=540, **SCHEDULED)
def checkInvariants(event: scheduler_fn.ScheduledEvent) -> None:
    schedules.check(event)


@scheduler_fn.on_schedule(schedule="every 24 hours", timeout_sec=540, memory=MB_1024, **SCHEDULED)
def recountUploads(event: scheduler_fn.ScheduledEvent) -> None:
    schedules.recount(event)


@scheduler_fn.on_schedule(schedule="every 1 hours", timeout_sec=540, **SCHEDULED)
def grantMonthly(event: scheduler_fn.ScheduledEvent) -> None:
    schedules.grant_month(event)


bootstrap.check_before_deploy(globals())

# The collector ignores all objects that exist by now, so that no request waits while it looks through them.
gc.freeze()
gc.enable()
