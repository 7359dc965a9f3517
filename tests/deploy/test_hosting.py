"""What pages are served with: nobody frames them, and nothing is taken for what it does not say it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

HOSTING: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "firebase.json").read_text(encoding="utf-8")
)["hosting"]


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


@pytest.mark.parametrize("path", ["/__/auth/iframe", "/__/auth/handler", "/__/firebase/init.json"])
def test_firebase_s_own_pages_are_left_alone(path: str) -> None:
    """Signing in with a popup frames one of them."""
    assert headers_of(path) == {}
