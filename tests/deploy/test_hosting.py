"""What pages are served with in production: what they may load and reach, nobody frames them, and what is
kept how long. What the emulators add is in tests/tools/test_suite_ports.py."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools.hosting import BUILT

ROOT = Path(__file__).parents[2]
HOSTING: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text(encoding="utf-8"))[
    "hosting"
]


def headers_of(path: str) -> dict[str, str]:
    return {
        header["key"]: header["value"]
        for rule in HOSTING["headers"]
        if re.fullmatch(rule["regex"], path)
        for header in rule["headers"]
    }


@pytest.mark.parametrize("path", ["/", "/index.html", "/_", "/_next/static/a.js", "/jobs/__x"])
def test_a_page_has_its_security_headers(path: str) -> None:
    headers = headers_of(path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert headers["Permissions-Policy"].startswith("camera=(), microphone=()")


def test_a_page_runs_no_script_but_its_own_and_that_of_google_s_window() -> None:
    policy = {
        name: sources
        for name, *sources in map(str.split, headers_of("/")["Content-Security-Policy"].split(";"))
    }
    assert policy["default-src"] == ["'none'"]
    # Signing in with Google's window loads these two; the SDK has no other way.
    assert policy["script-src"] == [
        "'self'",
        *(f"https://apis.google.com/{path}/" for path in ("js", "_/scs")),
    ]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert not any(
        source.startswith(("http:", "ws:", "*", "https://*.com"))
        for sources in policy.values()
        for source in sources
    )


@pytest.mark.parametrize(
    "path", ["/", "/library", "/_not-found", "/sw.js", "/theme.js", "/manifest.webmanifest"]
)
def test_what_keeps_its_name_is_asked_for_again(path: str) -> None:
    assert headers_of(path)["Cache-Control"] == "no-cache"


def test_what_has_its_content_s_hash_in_its_name_is_kept() -> None:
    assert "immutable" in headers_of("/_next/static/chunks/0a1b2c.js")["Cache-Control"]


@pytest.mark.parametrize("path", ["/__/auth/iframe", "/__/auth/handler", "/__/firebase/init.json"])
def test_firebase_s_own_pages_are_left_alone(path: str) -> None:
    """Signing in with a popup frames one of them."""
    assert headers_of(path) == {}


def test_what_is_deployed_is_what_the_set_up_builds() -> None:
    assert HOSTING["public"] == BUILT
    assert HOSTING["predeploy"] == "python3 -m tools.setup studio"
