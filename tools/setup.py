"""Sets up what the other tools need: two Python environments, npm packages, the emulators' jars, the studio.

Run by the bare `python3`, before anything is installed: standard library only, and nothing at the
top that an older Python cannot read. A step whose inputs did not change since it last ended is
skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tools.commands import ROOT, SetupError, run, tail
from tools.console import complain
from tools.python_packages import make_venv, python_environment
from tools.steps import LOCAL, Step, ensure

__all__ = ["LOCAL", "ROOT", "SetupError", "Step", "ensure", "make_venv"]

TOOLS_VENV = ROOT / ".venv"
FUNCTIONS_VENV = ROOT / "functions" / "venv"  # the functions emulator looks for it here only
FIREBASE_TOOLS = ROOT / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
README_APP = ROOT / "tests" / "docs"  # with the Firebase SDK for the web, which only its test needs
API_PAGE = ROOT / "functions" / "mediaforge" / "entrypoints" / "api" / "page"
JS_CLIENT = ROOT / "clients" / "js"
CLIENT_SHEETS = ROOT / "clients" / "sheets"
STUDIO = ROOT / "web"
TRAINER = ROOT / "workers" / "trainer"  # its tests have PyTorch in an environment of their own
API_TESTS = ROOT / "tests" / "api"  # with schemathesis, in an environment of its own
ASSISTANTS = ROOT / "tests" / "mcp"  # with programs that ask POST /mcp, which only its tests need
EMULATORS_FILE = LOCAL / "emulators.json"
SECRETS_FILE = ROOT / "functions" / ".secret.local"

EMULATOR_SECRETS = {
    "STRIPE_WEBHOOK_SECRET": "whsec_emulatorsOnlySignsNothingReal000",
    "STRIPE_API_KEY": "sk_test_emulatorsOnlyBuysNothingReal",
    "RUNPOD_API_KEY": "runpod-emulator",
    "FAL_KEY": "fal-emulator",
}
OUTDATED = "STRIPE_WEBHOOK_SECRET=whsec_emulator"

PYTHON_VERSION = (3, 11)
NODE_MAJOR_MIN = 20
_NODE_ADVICE = f"install Node.js {NODE_MAJOR_MIN} or newer from https://nodejs.org."

# Where packages come from is the user's business; how and whereto they are installed is ours.
NPM_VARIABLES_KEPT = re.compile(
    r"npm_config_(registry|userconfig|globalconfig|cache|cafile|ca|strict_ssl|proxy|https_proxy|noproxy"
    r"|fetch_.*|offline|prefer_offline)|npm_config_.*(//|:_).*",
    re.IGNORECASE,
)
NODE_VARIABLES_DROPPED = {"NODE_ENV", "NODE_OPTIONS", "NODE_PATH"}


@dataclass(frozen=True)
class Emulators:
    """What runs the emulators; a jar that is None is firebase-tools' own."""

    java: Path
    firestore: Path | None
    storage_rules: Path | None

    def paths(self) -> list[Path]:
        return [path for path in (self.java, self.firestore, self.storage_rules) if path]


def python_steps() -> list[Step]:
    makers = [
        ROOT / "tools" / "python_packages.py"
    ]  # so that an environment made in another way is made anew
    dev, functions = ROOT / "requirements-dev.txt", ROOT / "functions" / "requirements.txt"
    return [
        Step(
            "tools",
            "Installing the Python packages of tools and tests into .venv",
            [dev, *makers],
            lambda: [TOOLS_VENV / "bin" / "python"],
            lambda: make_venv(TOOLS_VENV, dev),
        ),
        Step(
            "functions",
            "Installing the Python packages of the functions into functions/venv",
            [functions, *makers],
            lambda: [FUNCTIONS_VENV / "bin" / "python3.11", FUNCTIONS_VENV / "bin" / "activate"],
            lambda: make_venv(FUNCTIONS_VENV, functions),
        ),
    ]


def node_steps() -> list[Step]:
    return [
        Step(
            "node",
            "Installing firebase-tools into node_modules",
            [ROOT / "package.json", ROOT / "package-lock.json"],
            lambda: [FIREBASE_TOOLS],
            lambda: install_node_packages(ROOT),
        ),
        Step(
            "page",
            "Copying the page of the API's description",
            [ROOT / "package-lock.json", ROOT / "tools" / "api_page.cjs"],
            lambda: [API_PAGE / "swagger-ui-bundle.js", API_PAGE / "swagger-ui.css"],
            copy_api_page,
        ),
    ]


def client_steps() -> list[Step]:
    """For its checks and its tests."""
    return [
        Step(
            "client",
            "Installing what checks and tests the JavaScript client into clients/js/node_modules",
            [JS_CLIENT / "package.json", JS_CLIENT / "package-lock.json"],
            lambda: [JS_CLIENT / "node_modules" / "typescript"],
            lambda: install_node_packages(JS_CLIENT),
        ),
    ]


def studio_steps() -> list[Step]:
    """What checks the studio needs: its packages, and the client that it is written on."""
    client = [
        JS_CLIENT / "package.json",
        JS_CLIENT / "tsconfig.json",
        *_files_in(JS_CLIENT / "src"),
    ]
    return [
        *client_steps(),
        Step(
            "client-build",
            "Building the JavaScript client",
            [JS_CLIENT / "package-lock.json", *client],
            lambda: [JS_CLIENT / "dist" / "index.js"],
            lambda: run_npm_script(JS_CLIENT, "build"),
        ),
        Step(
            "studio-packages",
            "Installing the studio's packages into web/node_modules",
            [STUDIO / "package.json", STUDIO / "package-lock.json"],
            lambda: [STUDIO / "node_modules" / "next", STUDIO / "node_modules" / "@mediaforge"],
            lambda: install_node_packages(STUDIO),
        ),
    ]


def studio_build_steps() -> list[Step]:
    """The studio as it is served: built anew whenever its sources or the client's have changed."""
    sources = [*_studio_sources(), *_files_in(JS_CLIENT / "src")]
    return [
        *studio_steps(),
        Step(
            "studio",
            "Building the studio into web/out",
            sources,
            lambda: [STUDIO / "out" / "index.html"],
            lambda: run_npm_script(STUDIO, "build"),
        ),
    ]


def _studio_sources() -> list[Path]:
    """All of `web` but what is installed, built, or only tries what was built."""
    left_out = {"node_modules", "out", "e2e", "unbuilt", "next-env.d.ts"}
    parts = [part for part in STUDIO.iterdir() if part.name not in left_out]
    files = [file for part in parts for file in ([part] if part.is_file() else _files_in(part))]
    return sorted(
        file
        for file in files
        if not file.relative_to(STUDIO).parts[0].startswith(".")
        and not file.name.endswith((".test.ts", ".test.tsx", ".tsbuildinfo"))
    )


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_steps() -> list[Step]:
    return [
        Step(
            "readme",
            "Installing the Firebase SDK for the test of README's app",
            [README_APP / "package.json", README_APP / "package-lock.json"],
            lambda: [README_APP / "node_modules" / "firebase"],
            lambda: install_node_packages(README_APP),
        ),
        Step(
            "assistants",
            "Installing the programs of assistants for their tests",
            [
                ASSISTANTS / "package.json",
                ASSISTANTS / "package-lock.json",
                ASSISTANTS / "requirements.lock.txt",
            ],
            lambda: [ASSISTANTS / "node_modules" / ".bin", ASSISTANTS / "venv" / "bin" / "python"],
            install_assistants,
        ),
        Step(
            "schemathesis",
            "Installing what tries the API by its description",
            [API_TESTS / "requirements.lock.txt"],
            lambda: [API_TESTS / "venv" / "bin" / "schemathesis"],
            lambda: make_venv(API_TESTS / "venv", API_TESTS / "requirements.lock.txt"),
        ),
    ]


def trainer_steps() -> list[Step]:
    """For `make test-trainer` only."""
    lock = TRAINER / "requirements-test.lock.txt"
    return [
        Step(
            "trainer",
            "Installing PyTorch for the tests of the trainer into workers/trainer/venv (1.4 GB)",
            [lock, ROOT / "tools" / "python_packages.py"],
            lambda: [TRAINER / "venv" / "bin" / "pytest"],
            lambda: make_venv(TRAINER / "venv", lock),
        ),
    ]


def sheets_steps() -> list[Step]:
    """For the type check and the tests of `clients/sheets`."""
    return [
        Step(
            "sheets",
            "Installing the compiler of clients/sheets",
            [CLIENT_SHEETS / "package.json", CLIENT_SHEETS / "package-lock.json"],
            lambda: [CLIENT_SHEETS / "node_modules" / "typescript"],
            lambda: install_node_packages(CLIENT_SHEETS),
        ),
    ]


def emulator_steps() -> list[Step]:
    """The steps that need installed packages: Java comes with the Python packages, the list of jars with
    Node's."""
    inputs = [ROOT / "requirements-dev.txt", ROOT / "package-lock.json", *_emulator_sources()]
    return [
        Step(
            "emulators",
            "Preparing the Java runtime and the emulators' jars",
            inputs,
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


def run_npm_script(folder: Path, name: str) -> None:
    command = [_npm(), f"--prefix={folder}", "run", "--silent", name]
    done = run(command, node_environment() | {"NEXT_TELEMETRY_DISABLED": "1"})
    if done.returncode:
        raise SetupError(
            f"{tail(done.stdout)}\nThe {name} of {folder.relative_to(ROOT)} failed; see above."
        )


def _npm() -> str:
    return _executable(
        "npm", "npm is not installed; it comes with Node.js from https://nodejs.org."
    )


def install_node_packages(folder: Path) -> None:
    require_node()
    npm = _npm()
    # The packages need no install scripts, and without these no compiler.
    options = [
        f"--prefix={folder}",
        "--include=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    installed = run([npm, "ci", *options], node_environment())
    lock = (folder / "package-lock.json").relative_to(ROOT)
    if installed.returncode:
        raise SetupError(
            f"{tail(installed.stdout)}\nnpm could not install {lock}; "
            "its reasons are above. The first set-up of a checkout needs the npm registry."
        )


def copy_api_page() -> None:
    node = _executable("node", f"Node.js is not installed; {_NODE_ADVICE}")
    copied = run([node, str(ROOT / "tools" / "api_page.cjs")], node_environment())
    if copied.returncode:
        raise SetupError(tail(copied.stdout))


def install_assistants() -> None:
    make_venv(ASSISTANTS / "venv", ASSISTANTS / "requirements.lock.txt")
    install_node_packages(ASSISTANTS)


def require_node() -> None:
    node = _executable("node", f"Node.js is not installed; {_NODE_ADVICE}")
    version = run([node, "--version"], node_environment()).stdout.strip()
    major = re.match(r"v([0-9]+)\.", version)
    if not major or int(major[1]) < NODE_MAJOR_MIN:
        raise SetupError(f"Node.js is {version or 'not working'}, which is too old; {_NODE_ADVICE}")


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
    known = SECRETS_FILE.read_text(encoding="utf-8") if SECRETS_FILE.exists() else ""
    SECRETS_FILE.write_text(with_secrets(known), encoding="utf-8")


def with_secrets(known: str) -> str:
    """The file of secrets with those of the emulators, which protect nothing. Existing lines may be the
    user's, and stay, except for a line that earlier set-ups wrote and that the purchase hook no longer
    accepts as a secret."""
    kept = [line for line in known.splitlines() if line != OUTDATED]
    names = {line.partition("=")[0] for line in kept}
    lines = [f"{name}={value}" for name, value in EMULATOR_SECRETS.items() if name not in names]
    return "\n".join([*kept, *lines, ""])


def read_secrets() -> dict[str, str]:
    """The emulators' secrets, by their names."""
    lines = SECRETS_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


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
    os.execve(found, [found, "-m", "tools.setup", *sys.argv[1:]], python_environment())  # noqa: S606 - no shell wanted


def _answers(python: str) -> bool:
    """A version manager's shim exists for versions that are not active, and then only complains."""
    question = "import sys; sys.exit(sys.version_info[:2] != (3, 11))"
    return run([python, "-c", question], python_environment()).returncode == 0


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)  # unwinds, so that a running pip or npm is ended too


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        use_python_311()
        wanted = set(sys.argv[1:])
        # The studio takes the longest, and nobody waits for it but who asked for it.
        ensure(python_steps(), node_steps(), studio_build_steps() if "studio" in wanted else [])
        ensure(emulator_steps())
        if "tests" in wanted:
            ensure(test_steps(), studio_build_steps(), sheets_steps())
        if "trainer" in wanted:
            ensure(trainer_steps())
        if "checks" in wanted:
            ensure(studio_steps(), sheets_steps())
    except SetupError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
