"""The ports of the suite: firebase.json's, each one movable, or all by MEDIAFORGE_PORT_OFFSET.

firebase-tools reads ports from a configuration file only, so a copy of firebase.json with the ports
in use is written beside it: paths in it are relative to its folder.
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
from pathlib import Path
from typing import Any

from tools.processes import PROC, command_name

HOST = "127.0.0.1"
WEBSOCKET = "firestore_websocket"
OFFSET_VARIABLE = "MEDIAFORGE_PORT_OFFSET"
PROVIDERS_PORT = 9700
PORT_MAX = 65535
LISTENING = "0A"

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
        return (
            f"Port {self.port} ({self.name}) is taken by {owner}. "
            f"Stop it, or set {port_variable(self.name)}."
        )


def port_variable(name: str) -> str:
    return f"MEDIAFORGE_{name.upper()}_PORT"


def read_ports(config: Path, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
    """Every port by its emulator's name in firebase.json; raises PortError for a bad one."""
    offset = _number(environment, OFFSET_VARIABLE, 0)
    ports = {
        name: _number(environment, port_variable(name), default + offset)
        for name, default in _default_ports(json.loads(config.read_text()))
    }
    _refuse_unusable(ports)
    return ports


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


def _refuse_unusable(ports: Ports) -> None:
    owners: dict[int, str] = {}
    for name, port in ports.items():
        if not 0 < port <= PORT_MAX:
            raise PortError(f"Port {port} ({name}) is not between 1 and {PORT_MAX}.")
        if port in owners:
            raise PortError(f"Port {port} is set for both {owners[port]} and {name}.")
        owners[port] = name


def write_config(source: Path, ports: Ports) -> Path:
    """A copy of firebase.json with these ports; the hub's is in its name, so suites do not mix."""
    config = json.loads(source.read_text())
    for name, port in ports.items():
        if name != WEBSOCKET:
            config["emulators"][name]["port"] = port
    config["emulators"]["firestore"]["websocketPort"] = ports[WEBSOCKET]
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
