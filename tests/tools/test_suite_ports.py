"""Ports can be moved, one by one or all together, and a taken one is named with its owner."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tools.ports import (
    PortError,
    busy_ports,
    port_variable,
    read_ports,
    write_config,
)
from tools.setup import ROOT

CONFIG = ROOT / "firebase.json"


def test_the_defaults_are_the_contract_s() -> None:
    ports = read_ports(CONFIG, {})

    assert ports == {
        "auth": 9099,
        "functions": 5001,
        "firestore": 8080,
        "storage": 9199,
        "tasks": 9499,
        "eventarc": 9299,
        "hosting": 5000,
        "hub": 4400,
        "logging": 4500,
        "firestore_websocket": 9150,
    }


@pytest.mark.parametrize("name", sorted(read_ports(CONFIG, {})))
def test_every_port_has_a_variable(name: str) -> None:
    assert read_ports(CONFIG, {port_variable(name): "23456"})[name] == 23456


def test_the_offset_moves_the_ports_that_are_not_set_themselves() -> None:
    ports = read_ports(CONFIG, {"MEDIAFORGE_PORT_OFFSET": "3000", "MEDIAFORGE_AUTH_PORT": "1234"})

    assert (ports["auth"], ports["firestore"], ports["hub"]) == (1234, 11080, 7400)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MEDIAFORGE_HUB_PORT": "http"}, "MEDIAFORGE_HUB_PORT must be a whole number"),
        ({"MEDIAFORGE_HUB_PORT": "70000"}, r"Port 70000 \(hub\) is not between"),
        ({"MEDIAFORGE_PORT_OFFSET": "-5000"}, "is not between"),
        ({"MEDIAFORGE_HUB_PORT": "8080"}, "Port 8080 is set for both"),
    ],
)
def test_a_bad_port_is_refused_in_a_sentence(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(PortError, match=sentence):
        read_ports(CONFIG, variables)


def test_the_written_config_differs_from_its_source_in_ports_only(tmp_path: Path) -> None:
    source = tmp_path / "firebase.json"
    source.write_text(CONFIG.read_text())
    moved = read_ports(source, {"MEDIAFORGE_PORT_OFFSET": "3000"})

    written = write_config(source, moved)

    assert written.parent == source.parent  # paths in it are relative to its folder
    assert read_ports(written, {}) == moved
    write_config(written, read_ports(source, {}))
    original, moved_back = json.loads(source.read_text()), tmp_path / ".firebase.4400.json"
    assert json.loads(moved_back.read_text()) == original


def test_a_busy_port_is_named_with_the_process_that_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        (busy,) = busy_ports({"auth": port})

        assert busy.pid == os.getpid()
        assert str(busy).startswith(f"Port {port} (auth) is taken by ")
        assert str(busy).endswith(f"(pid {os.getpid()}). Stop it, or set MEDIAFORGE_AUTH_PORT.")


def test_a_listener_on_all_addresses_makes_the_port_busy_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert [one.name for one in busy_ports({"hub": server.getsockname()[1]})] == ["hub"]


def test_a_free_port_is_not_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert busy_ports({"auth": port}) == []
