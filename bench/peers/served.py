"""A peer's function as functions-framework serves it: BENCH_PEER names its module. `python -m` is a worker of
the peer that brings its own.

Where production finds a service account, this process finds none, which the emulators take. With
BENCH_CALLS_FILE set, the function's calls, and what it asks of Firestore, are counted.
"""

import importlib
import os

import google.auth
import grpc  # type: ignore[import-untyped, unused-ignore]
from google.auth.credentials import AnonymousCredentials

from bench.served.counting import counted
from bench.served.invocations import noted

if calls_file := os.environ.get("BENCH_CALLS_FILE"):
    # Wrapped before the peer opens a channel: calls are counted at the wire, not by the peer.
    grpc.insecure_channel = counted(grpc.insecure_channel, calls_file)
google.auth.default = lambda *_, **__: (  # type: ignore[assignment, unused-ignore]
    AnonymousCredentials(),  # type: ignore[no-untyped-call, unused-ignore]
    os.environ["GCLOUD_PROJECT"],
)

_peer = importlib.import_module(os.environ["BENCH_PEER"])
if __name__ == "__main__":
    _peer.app.run_worker(concurrency=8)  # as many as gunicorn's threads
else:
    _name = os.environ["FUNCTION_TARGET"]
    globals()[_name] = noted(getattr(_peer, _name))
