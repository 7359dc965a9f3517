"""What Hosting serves on the emulators: the built studio, with headers that also let a page reach these
emulators.

firebase.json has the headers of production. A page that is served by the suite speaks to other ports of this
machine, so the suite's own configuration names them in the Content-Security-Policy; a deploy never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

POLICY = "Content-Security-Policy"
BUILT = "web/out"  # what a deploy serves
UNBUILT = "web/unbuilt"  # a page that says how to build the studio
# Which emulators a directive allows beside production's hosts.
REACHED = {
    "frame-src": ("auth",),  # of the emulators' own Google window
    "connect-src": ("auth", "functions", "firestore", "storage"),
    "img-src": ("storage",),
    "media-src": ("storage",),
}


def is_built(root: Path) -> bool:
    return (root / BUILT / "index.html").is_file()


def on_emulators(
    hosting: Mapping[str, Any], root: Path, origins: Mapping[str, str]
) -> dict[str, Any]:
    """The `hosting` of firebase.json for a suite whose emulators have these origins."""
    public = BUILT if is_built(root) else UNBUILT
    rules = [
        {**rule, "headers": [_reaching(header, origins) for header in rule["headers"]]}
        for rule in hosting["headers"]
    ]
    return {**hosting, "public": public, "headers": rules}


def _reaching(header: Mapping[str, str], origins: Mapping[str, str]) -> dict[str, str]:
    if header["key"] != POLICY:
        return dict(header)
    directives = [directive.split() for directive in header["value"].split(";")]
    allowed = [
        " ".join([*words, *(origins[emulator] for emulator in REACHED.get(words[0], ()))])
        for words in directives
    ]
    return {**header, "value": "; ".join(allowed)}
