"""The providers' own SDKs against servers on a loopback port that speak their protocols."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from google.oauth2.credentials import Credentials

from mediaforge.providers.vertex.client import VertexSettings
from protocols.server import serving
from protocols.vertex import Journal, create_app

SLOW_S = 1.5


@dataclass(frozen=True)
class Vertex:
    """A Vertex AI of the test's own. `stored` are the files it wrote, by `gs://` address."""

    settings: VertexSettings
    journal: Journal
    stored: dict[str, bytes]

    @property
    def of_veo(self) -> VertexSettings:
        """Settings for Veo, which is at another location."""
        return replace(self.settings, location="us-central1")

    @property
    def impatient(self) -> VertexSettings:
        """Settings whose every time limit is shorter than `#slow`."""
        limit_s = 0.5
        return replace(
            self.settings,
            image_timeout_s=limit_s,
            submit_timeout_s=limit_s,
            poll_timeout_s=limit_s,
            text_timeout_s=limit_s,
        )


@pytest.fixture
def vertex() -> Iterator[Vertex]:
    journal, stored = Journal(), dict[str, bytes]()
    app = create_app(lambda uri, content, _: stored.update({uri: content}), journal, SLOW_S)
    with serving(app) as origin:
        yield Vertex(
            VertexSettings("demo-project", "global", _static_token, origin), journal, stored
        )


def _static_token() -> Credentials:
    return Credentials("test-token")
