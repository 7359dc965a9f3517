"""Every deployed function, its options, one line each. The table of contents: no logic here."""

# ruff: noqa: N802, N816 - a function deploys under its name, and a queue's allows no underscore
# ruff: noqa: E402 - the collector is off before anything is imported

import gc

# Imports make what stays. Looking through it again and again for what does not is a tenth of a cold start.
gc.disable()

from typing import Any

from firebase_functions import https_fn, options, scheduler_fn, storage_fn
from flask import Request, Response

from mediaforge import bootstrap, config, environment
from mediaforge.entrypoints import callables, schedules, triggers, webhooks, workers

# Whom each function acts as: what one role may do, no other can. See docs/deployment.md.
API, VERTEX, MEDIA, SETTLE, PURCHASES = map(
    config.service_account, ("mf-api", "mf-vertex", "mf-media", "mf-settle", "mf-purchases")
)
INTERNAL = options.IngressSetting.ALLOW_INTERNAL_ONLY
MB_512, MB_1024, MB_2048 = (
    options.MemoryOption.MB_512,
    options.MemoryOption.GB_1,
    options.MemoryOption.GB_2,
)
RUNPOD = [config.RUNPOD_API_KEY]

# First: it reaches only what is declared below it. Without cpu=1 the old fractional CPU is set, and
# with it a concurrency of one.
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


# ---- callables: what a client asks for; what each does says `entrypoints/operations.py` -----------

generateImage = callables.serve("generateImage")
generateVideo = callables.serve("generateVideo")
trainBrand = callables.serve("trainBrand")
creativeDirectorAgent = callables.serve(
    "creativeDirectorAgent", timeout_sec=90, service_account=VERTEX
)
controlJob = callables.serve("controlJob")
grantCredits = callables.serve("grantCredits")
controlAccount = callables.serve("controlAccount")
createTeam = callables.serve("createTeam")
controlTeam = callables.serve("controlTeam")
getCatalog = callables.serve("getCatalog")


# ---- webhooks: what another service reports ---------------------------------------------------


@https_fn.on_request(
    invoker="public", service_account=PURCHASES, secrets=[config.STRIPE_WEBHOOK_SECRET]
)
def stripeWebhook(request: Request) -> Response:
    return webhooks.stripe(request)


@https_fn.on_request(invoker="public")
def jobWebhook(request: Request) -> Response:
    return webhooks.job(request)


# ---- workers: a queue for each provider and media, and one more for what free accounts may use ----

if environment.is_emulated():  # the painter is not deployed, and nobody is sold what it paints
    runLocalImage = workers.worker("runLocalImage", MB_1024, MEDIA)
    runLocalImageFree = workers.worker("runLocalImage", MB_1024, MEDIA, workers.FREE)
    runLocalVideo = workers.worker("runLocalVideo", MB_1024, MEDIA)

runVertexImage = workers.worker("runVertexImage", MB_2048, VERTEX)
runVertexImageFree = workers.worker("runVertexImage", MB_2048, VERTEX, workers.FREE)
runVertexVideo = workers.worker("runVertexVideo", MB_1024, VERTEX)
runVertexTraining = workers.worker("runVertexTraining", MB_512, VERTEX)
runRunPod = workers.worker("runRunPod", MB_1024, MEDIA, secrets=RUNPOD)
runRunPodFree = workers.worker("runRunPod", MB_1024, MEDIA, workers.FREE, secrets=RUNPOD)

# Ends addresses of a team's pictures.
rotateAddresses = workers.worker("rotateAddresses", MB_512, SETTLE, handler=workers.rotate)


# ---- triggers: what follows a commit, or a file -----------------------------------------------


# Of the views, not the jobs: they change when something happens, and a job at every question, too.
@triggers.on_document_updated(
    "generations/{uid}/{kind}/{jobId}", service_account=SETTLE, ingress=INTERNAL
)
def onViewUpdated(path: str, data: Any) -> None:
    triggers.settle_if_ended(path, data)


# Of every file of the bucket, since Storage's events know no folders: what is no upload costs a look at its
# name. A picture is decoded whole, so one at a time.
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


# ---- schedules: what finds what was lost ------------------------------------------------------

# One at a time. A run that died is begun again within seconds, and does not wait for the next one's time.
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

# What is loaded by now is never looked at again, so that no request waits for that.
gc.freeze()
gc.enable()
