"""All providers' protocols on one port: `python -m protocols PORT BUCKET`, for MEDIAFORGE_PROVIDERS=local.

The servers put their outputs into the emulators' Storage, as the real providers put theirs into the project's
bucket: RunPod's worker through the addresses that it was lent, Google's with a right of their own. Stripe's
takes the key STRIPE_API_KEY; it tells STRIPE_WEBHOOK_URL what was paid, signed with STRIPE_WEBHOOK_SECRET.
"""

import os
import sys
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from protocols import custom_jobs, fal, runpod, stripe, vertex
from protocols.server import serving

ENDPOINTS = ("images", "videos")
API_KEY = "runpod-emulator"
FAL_KEY = "fal-emulator"
FAL_HOSTS = ("/queue.fal.run/", "/api.fal.ai/", "/v3.fal.media/")
_ENDS_AFTER_S = 3.0
_WEBHOOK_PAUSE_S = 2.0


def create_app(project: str, bucket: str) -> WSGIApplication:
    """One application for all servers. RunPod's paths begin with /v2, fal.ai's with its hosts' names,
    Stripe's with /v1/checkout and /c/pay; Vertex AI's CustomJobs have a server of their own."""
    client = Client(project=project, credentials=AnonymousCredentials())

    def store_at(uri: str, content: bytes, content_type: str) -> None:
        blob = client.bucket(bucket).blob(uri.removeprefix(f"gs://{bucket}/"))
        blob.upload_from_string(content, content_type=content_type)

    lent = runpod.LentByHttp((os.environ["STORAGE_EMULATOR_HOST"],))
    workers = runpod.create_app(
        lent,
        endpoints=ENDPOINTS,
        api_key=API_KEY,
        ends_after_s=_ENDS_AFTER_S,
        webhook_pause_s=_WEBHOOK_PAUSE_S,
    )
    gallery = fal.create_app(
        lent.get, api_key=FAL_KEY, ends_after_s=_ENDS_AFTER_S, webhook_pause_s=_WEBHOOK_PAUSE_S
    )
    payments = stripe.create_app(api_key=os.environ.get("STRIPE_API_KEY", ""), webhook=_webhook())
    trainings, models = custom_jobs.create_app(project=project), vertex.create_app(store_at)

    def dispatch(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/v2/"):
            return workers(environ, start_response)
        if path.startswith(FAL_HOSTS):
            return gallery(environ, start_response)
        if path.startswith(("/v1/checkout/", "/c/pay/")):
            return payments(environ, start_response)
        return (trainings if "/customJobs" in path else models)(environ, start_response)

    return dispatch


def _webhook() -> stripe.Webhook | None:
    url = os.environ.get("STRIPE_WEBHOOK_URL")
    return stripe.Webhook(url, os.environ["STRIPE_WEBHOOK_SECRET"]) if url else None


def main() -> None:
    app = create_app(os.environ["GCLOUD_PROJECT"], sys.argv[2])
    with serving(app, int(sys.argv[1])) as origin:
        sys.stdout.write(f"Providers' protocols on {origin}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
