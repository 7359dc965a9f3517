"""What a deploy finds in `main`, and an image by some model, told in JSON: run in a copy of the house in
which there is one more provider."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import main
from mediaforge import config, roster
from tests.support.world import World


def live(model: str) -> Mapping[str, Any]:
    world = World()
    catalogue = world.backend.catalogue
    providers = roster.providers(config.read_config(), world.media, catalogue)
    world.backend = replace(world.backend, providers=providers)
    world.set_tier("pro")
    submitted = world.submit("a duck", model=model).job
    (task,) = world.tasks.queued
    world.run_until_quiet()
    world.assert_promises()
    job = world.job(submitted.id)
    return {
        "status": job.status,
        "provider": job.provider,
        "charged": job.charged_credits,
        "queue": task.queue,
        "is_deployed": is_queue(getattr(main, task.queue, None)),
    }


def is_queue(function: object) -> bool:
    endpoint = getattr(function, "__firebase_endpoint__", None)
    return endpoint is not None and endpoint.taskQueueTrigger is not None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(live(sys.argv[1])))
