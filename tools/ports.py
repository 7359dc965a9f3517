"""The ports of the suite: firebase.json's, each one movable, or all by MEDIAFORGE_PORT_OFFSET. The Emulator
UI has one where MEDIAFORGE_UI=1 asks for it.

firebase-tools reads ports from a configuration file only, so a copy of firebase.json with the ports
in use, and with headers that let a page reach them, is written beside it: paths in it are relative to its
folder.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from tools.hosting import on_emulators
from tools.processes import PROC, command_name

HOST = "127.0.0.1"
WEBSOCKET = "firestore_websocket"
OFFSET_VARIABLE = "MEDIAFORGE_PORT_OFFSET"
UI = "ui"
UI_VARIABLE = "MEDIAFORGE_UI"
PROVIDERS_PORT = 9700
PORT_MAX = 65535
OFFSET_STEP = 100
LISTENING = "0A"
# fetch answers none of these, and so no browser does, nor firebase-tools itself:
# https://fetch.spec.whatwg.org/#port-blocking
REFUSED_BY_FETCH = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179),
        *(389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587),
        *(601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061),
        *(6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)

Ports = Mapping[str, int]


class PortError(Exception):
    """A port cannot be used; the message says which one and what to do."""


@dataclass(frozen=True)
class BusyPort:
    """A port of ours that someone listens on; `pid` is None when it is another user."""

    name: str
    port: int
    pid: int | None

    def __str__(self) -> str:
        owner = (
            f"{command_name(self.pid)} (pid {self.pid})" if self.pid else "another user's process"
        )
        return f"Port {self.port} ({self.name}) is taken by {owner}."


def port_variable(name: str) -> str:
    return f"MEDIAFORGE_{name.upper()}_PORT"


def read_ports(config: Path, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
    """Every port by its emulator's name in firebase.json; raises PortError for a bad one."""
    ports = _ports(config, environment)
    if problem := _problem(ports):
        raise PortError(problem)
    for name, port in ports.items():
        if port in REFUSED_BY_FETCH:
            refusal = f"Port {port} ({name}) is one that browsers and fetch refuse."
            raise PortError(f"{refusal} {_advice(name, config, environment)}")
    return ports


def refuse_busy(ports: Ports, config: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Raises PortError with a line for each port that is taken, and what to do."""
    if busy := busy_ports(ports):
        advice = _advice(busy[0].name, config, environment)
        raise PortError("\n".join([*map(str, busy), f"Stop what is running there. {advice}"]))


def _advice(name: str, config: Path, environment: Mapping[str, str]) -> str:
    """How to move to ports that can be used. No offset moves a port that has its own variable set."""
    offset = _better_offset(config, environment)
    if offset is None:
        return f"Set {port_variable(name)} to another port."
    return f"Set {OFFSET_VARIABLE}={offset} to move all ports."


def _better_offset(config: Path, environment: Mapping[str, str]) -> int | None:
    """The next offset at which every port can be used and is free."""
    asked = max(0, _number(environment, OFFSET_VARIABLE, 0))
    above = range(asked - asked % OFFSET_STEP + OFFSET_STEP, PORT_MAX, OFFSET_STEP)
    for offset in chain(above, range(0, asked, OFFSET_STEP)):
        ports = _ports(config, {**environment, OFFSET_VARIABLE: str(offset)})
        is_usable = _problem(ports) is None and not REFUSED_BY_FETCH.intersection(ports.values())
        if is_usable and not any(map(is_taken, ports.values())):
            return offset
    return None


def _ports(config: Path, environment: Mapping[str, str]) -> dict[str, int]:
    offset = _number(environment, OFFSET_VARIABLE, 0)
    defaults = dict(_default_ports(json.loads(config.read_text())))
    if environment.get(UI_VARIABLE) != "1":
        defaults.pop(UI, None)
    return {
        name: _number(environment, port_variable(name), default + offset)
        for name, default in defaults.items()
    }


def providers_port(environment: Mapping[str, str] = os.environ) -> int:
    """Where the local servers of the providers' protocols are, if they are asked for."""
    default = PROVIDERS_PORT + _number(environment, OFFSET_VARIABLE, 0)
    return _number(environment, port_variable("providers"), default)


def _default_ports(config: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for name, settings in config["emulators"].items():
        if isinstance(settings, dict) and "port" in settings:
            yield name, settings["port"]
    yield WEBSOCKET, config["emulators"]["firestore"]["websocketPort"]


def _number(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"-?[0-9]+", text):
        raise PortError(f"{variable} must be a whole number, not {text!r}.")
    return int(text)


def _problem(ports: Ports) -> str | None:
    """Why these ports cannot be used together; None where they can."""
    owners: dict[int, str] = {}
    for name, port in ports.items():
        if not 0 < port <= PORT_MAX:
            return f"Port {port} ({name}) is not between 1 and {PORT_MAX}."
        if port in owners:
            return f"Port {port} is set for both {owners[port]} and {name}."
        owners[port] = name
    return None


def write_config(source: Path, ports: Ports) -> Path:
    """A copy of firebase.json with these ports; the hub's is in its name, so suites do not mix."""
    config = json.loads(source.read_text())
    for name, port in ports.items():
        if name != WEBSOCKET:
            config["emulators"][name]["port"] = port
    config["emulators"]["firestore"]["websocketPort"] = ports[WEBSOCKET]
    config["emulators"][UI]["enabled"] = UI in ports
    origins = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    config["hosting"] = on_emulators(config["hosting"], source.parent, origins)
    target = source.with_name(f".firebase.{ports['hub']}.json")
    target.write_text(json.dumps(config, indent=2) + "\n")
    return target


def busy_ports(ports: Ports) -> list[BusyPort]:
    """Those of our ports that are taken, and by whom."""
    taken = {name: port for name, port in ports.items() if is_taken(port)}
    return [BusyPort(name, port, listener_pid(port)) for name, port in taken.items()]


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise PortError(f"Port {port} needs more rights than you have; move it.") from error
            return True
    return False


def listener_pid(port: int) -> int | None:
    """Who listens on the port; None when the system does not tell us."""
    if PROC.joinpath("net/tcp").exists():
        return _listener_in_proc(port)
    return _listener_in_lsof(port)


def _listener_in_proc(port: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in PROC.glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in sockets:
                return int(link.parts[2])
        except OSError:  # closed meanwhile, or another user's
            continue
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        path = PROC / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            columns = line.split()
            local, state, inode = columns[1], columns[3], columns[9]
            if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                yield inode


def _listener_in_lsof(port: int) -> int | None:
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"]
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    except FileNotFoundError:
        return None
    return int(output.split()[0]) if output.split() else None
