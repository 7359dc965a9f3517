"""Ports can be moved, one by one or all together, and a taken one is named with its owner."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.ports import (
    REFUSED_BY_FETCH,
    PortError,
    busy_ports,
    port_variable,
    read_ports,
    refuse_busy,
    write_config,
)
from tools.setup import ROOT
from tools.suite import Suite, describe

CONFIG = ROOT / "firebase.json"
FETCH = "console.log(JSON.stringify(require('undici/lib/web/fetch/constants.js').badPorts))"


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


def test_what_is_started_says_where_the_api_is() -> None:
    ports = read_ports(CONFIG)
    address = f"http://127.0.0.1:{ports['functions']}/demo-mediaforge/us-central1/api"
    assert f"  {'api':<10} {address}" in describe(Suite(ports)).splitlines()


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


@pytest.mark.parametrize(
    ("variables", "port"),
    [
        ({"MEDIAFORGE_PORT_OFFSET": "2000"}, r"10080 \(firestore\)"),
        ({"MEDIAFORGE_PORT_OFFSET": "1000"}, r"6000 \(hosting\)"),
        ({"MEDIAFORGE_PORT_OFFSET": "45", "MEDIAFORGE_UI": "1"}, r"4045 \(ui\)"),
    ],
)
def test_an_offset_to_a_port_that_fetch_refuses_is_refused_with_one_that_works(
    variables: dict[str, str], port: str
) -> None:
    with pytest.raises(PortError) as refusal:
        read_ports(CONFIG, variables)

    said = re.fullmatch(
        rf"Port {port} is one that browsers and fetch refuse\. "
        r"Set MEDIAFORGE_PORT_OFFSET=(\d+) to move all ports\.",
        str(refusal.value),
    )
    assert said
    better = read_ports(CONFIG, {**variables, "MEDIAFORGE_PORT_OFFSET": said[1]})
    assert not REFUSED_BY_FETCH & set(better.values())
    assert busy_ports(better) == []


def test_a_port_of_its_own_that_fetch_refuses_has_to_be_moved_itself() -> None:
    with pytest.raises(PortError, match=r"Set MEDIAFORGE_HUB_PORT to another port\.$"):
        read_ports(CONFIG, {"MEDIAFORGE_HUB_PORT": "6000"})


def test_the_refused_ports_are_those_of_fetch() -> None:
    """undici is the fetch of Node.js, and so of firebase-tools."""
    listed = subprocess.check_output(["node", "--eval", FETCH], cwd=ROOT, text=True)  # noqa: S607

    assert set(map(int, json.loads(listed))) == REFUSED_BY_FETCH


def test_the_emulator_ui_has_a_port_where_it_is_asked_for(tmp_path: Path) -> None:
    source = tmp_path / "firebase.json"
    source.write_text(CONFIG.read_text())
    asked = {"MEDIAFORGE_UI": "1", "MEDIAFORGE_PORT_OFFSET": "300"}

    ports = read_ports(source, asked)

    assert ports == {**read_ports(source, {"MEDIAFORGE_PORT_OFFSET": "300"}), "ui": 4300}
    ui = json.loads(write_config(source, ports).read_text())["emulators"]["ui"]
    assert (ui["enabled"], ui["port"]) == (True, 4300)
    del ports["ui"]
    assert not json.loads(write_config(source, ports).read_text())["emulators"]["ui"]["enabled"]


def test_the_written_config_differs_from_its_source_in_ports_and_in_what_a_page_may_reach(
    tmp_path: Path,
) -> None:
    source = tmp_path / "firebase.json"
    source.write_text(CONFIG.read_text())
    built = tmp_path / "web" / "out" / "index.html"
    built.parent.mkdir(parents=True)
    built.touch()
    moved = read_ports(source, {"MEDIAFORGE_PORT_OFFSET": "3000"})

    written = write_config(source, moved)

    assert written.parent == source.parent  # paths in it are relative to its folder
    assert read_ports(written, {}) == moved
    original, copy = json.loads(source.read_text()), json.loads(written.read_text())
    strict, reaching = _directives(original), _directives(copy)
    added = {
        name: reaching[name] - strict[name] for name in strict if reaching[name] != strict[name]
    }
    auth, functions, firestore, storage = (
        f"http://127.0.0.1:{moved[name]}" for name in ("auth", "functions", "firestore", "storage")
    )
    assert added == {
        "frame-src": {auth},
        "connect-src": {auth, functions, firestore, storage},
        "img-src": {storage},
        "media-src": {storage},
    }
    for config in (original, copy):
        del config["emulators"], _policy(config)["value"]
    assert copy == original


def test_a_studio_that_is_not_built_is_served_as_a_page_that_says_so(tmp_path: Path) -> None:
    source = tmp_path / "firebase.json"
    source.write_text(CONFIG.read_text())

    written = json.loads(write_config(source, read_ports(source, {})).read_text())

    page = ROOT / written["hosting"]["public"] / "index.html"
    assert "make run" in page.read_text(encoding="utf-8")


def _policy(config: dict[str, Any]) -> dict[str, str]:
    (policy,) = (
        header
        for rule in config["hosting"]["headers"]
        for header in rule["headers"]
        if header["key"] == "Content-Security-Policy"
    )
    found: dict[str, str] = policy
    return found


def _directives(config: dict[str, Any]) -> dict[str, set[str]]:
    words = [directive.split() for directive in _policy(config)["value"].split(";")]
    return {name: set(sources) for name, *sources in words}


def test_a_busy_port_is_named_with_the_process_that_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        (busy,) = busy_ports({"auth": port})

        assert busy.pid == os.getpid()
        assert str(busy).startswith(f"Port {port} (auth) is taken by ")
        assert str(busy).endswith(f"(pid {os.getpid()}).")


def test_of_several_busy_ports_each_has_a_line_and_all_have_one_advice() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ports = {"auth": one.getsockname()[1], "hub": two.getsockname()[1]}

        with pytest.raises(PortError) as refusal:
            refuse_busy(ports, CONFIG, {"MEDIAFORGE_PORT_OFFSET": "5000"})

    *lines, advice = str(refusal.value).splitlines()
    assert [line.partition(" is taken by ")[0] for line in lines] == [
        f"Port {port} ({name})" for name, port in ports.items()
    ]
    assert re.fullmatch(
        r"Stop what is running there\. Set MEDIAFORGE_PORT_OFFSET=\d+ to move all ports\.", advice
    )


def test_a_listener_on_all_addresses_makes_the_port_busy_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert [one.name for one in busy_ports({"hub": server.getsockname()[1]})] == ["hub"]


def test_a_free_port_is_not_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert busy_ports({"auth": port}) == []
