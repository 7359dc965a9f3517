"""How firebase-tools is started: its command, and an environment that keeps it to this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tools.ports import HOST, Ports
from tools.processes import MARKER
from tools.setup import FIREBASE_TOOLS, ROOT, Emulators

PROJECT = "demo-mediaforge"
REGION = "us-central1"
# What firebase-tools' adminSdkConfig.js makes up for a project whose name starts with `demo-`.
BUCKET = f"{PROJECT}.appspot.com"
PRELOADED = (ROOT / "tools" / "emulator_fixes.cjs", ROOT / "tools" / "worker_forks.cjs")
# How long main.py may take to load, at discovery and in each worker. firebase-tools' own 10 s are short for a
# busy machine; a call to a worker that takes longer is never answered.
DISCOVERY_TIMEOUT_S = 120

# Credentials, other emulators' addresses and settings of Python and Node that are not meant for us.
DROPPED_PREFIXES = (
    *("PYTHON", "VIRTUAL_ENV", "NODE_OPTIONS", "NODE_ENV", "npm_"),
    *("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "FIREBASE_", "FIRESTORE_", "STORAGE_", "DATABASE_"),
    *("GEMINI_", "CLOUD_", "FUNCTION", "MAKE", "MFLAGS", "PROMPT", "PROVIDERS_ORIGIN"),
)
DROPPED = {
    "DEBUG",
    "PORT",
    "HOST",
    "WEB_HOST",
    "PUBSUB_EMULATOR_HOST",
    "CI",
    "K_SERVICE",
    "K_REVISION",
    "KIND",
}
KEPT = {"FIREBASE_EMULATORS_PATH"}  # where the user keeps firebase-tools' own jars
LOOPBACK = f"{HOST},localhost,::1"


def start_command(config: Path, *others: str) -> list[str]:
    options = ["--config", str(config), "--project", PROJECT, "--non-interactive", *others]
    preloaded = [f"--require={file}" for file in PRELOADED]
    return ["node", *preloaded, str(FIREBASE_TOOLS), "emulators:start", *options]


def server_environment(suite_id: str, emulators: Emulators, folder: Path) -> dict[str, str]:
    """What firebase-tools, and through it Java and every Python worker, is given.

    `folder` is the suite's own: a user's login, and the marks that firebase-tools leaves about a
    running suite in the temporary folder, stay out of it.
    """
    environment = inherited_environment(os.environ)
    environment |= {
        MARKER: suite_id,
        "PATH": f"{emulators.java.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TMPDIR": str(folder / "tmp"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_RUNTIME_DIR": str(folder / "tmp"),  # gunicorn would put a socket into the home folder
        "CLOUDSDK_CONFIG": str(folder / "config"),
        "CI": "true",  # no message of the day
        "NO_UPDATE_NOTIFIER": "1",
        "METADATA_SERVER_DETECTION": "none",
        "NO_GCE_CHECK": "true",
        "FUNCTIONS_DISCOVERY_TIMEOUT": str(DISCOVERY_TIMEOUT_S),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }
    jars = {
        "FIRESTORE_EMULATOR_BINARY_PATH": emulators.firestore,
        "STORAGE_EMULATOR_BINARY_PATH": emulators.storage_rules,
    }
    return environment | {name: str(path) for name, path in jars.items() if path}


def inherited_environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name in KEPT or (name not in DROPPED and not name.startswith(DROPPED_PREFIXES))
    }


def client_environment(ports: Ports) -> dict[str, str]:
    """What points the Google and Firebase SDKs of a client at the suite."""
    return {
        "FIRESTORE_EMULATOR_HOST": f"{HOST}:{ports['firestore']}",
        "FIREBASE_AUTH_EMULATOR_HOST": f"{HOST}:{ports['auth']}",
        "FIREBASE_STORAGE_EMULATOR_HOST": f"{HOST}:{ports['storage']}",
        "STORAGE_EMULATOR_HOST": f"http://{HOST}:{ports['storage']}",
        "CLOUD_TASKS_EMULATOR_HOST": f"{HOST}:{ports['tasks']}",
        "CLOUD_EVENTARC_EMULATOR_HOST": f"http://{HOST}:{ports['eventarc']}",
        "FIREBASE_EMULATOR_HUB": f"{HOST}:{ports['hub']}",
        "FUNCTIONS_EMULATOR_ORIGIN": f"http://{HOST}:{ports['functions']}",
        "GCLOUD_PROJECT": PROJECT,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIREBASE_CONFIG": json.dumps({"projectId": PROJECT, "storageBucket": BUCKET}),
    }
