"""The emulator suite: starts it, waits until every function is there and those that come first answer, and
leaves no process behind.

`with Suite() as suite:` is for the tools and tests; `python -m tools.suite` is `make serve`. The
order of ending is: the ticker, the export of data that is kept, firebase-tools (asked first), then whatever
still carries the suite's id. A watchdog does the last part when the supervisor is killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

import httpx

from tools import seed
from tools.client import Addresses, CallError
from tools.console import complain, say
from tools.firebase import (
    BUCKET,
    PROJECT,
    REGION,
    client_environment,
    inherited_environment,
    server_environment,
    start_command,
)
from tools.functions import AnswerError, Function
from tools.hosting import is_built
from tools.jars import DownloadError, download_ui
from tools.journal import Journal
from tools.kept_data import VARIABLE as DATA_VARIABLE
from tools.kept_data import DataError, export, import_options, kept_data
from tools.ports import (
    HOST,
    UI,
    PortError,
    Ports,
    providers_port,
    read_ports,
    refuse_busy,
    write_config,
)
from tools.processes import MARKER, end_marked
from tools.readiness import (
    StartError,
    log_end,
    refuse_wrong_catalogue,
    wait_for_emulators,
    wait_for_functions,
)
from tools.setup import LOCAL, ROOT, SetupError, read_emulators, read_secrets
from tools.terminal import raise_hangup_when_closed

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Nothing is lost where it takes longer: what is kept was exported before. It ends its workers one by one.
FIREBASE_STOP_LIMIT_S = 1.0
TICKER_STOP_LIMIT_S = 2.0
WATCHDOG_STOP_LIMIT_S = 15.0
WATCHED_EVERY_S = 0.5
PROVIDERS_VARIABLE = "MEDIAFORGE_PROVIDERS"
GEMINI_KEY_VARIABLE = "GEMINI_API_KEY"
FAILURES = (StartError, PortError, SetupError, DataError, CallError, AnswerError)


def has_local_providers() -> bool:
    """Whether the environment asks for local servers that speak the providers' protocols."""
    return os.environ.get(PROVIDERS_VARIABLE) == "local"


class SuiteStopped(KeyboardInterrupt):
    """A signal asked for the end; unwinds to the end of the `with` block."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Suite:
    """A running emulator suite; entering raises StartError, PortError or SetupError."""

    def __init__(
        self,
        ports: Ports | None = None,
        tell: Callable[[str], None] = say,
        *,
        with_providers: bool | None = None,
        data: Path | None = None,
        gemini_key: str = "",
    ) -> None:
        """`with_providers` starts local servers that speak the providers' protocols; the default is what the
        environment says (MEDIAFORGE_PROVIDERS=local). `data` is the folder that keeps the emulators' data;
        None forgets them. With a `gemini_key` Gemini models are called with it, and are paid for: only who
        starts a suite for somebody takes it from the environment. `tell` is also told what breaks while the
        suite runs."""
        self.ports = ports or read_ports(ROOT / "firebase.json")
        asked = has_local_providers()
        self._has_providers = asked if with_providers is None else with_providers
        self.id = uuid.uuid4().hex
        self.functions: list[Function] = []
        self._tell = tell
        self._data = data
        self._gemini_key = gemini_key
        self._folder = LOCAL / f"suite-{self.ports['hub']}"
        self._config: Path | None = None
        self._journal = Journal(self.log, tell)
        self._firebase: subprocess.Popen[bytes] | None = None
        self._ticker: subprocess.Popen[bytes] | None = None
        self._providers: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._handlers: dict[int, Callable[[int, FrameType | None], object] | int] = {}
        self._stopping = False

    def __enter__(self) -> Self:
        try:
            self._catch_signals()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self._folder / "suite.log"

    @property
    def functions_url(self) -> str:
        """The base of every function's address: `{functions_url}/generateImage`."""
        return f"{self.url('functions')}/{PROJECT}/{REGION}"

    def url(self, emulator: str) -> str:
        """The base address of an emulator by its name in firebase.json."""
        return f"http://{HOST}:{self.ports[emulator]}"

    def environment(self) -> dict[str, str]:
        """The variables that point a client's SDKs at this suite."""
        return client_environment(self.ports)

    @property
    def addresses(self) -> Addresses:
        """Where a client finds this suite."""
        return Addresses.of(self.environment(), self.functions_url, BUCKET)

    def start(self) -> None:
        """Returns when every emulator answers, every function is there, and those that come first answer."""
        emulators = read_emulators()
        refuse_wrong_catalogue(ROOT / "functions" / "catalogue.toml")
        self._refuse_busy_ports()
        if UI in self.ports:
            self._have_ui()
        self._tell("Starting the emulators")
        self._make_folder()
        self._watchdog = self._start_watchdog()
        self._config = write_config(ROOT / "firebase.json", self.ports)
        environment = server_environment(self.id, emulators, self._folder)
        environment["FUNCTIONS_EMULATOR_ORIGIN"] = self.url("functions")
        environment["HOSTING_EMULATOR_ORIGIN"] = self.url("hosting")
        if self._has_providers:
            environment["PROVIDERS_ORIGIN"] = self._start_providers()
        if self._gemini_key:
            environment["GEMINI_API_KEY"] = self._gemini_key
        imported = import_options(self._data) if self._data else []
        command = start_command(self._config, *imported)
        self._firebase = self._start(command, environment, subprocess.PIPE)
        assert self._firebase.stdout is not None
        self._journal.follow(self._firebase.stdout)
        wait_for_emulators(self._firebase, self.ports, self.log)
        self.functions = wait_for_functions(self.ports, ROOT / "functions" / "main.py", self.log)
        self._journal.schedules = {one.name for one in self.functions if one.is_scheduled}
        self._journal.is_reporting = True
        self._ticker = self._start_ticker()

    def wait(self) -> None:
        """Never returns; raises StartError when a part of the suite ends by itself."""
        parts = {
            "firebase-tools": self._firebase,
            "the ticker": self._ticker,
            "the providers' server": self._providers,
        }
        while True:
            for name, process in parts.items():
                if process is not None and process.poll() is not None:
                    raise StartError(f"{log_end(self.log)}\n{name} has ended; the suite ends too.")
            time.sleep(WATCHED_EVERY_S)

    def stop(self) -> None:
        """Ends every process of the suite; signals change nothing until that is done."""
        self._stopping = True
        self._journal.is_reporting = False  # what is ending breaks all the time
        self._end(self._ticker, signal.SIGTERM, TICKER_STOP_LIMIT_S)
        # A suite that has no ticker yet may not have imported what was kept.
        if self._data is not None and self._ticker is not None:
            self._keep(self._data)
        if self._firebase is not None:
            self._tell("Stopping the emulators")
        self._end(self._firebase, signal.SIGINT, FIREBASE_STOP_LIMIT_S)
        self._end(self._providers, signal.SIGTERM, TICKER_STOP_LIMIT_S)
        left = end_marked(self.id)
        self._end_watchdog()
        for process in (self._ticker, self._firebase, self._providers):
            if process is not None:
                process.wait()
        self._journal.wait_for_end()
        if self._config is not None:
            self._config.unlink(missing_ok=True)
        self._restore_signals()
        if left:
            complain(f"These processes of the suite could not be ended: {left}")

    def _refuse_busy_ports(self) -> None:
        providers = {"providers": providers_port()} if self._has_providers else {}
        refuse_busy({**self.ports, **providers}, ROOT / "firebase.json")

    def _have_ui(self) -> None:
        try:
            download_ui()
        except DownloadError as error:
            self._tell(f"The Emulator UI cannot be had, so the suite starts without it: {error}.")
            self.ports = {name: port for name, port in self.ports.items() if name != UI}

    def _keep(self, data: Path) -> None:
        self._tell(f"Keeping the data in {data}")
        try:
            export(self.ports["hub"], data, self._folder)
        except DataError as error:
            complain(str(error))

    def _make_folder(self) -> None:
        for name in ("tmp", "config"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
            (self._folder / name).mkdir(parents=True)
        (self._folder / "id").write_text(self.id)

    def _start(
        self, command: list[str], environment: dict[str, str], output: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """In a session of its own: Ctrl-C is for the supervisor, which ends the parts in order."""
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _start_logged(
        self, name: str, command: list[str], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as output:
            return self._start(command, environment, output)

    def _start_providers(self) -> str:
        """Starts the providers' servers and returns their origin. They are up long before a function can ask
        them."""
        port = providers_port()
        command = [sys.executable, "-m", "protocols", str(port), BUCKET]
        environment = inherited_environment(os.environ) | self.environment()
        environment |= {MARKER: self.id, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}
        environment |= read_secrets() | {
            "STRIPE_WEBHOOK_URL": f"{self.functions_url}/stripeWebhook"
        }
        self._providers = self._start_logged("providers", command, environment)
        return f"http://{HOST}:{port}"

    def _start_ticker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tools.ticker", str(self.ports["functions"])]
        environment = inherited_environment(os.environ) | {MARKER: self.id, "PYTHONPATH": str(ROOT)}
        return self._start_logged("ticker", command, environment)

    def _start_watchdog(self) -> subprocess.Popen[bytes]:
        """The watchdog's environment lacks the suite's id: otherwise it would be ended with the others."""
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tools.watchdog", self.id],
            cwd=ROOT,
            env=inherited_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _end(self, process: subprocess.Popen[bytes] | None, number: int, limit_s: float) -> None:
        """Asks one process to end and gives it `limit_s`; `end_marked` ends those that stay."""
        if process is None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)

    def _end_watchdog(self) -> None:
        if self._watchdog is None or self._watchdog.stdin is None:
            return
        self._watchdog.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._watchdog.wait(WATCHDOG_STOP_LIMIT_S)

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread may set handlers; otherwise the watchdog has to do
        for number in STOP_SIGNALS:
            current = signal.getsignal(number)
            if number == signal.SIGHUP and current == signal.SIG_IGN:
                continue  # started by nohup, to outlive its terminal
            self._handlers[number] = current or signal.SIG_DFL
            signal.signal(number, self._on_signal)
        if signal.SIGHUP in self._handlers:
            raise_hangup_when_closed()

    def _restore_signals(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The first signal raises SuiteStopped; later ones change nothing, since the suite is already
        ending."""
        if not self._stopping:
            self._stopping = True
            raise SuiteStopped(number)


def describe(suite: Suite) -> str:
    names = (UI, "hosting", "auth", "firestore", "storage", "tasks", "hub")
    lines = [f"  {'functions':<10} {suite.functions_url}"]
    lines += [f"  {'api':<10} {suite.functions_url}/api"]
    lines += [f"  {name:<10} {suite.url(name)}" for name in names if name in suite.ports]
    return "\n".join([*lines, f"  {'log':<10} {suite.log}"])


def describe_studio(suite: Suite) -> str:
    if is_built(ROOT):
        return f"The studio is at {suite.url('hosting')}"
    return "The studio is not built; `make run` builds and serves it"


def serve() -> None:
    started = time.monotonic()
    key = "" if has_local_providers() else os.environ.get(GEMINI_KEY_VARIABLE, "").strip()
    where = os.environ.get(DATA_VARIABLE, "")
    with kept_data(where) as data, Suite(data=data, gemini_key=key) as suite:
        seed.seed(suite.addresses)
        seconds = time.monotonic() - started
        say(f"MediaForge is ready, {len(suite.functions)} functions (after {seconds:.1f} s)")
        say(describe(suite))
        say(seed.describe())
        if key:
            say("Gemini's images are made by the Gemini API, and paid for by GEMINI_API_KEY")
        say("Ctrl-C ends it")
        say(describe_studio(suite))
        suite.wait()


def main() -> int:
    try:
        serve()
    except SuiteStopped as stopped:
        # Ctrl-C or a service manager asked for the end, which is the usual end of this command: so the status
        # is 0.
        return 0 if stopped.number in {signal.SIGINT, signal.SIGTERM} else 128 + stopped.number
    except (*FAILURES, httpx.HTTPError) as error:
        complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
