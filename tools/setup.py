"""Sets up what the other tools need: two Python environments, npm packages, the emulators' jars.

Run by the bare `python3`, before anything is installed: standard library only, and nothing at the
top that an older Python cannot read. A step whose inputs did not change since it last ended is
skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tools.console import complain, say

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
TOOLS_VENV = ROOT / ".venv"
FUNCTIONS_VENV = ROOT / "functions" / "venv"  # the functions emulator looks for it here only
FIREBASE_TOOLS = ROOT / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
EMULATORS_FILE = LOCAL / "emulators.json"
SECRETS_FILE = ROOT / "functions" / ".secret.local"

EMULATOR_SECRETS = {
    "STRIPE_WEBHOOK_SECRET": "whsec_emulator",
    "RUNPOD_API_KEY": "runpod-emulator",
}

PYTHON_VERSION = (3, 11)
NODE_MAJOR_MIN = 20
OUTPUT_LINES_MAX = 40

# Where packages come from is the user's business; how and whereto they are installed is ours.
PIP_VARIABLES_KEPT = re.compile(
    r"PIP_(CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY"
    r"|TIMEOUT|DEFAULT_TIMEOUT|RETRIES|CACHE_DIR|NO_CACHE_DIR|KEYRING_PROVIDER)"
)
NPM_VARIABLES_KEPT = re.compile(
    r"npm_config_(registry|userconfig|globalconfig|cache|cafile|ca|strict_ssl|proxy|https_proxy|noproxy"
    r"|fetch_.*|offline|prefer_offline)|npm_config_.*(//|:_).*",
    re.IGNORECASE,
)
NODE_VARIABLES_DROPPED = {"NODE_ENV", "NODE_OPTIONS", "NODE_PATH"}


class SetupError(Exception):
    """The set-up cannot go on; the message says what to install or where to look."""


@dataclass(frozen=True)
class Step:
    """One piece of the set-up: done when its stamp has its inputs' hash and its outputs exist."""

    name: str
    announcement: str
    inputs: Sequence[Path]
    outputs: Callable[[], Sequence[Path]]
    run: Callable[[], None]
    state: Path = LOCAL

    @property
    def stamp(self) -> Path:
        return self.state / "stamps" / self.name

    def is_done(self) -> bool:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return self.stamp.read_text() == self.fingerprint() and all(
                path.exists() for path in self.outputs()
            )
        return False

    def do(self) -> None:
        """The old stamp goes first and the new one comes last: an interrupted step is redone."""
        self.stamp.unlink(missing_ok=True)
        say(self.announcement)
        self.run()
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.fingerprint())

    def fingerprint(self) -> str:
        """Environments hold absolute paths and the interpreter's, so both count as inputs."""
        digest = hashlib.sha256(f"{ROOT}\n{sys.version}\n{sys.base_prefix}\n".encode())
        for path in self.inputs:
            if not path.exists():
                raise SetupError(f"{path.relative_to(ROOT)} is missing.")
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Emulators:
    """What runs the emulators; a jar that is None is firebase-tools' own."""

    java: Path
    firestore: Path | None
    storage_rules: Path | None

    def paths(self) -> list[Path]:
        return [path for path in (self.java, self.firestore, self.storage_rules) if path]


def steps() -> list[Step]:
    dev, functions = ROOT / "requirements-dev.txt", ROOT / "functions" / "requirements.txt"
    return [
        Step(
            "tools",
            "Installing the Python packages of tools and tests into .venv",
            [dev],
            lambda: [TOOLS_VENV / "bin" / "python"],
            lambda: make_venv(TOOLS_VENV, dev),
        ),
        Step(
            "functions",
            "Installing the Python packages of the functions into functions/venv",
            [functions],
            lambda: [FUNCTIONS_VENV / "bin" / "python3.11", FUNCTIONS_VENV / "bin" / "activate"],
            lambda: make_venv(FUNCTIONS_VENV, functions),
        ),
        Step(
            "node",
            "Installing firebase-tools into node_modules",
            [ROOT / "package.json", ROOT / "package-lock.json"],
            lambda: [FIREBASE_TOOLS],
            install_node_packages,
        ),
        Step(
            "emulators",
            "Preparing the Java runtime and the emulators' jars",
            [dev, ROOT / "package-lock.json", *_emulator_sources()],
            _emulator_outputs,
            prepare_emulators,
        ),
        Step(
            "secrets",
            "Writing the emulators' secrets",
            [ROOT / "tools" / "setup.py"],
            lambda: [SECRETS_FILE],
            write_secrets,
        ),
    ]


def _emulator_sources() -> list[Path]:
    runtime = ROOT / "tools" / "rules_runtime"
    return [ROOT / "tools" / "jars.py", *sorted(path for path in runtime.rglob("*.java"))]


def _emulator_outputs() -> list[Path]:
    return [EMULATORS_FILE, *(read_emulators().paths() if EMULATORS_FILE.exists() else [])]


def make_venv(target: Path, requirements: Path) -> None:
    """Made from nothing, so that it holds exactly what the file lists."""
    made = _run([sys.executable, "-m", "venv", "--clear", str(target)], python_environment())
    if made.returncode:
        shutil.rmtree(target, ignore_errors=True)
        raise SetupError(
            f"{_tail(made.stdout)}\nPython could not make {target.relative_to(ROOT)}. Where its "
            "venv module is a package of its own, install it (Debian and Ubuntu: python3.11-venv)."
        )
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    # Most modules are never imported: Python compiles those that are, when they are.
    pip += ["--no-compile", "--no-deps", "--disable-pip-version-check", "--requirement", str(requirements)]
    installed = _run(pip, python_environment())
    if installed.returncode:
        raise SetupError(
            f"{_tail(installed.stdout)}\npip could not install {requirements.relative_to(ROOT)}; "
            "its reasons are above."
        )


def install_node_packages() -> None:
    require_node()
    npm = _executable("npm", "npm is not installed; it comes with Node.js from https://nodejs.org.")
    # firebase-tools needs no install script, and without them no compiler.
    options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    installed = _run([npm, "ci", *options], node_environment())
    if installed.returncode:
        raise SetupError(
            f"{_tail(installed.stdout)}\nnpm could not install package-lock.json; "
            "its reasons are above."
        )


def require_node() -> None:
    advice = f"install Node.js {NODE_MAJOR_MIN} or newer from https://nodejs.org."
    node = _executable("node", f"Node.js is not installed; {advice}")
    version = _run([node, "--version"], node_environment()).stdout.strip()
    major = re.match(r"v([0-9]+)\.", version)
    if not major or int(major[1]) < NODE_MAJOR_MIN:
        raise SetupError(f"Node.js is {version or 'not working'}, which is too old; {advice}")


def prepare_emulators() -> None:
    from tools import jars  # noqa: PLC0415 - written for Python 3.11, so not before that is certain

    try:
        java = jars.java_21(TOOLS_VENV / "bin" / "python")
        found = jars.emulator_jars(LOCAL / "jars", java)
    except jars.MissingToolError as error:
        raise SetupError(str(error)) from error
    paths = {"java": java, "firestore": found.firestore, "storage_rules": found.storage_rules}
    EMULATORS_FILE.write_text(
        json.dumps({name: str(path) if path else None for name, path in paths.items()})
    )


def write_secrets() -> None:
    """The emulators' secrets, which are none. What is there already may be somebody's, and stays."""
    known = SECRETS_FILE.read_text(encoding="utf-8") if SECRETS_FILE.exists() else ""
    names = {line.partition("=")[0] for line in known.splitlines()}
    lines = [f"{name}={value}" for name, value in EMULATOR_SECRETS.items() if name not in names]
    SECRETS_FILE.write_text("\n".join([*known.splitlines(), *lines, ""]), encoding="utf-8")


def read_emulators() -> Emulators:
    """What the set-up found; raises SetupError when it did not run."""
    try:
        paths = json.loads(EMULATORS_FILE.read_text())
    except (OSError, ValueError) as error:
        raise SetupError("The emulators are not set up; run `make setup`.") from error
    firestore, storage_rules = paths["firestore"], paths["storage_rules"]
    return Emulators(
        java=Path(paths["java"]),
        firestore=Path(firestore) if firestore else None,
        storage_rules=Path(storage_rules) if storage_rules else None,
    )


def python_environment() -> dict[str, str]:
    """The user's environment without what changes where pip installs or what Python imports."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV", "CONDA_"))
        or PIP_VARIABLES_KEPT.fullmatch(name)
    }
    return {**kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def node_environment() -> dict[str, str]:
    """The user's environment without what makes npm leave packages out or install elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if NPM_VARIABLES_KEPT.fullmatch(name)
        or not (name.lower().startswith("npm_") or name in NODE_VARIABLES_DROPPED)
    }


def _executable(name: str, complaint: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SetupError(complaint)
    return path


def _run(command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the commands are ours
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _tail(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-OUTPUT_LINES_MAX:])


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Two commands may start at once; the second waits, then finds the work done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another set-up of this checkout to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure(wanted: Sequence[Step]) -> None:
    """Does the steps that are not done; milliseconds when all are."""
    if all(step.is_done() for step in wanted):
        return
    with locked(LOCAL / "setup.lock"):
        for step in wanted:
            if not step.is_done():
                step.do()


def use_python_311() -> None:
    """Goes on in Python 3.11 when `python3` is another version; SetupError when there is none."""
    if sys.version_info[:2] == PYTHON_VERSION:
        return
    found = shutil.which("python3.11")
    if found is None or not _answers(found):
        raise SetupError(
            f"Python 3.11 is needed, and {sys.executable} is {sys.version.split()[0]}; install it "
            "(Debian and Ubuntu: python3.11 and python3.11-venv; macOS: brew install python@3.11)."
        )
    os.chdir(ROOT)
    os.execve(found, [found, "-m", "tools.setup"], python_environment())  # noqa: S606 - no shell wanted


def _answers(python: str) -> bool:
    """A version manager's shim exists for versions that are not active, and then only complains."""
    question = "import sys; sys.exit(sys.version_info[:2] != (3, 11))"
    return _run([python, "-c", question], python_environment()).returncode == 0


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)  # unwinds, so that a running pip or npm is ended too


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        use_python_311()
        ensure(steps())
    except SetupError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
