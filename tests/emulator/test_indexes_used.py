"""The indexes that a project would need for the queries of this session. The emulator only notes them."""

import os

import pytest
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.emulator.conftest import Inside
from tests.memory.indexes import DEPLOYED, Index, without
from tests.support.index_usage import read_report, unserved
from tests.support.stored_types import stored_types

OURS = {collection for collection, _ in stored_types()}
OF_A_TEAM = Index("images", (("team_id", "ASCENDING"), ("created_at", "DESCENDING")), True)


@pytest.mark.last
def test_each_query_of_this_session_has_its_index(inside: Inside) -> None:
    """The query that is made here has its index, and would be missed without it: so the report is not empty,
    and is read rightly."""
    of_team = FieldFilter("team_id", "==", "a team")
    images = inside.database.collection_group("images").where(filter=of_team)
    list(images.order_by("created_at", direction="DESCENDING").stream())

    report = read_report(os.environ["FIRESTORE_EMULATOR_HOST"], os.environ["GCLOUD_PROJECT"])

    assert unserved(report, DEPLOYED, OURS) == []
    missed = unserved(report, without(DEPLOYED, OF_A_TEAM), OURS)
    assert "images COLLECTION_GROUP: team_id ASCENDING, created_at DESCENDING" in missed
