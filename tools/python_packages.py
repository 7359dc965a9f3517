"""Python environments that hold exactly what a lock lists, whatever has been released since.

They are made by the uv of the lock itself, or by pip where there is no uv for this machine. Neither
resolves anything: a lock is complete, and a release that it does not name must not matter. Where
packages come from is the user's business, and said in pip's configuration or in uv's; how and whereto
they are installed is ours, so nothing else of either is heeded.

`python -m tools.python_packages pip compile …` is that uv with these settings.
Read by the bare `python3`: standard library only, and nothing that an older Python cannot read.
"""

from __future__ import annotations

import ast
import functools
import math
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from tools.commands import ROOT, SetupError, run, tail
from tools.console import complain, say
from tools.steps import LOCAL

DEV_LOCK = ROOT / "requirements-dev.txt"
UV_HOME = LOCAL / "uv"
FIRST_TIME = "The first set-up of a checkout needs the package index."
INSTALLER_VARIABLE = "MEDIAFORGE_INSTALLER"  # `pip`: where pip reaches what uv cannot

PIP_SETTINGS = {
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host"),
    *("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries"),
    *("keyring-provider", "cache-dir", "no-cache-dir"),
}
PIP_SECTIONS = ("global", "install", ":env:")  # the later one holds, as in pip

UV_FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "no-index": "UV_NO_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
}
UV_SOURCES = re.compile(r"UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS)")
UV_VARIABLES_KEPT = re.compile(
    rf"{UV_SOURCES.pattern}|UV_INDEX_.*|UV_(INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|HTTP_.*|REQUEST_TIMEOUT"
    r"|KEYRING_PROVIDER|CREDENTIALS_DIR|NETRC|OFFLINE|CACHE_DIR|NO_CACHE|LINK_MODE|CONCURRENT_.*"
    r"|CONFIG_FILE|NO_CONFIG)"
)
UV_IN_LOCK = re.compile(r"^uv==(\S+)(?:.*\\\n +--hash=\S+)+", re.MULTILINE)
# pip's messages where there is no uv for this machine. pip also prints the first one where it could not reach
# the index, but then together with UNREACHED.
NO_UV_HERE = ("No matching distribution found", "is not a supported wheel")
UNREACHED = "Retrying ("
_DECIMAL = re.compile(r"[0-9]*\.[0-9]+")


def make_venv(target: Path, lock: Path) -> None:
    """Makes the environment from nothing, so that it holds exactly what the lock lists."""
    shutil.rmtree(target, ignore_errors=True)
    uv = None if os.environ.get(INSTALLER_VARIABLE) == "pip" else locked_uv()
    if uv is None:
        make_venv_by_pip(target, lock)
    else:
        make_venv_by_uv(uv, target, lock)


def make_venv_by_uv(uv: Path, target: Path, lock: Path) -> None:
    environment = uv_environment()
    make = [str(uv), "venv", "--quiet", "--no-project", "--python", base_python(), str(target)]
    done = run(make, environment)
    if not done.returncode:
        sync = [str(uv), "pip", "sync", "--quiet", "--require-hashes"]
        done = run([*sync, "--python", str(_python_of(target)), str(lock)], environment)
    if done.returncode:
        raise SetupError(
            f"{tail(done.stdout)}\nuv could not install {_name(lock)}; its reasons are above. "
            f"{FIRST_TIME} Where pip reaches one that uv does not, set {INSTALLER_VARIABLE}=pip."
        )


def make_venv_by_pip(target: Path, lock: Path) -> None:
    """Makes the environment with the interpreter's pip. As with uv, the environment has a pip only if the
    lock lists it."""
    environment = pip_environment()
    done = run([base_python(), "-m", "venv", "--without-pip", str(target)], environment)
    if not done.returncode:
        pip = [*pip_command(), "--python", str(_python_of(target))]
        done = run([*pip, *_install(lock)], environment)
    if done.returncode:
        raise SetupError(
            f"{tail(done.stdout)}\npip could not install {_name(lock)}; its reasons are above. "
            f"{FIRST_TIME}"
        )


def _install(requirements: Path) -> list[str]:
    """pip's arguments. Dependencies are off: when pip 23 resolves them it looks past the lock, and then
    refuses what it has found."""
    options = ["--require-hashes", "--no-deps", "--requirement", str(requirements)]
    # Most modules are never imported; Python compiles the others at their import.
    quietly = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    return ["install", *quietly, *options]


# uv -----------------------------------------------------------------------------------------


def locked_uv(home: Path = UV_HOME, lock: Path = DEV_LOCK) -> Path | None:
    """The uv of the lock, installed under `home`; None where there is none for this machine."""
    wanted = UV_IN_LOCK.search(lock.read_text(encoding="utf-8"))
    if wanted is None:
        raise SetupError(f"{_name(lock)} names no uv.")
    binary = home / "bin" / "uv"
    if _version(binary) != wanted[1]:
        say("Installing uv, which installs the rest")
        _install_uv(home, wanted[0])
    return binary if _version(binary) == wanted[1] else None


def _install_uv(home: Path, requirement: str) -> None:
    """Installs uv beside its place, and moves it there in one step, so that an interrupted installation
    leaves none."""
    unfinished, requirements = home.with_name("uv.part"), home.with_name("uv.txt")
    for folder in (home, unfinished):
        shutil.rmtree(folder, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    requirements.write_text(f"{requirement}\n", encoding="utf-8")
    options = ["--only-binary", ":all:", "--target", str(unfinished)]
    done = run([*pip_command(), *_install(requirements), *options], pip_environment())
    requirements.unlink()
    if not done.returncode:
        unfinished.rename(home)
    elif UNREACHED in done.stdout or not any(words in done.stdout for words in NO_UV_HERE):
        raise SetupError(
            f"{tail(done.stdout)}\npip could not install uv; its reasons are above. {FIRST_TIME}"
        )


def _version(uv: Path) -> str | None:
    """The version; None where the binary does not exist or does not run on this machine."""
    try:
        answer = run([str(uv), "--version"], python_environment())
    except OSError:
        return None
    words = answer.stdout.split()
    return words[1] if not answer.returncode and len(words) > 1 else None


def uv_environment() -> dict[str, str]:
    """uv does not read pip's configuration, so it is given the settings that pip would use. uv's own settings
    win."""
    own = {name: value for name, value in os.environ.items() if UV_VARIABLES_KEPT.fullmatch(name)}
    ours = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    # The hashes fix what is installed, so it may come from any index.
    usual = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "1"}
    return {**_without_installers(), **usual, **_from_pip(own), **own, **ours}


def _from_pip(own: Mapping[str, str]) -> dict[str, str]:
    """pip's settings as uv's variables; without the sources of packages, if the user has set uv's own."""
    settings = {name: value for name, value in pip_settings().items() if value}
    settings["find-links"] = ",".join(_found(settings.get("find-links", "")))
    if "cert" not in settings:  # pip reads these, and uv only its own
        bundles = (os.environ.get(name, "") for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
        settings["cert"] = next(filter(None, bundles), "")
    for name in ("timeout", "default-timeout"):
        settings[name] = _whole(settings.get(name, ""))
    for name in ("cert", "client-cert"):
        settings[name] = _of_home(settings.get(name, ""))
    told = {uvs: settings[pips] for pips, uvs in UV_FROM_PIP.items() if settings.get(pips)}
    if settings.get("keyring-provider") == "subprocess":
        told["UV_KEYRING_PROVIDER"] = "subprocess"
    if any(UV_SOURCES.fullmatch(name) for name in own):
        told = {name: value for name, value in told.items() if not UV_SOURCES.fullmatch(name)}
    return told


def _whole(seconds: str) -> str:
    """The seconds rounded up: pip takes fractions of a second, and uv does not."""
    return str(math.ceil(float(seconds))) if _DECIMAL.fullmatch(seconds) else seconds


def _of_home(place: str) -> str:
    return str(Path(place).expanduser()) if place.startswith("~/") else place


def _found(find_links: str) -> Iterator[str]:
    """The places that exist, with `~` expanded: a missing folder is a warning in pip and an error in uv, and
    only pip knows `~`."""
    for place in map(_of_home, find_links.split()):
        folder = place[len("file://") :] if place.startswith("file://") else place
        if "://" in folder or (ROOT / folder).exists():
            yield place


# pip ----------------------------------------------------------------------------------------


def pip_command() -> list[str]:
    return _pip_of(base_python())


@functools.lru_cache(maxsize=None)  # noqa: UP033 - older Pythons know no other
def _pip_of(python: str) -> list[str]:
    """The interpreter's own pip, or the one that it carries for new environments."""
    wheels = sorted(wheel for folder in _wheel_folders() for wheel in folder.glob("pip-*.whl"))
    for command in (["-m", "pip"], *([str(wheel / "pip")] for wheel in wheels)):
        pip = [python, *command]
        if not run([*pip, "--version"], python_environment()).returncode:
            return pip
    raise SetupError(
        f"{python} has no pip. Where it is a package of its own, install it "
        "(Debian and Ubuntu: python3.11-venv)."
    )


def _wheel_folders() -> list[Path]:
    folders = [Path(sysconfig.get_paths()["stdlib"], "ensurepip", "_bundled")]
    elsewhere = sysconfig.get_config_var("WHEEL_PKG_DIR")  # some distributions move them
    return [*folders, Path(elsewhere)] if elsewhere else folders


def pip_settings() -> dict[str, str]:
    """The settings of the user's pip about where packages come from, out of its files and variables."""
    listed = run([*pip_command(), "config", "list"], python_environment())
    told: dict[str, dict[str, str]] = {section: {} for section in PIP_SECTIONS}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, setting = name.rpartition(".")
        if section in told and setting in PIP_SETTINGS:
            told[section][setting] = _unquoted(value)
    return {name: value for section in PIP_SECTIONS for name, value in told[section].items()}


def _unquoted(value: str) -> str:
    """A value out of pip's listing, which shows it as a Python literal; the items of a list are on lines of
    their own."""
    try:
        return " ".join(str(ast.literal_eval(value)).split())
    except (SyntaxError, ValueError):
        return value


def pip_environment() -> dict[str, str]:
    """pip gets the wanted settings as variables, and reads no file of its configuration, which might
    constrain versions or move targets."""
    told = {f"PIP_{name.upper().replace('-', '_')}": text for name, text in pip_settings().items()}
    ours = {"PIP_CONFIG_FILE": os.devnull, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return {**_without_installers(), **told, **ours}


# Python -------------------------------------------------------------------------------------


def python_environment() -> dict[str, str]:
    """The user's environment without what changes where pip installs or what Python imports."""
    kept = {name: value for name, value in os.environ.items() if _names_source(name)}
    return {**_without_installers(), **kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def _names_source(variable: str) -> bool:
    if UV_VARIABLES_KEPT.fullmatch(variable):
        return True
    setting = variable[len("PIP_") :].lower().replace("_", "-")
    return variable.startswith("PIP_") and setting in {*PIP_SETTINGS, "config-file"}


def _without_installers() -> dict[str, str]:
    prefixes = ("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "CONDA_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def base_python() -> str:
    """The interpreter outside of any environment: for one inside, pip may not read the machine's
    configuration."""
    name = "python{}.{}".format(*sys.version_info[:2])
    found = Path(sys.base_exec_prefix, "bin", name)
    return str(found) if sys.prefix != sys.base_prefix and found.exists() else sys.executable


def _python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT) if ROOT in path.parents else path)


def main() -> NoReturn:
    try:
        uv, environment = locked_uv(), uv_environment()
    except SetupError as error:
        complain(str(error))
        sys.exit(1)
    if uv is None:
        complain("There is no uv for this machine.")
        sys.exit(1)
    os.execve(uv, [str(uv), *sys.argv[1:]], environment)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main()
