"""A peer that a user builds without Firebase's queues: procrastinate on PostgreSQL, as its quickstart has it
(procrastinate.readthedocs.io), behind a plain HTTP function. Pictures and statuses are where the others have
theirs.

The bench installs nothing. It measures this peer where BENCH_POSTGRES names an empty database and PACKAGES
has what INSTALL puts there.
"""

# ruff: noqa: N802 - deployed functions are camelCase

import os
from functools import cache

import procrastinate  # type: ignore[import-not-found, unused-ignore]
from firebase_admin import (  # type: ignore[import-untyped, unused-ignore]
    firestore,
    initialize_app,
    storage,
)
from flask import Request, jsonify
from flask.typing import ResponseReturnValue

from bench.peers.model import generate

initialize_app()

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=os.environ["BENCH_POSTGRES"])
)


@cache
def _open() -> procrastinate.App:
    """With the first request: what is opened before gunicorn forks is nobody's afterwards."""
    return app.open()


@app.task(name="make_image", queue="images", retry=5)  # type: ignore[untyped-decorator, unused-ignore]
def make_image(name: str, prompt: str) -> None:
    image = firestore.client().collection("images").document(name)
    image.update({"status": "processing"})
    blob = storage.bucket().blob(f"images/{name}.png")
    blob.upload_from_string(generate(prompt), content_type="image/png")
    image.update({"status": "completed", "path": blob.name})


def deferImage(request: Request) -> ResponseReturnValue:
    _open()
    sent = request.get_json()["data"]
    image = firestore.client().collection("images").document(sent["id"])
    image.set({"prompt": sent["prompt"], "status": "queued"})
    make_image.defer(name=sent["id"], prompt=sent["prompt"])
    return jsonify(result={"path": image.path})
