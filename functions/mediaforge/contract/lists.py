"""The lists that clients may ask Firestore for.

The rules allow each of them, and `firestore.indexes.json` has the indexes that it needs. The emulators answer
other queries, too, because they need no index. A project refuses those.

Only the fields at the top of a document can be asked for. The maps in it (`generation_data`, `request_data`)
have no index: ask for `model`, not for `generation_data.model`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from mediaforge.domain.jobs.kinds import JobKind

NEWEST_FIRST = "-created_at"
OLDEST_FIRST = "created_at"
# The lists on a view of which one item may be asked for.
_LISTS = (("a word", "search_terms"), ("a tag", "tags"))


@dataclass(frozen=True, slots=True)
class ClientList:
    """One list. `says` is what it lists, for the documentation. `collection` is a path, in which `{uid}` and
    the like stand for ids; if `is_group`, it is the name of the collections that are listed together. The
    query asks for each field of `required` by `==`. It may ask for any of the fields of `optional`, also for
    several of them, by `==` or `in`. `order_by` is a field, with a leading `-` for descending order; without
    it the documents come in the order of their ids, and can be counted. `contains` is a list of which the
    query asks for one item, by `array-contains`."""

    says: str
    collection: str
    required: Sequence[str] = ()
    optional: Sequence[str] = ()
    order_by: str = ""
    is_group: bool = False
    contains: str = ""

    def conditions(self) -> Iterator[Sequence[str]]:
        """Each set of fields that the query may ask for by `==`."""
        for number in range(len(self.optional) + 1):
            for chosen in combinations(self.optional, number):
                yield (*self.required, *chosen)


def _own(kind: JobKind) -> Iterator[ClientList]:
    of, jobs = f"generations/{{uid}}/{kind.plural}", f"own {kind.plural}"
    listed_by = ("status", "model", "brand_id", "team_id", "batch_id")
    yield ClientList(f"{jobs}, newest first", of, (), (*listed_by, "favourite"), NEWEST_FIRST)
    for says, name in _LISTS:
        by_item = f"{jobs} with {says}, newest first"
        yield ClientList(by_item, of, (), (), NEWEST_FIRST, contains=name)
    yield ClientList(f"{jobs}, oldest first", of, (), (), OLDEST_FIRST)
    yield ClientList(f"{jobs}, last changed first", of, (), (), "-modified")
    yield ClientList(f"{jobs}, in the order of their changes", of, (), (), "modified")
    yield ClientList(f"{jobs}, last ended first", of, (), (), "-completed_at")
    yield ClientList(f"{jobs}, in any order, or counted", of, (), listed_by)


def _of_team(kind: JobKind) -> Iterator[ClientList]:
    of, jobs = kind.plural, f"a team's {kind.plural}"
    team = ("team_id",)
    listed_by = ("status", "model", "brand_id", "user_id", "batch_id", "favourite")
    yield ClientList(f"{jobs}, newest first", of, team, listed_by, NEWEST_FIRST, is_group=True)
    for says, name in _LISTS:
        by_item = f"{jobs} with {says}, newest first"
        yield ClientList(by_item, of, team, (), NEWEST_FIRST, is_group=True, contains=name)
    yield ClientList(f"{jobs}, oldest first", of, team, (), OLDEST_FIRST, is_group=True)
    yield ClientList(f"{jobs}, in any order, or counted", of, team, is_group=True)


def _brands(whose: str, says: str) -> Iterator[ClientList]:
    yield ClientList(f"{says} brands, newest first", "brands", (whose,), (), NEWEST_FIRST)
    yield ClientList(f"{says} brands, in any order", "brands", (whose,), ("status",))


def _written(what: str, collection: str, listed_by: str) -> Iterator[ClientList]:
    by = (listed_by,)
    yield ClientList(f"own {what}, newest first", collection, ("user_id",), by, NEWEST_FIRST)
    yield ClientList(f"a team's {what}, newest first", collection, ("team_id",), by, NEWEST_FIRST)
    public = f"public {what} (`visibility` is `public`), newest first"
    yield ClientList(public, collection, ("visibility",), by, NEWEST_FIRST)


def _batches(whose: str, says: str) -> Iterator[ClientList]:
    yield ClientList(
        f"{says} batches, newest first", "batches", (whose,), ("status",), NEWEST_FIRST
    )


def _webhooks(whose: str, says: str) -> Iterator[ClientList]:
    yield ClientList(f"{says} webhooks, newest first", "webhooks", (whose,), (), NEWEST_FIRST)


def _comparisons(whose: str, says: str) -> Iterator[ClientList]:
    yield ClientList(f"{says} comparisons, newest first", "comparisons", (whose,), (), NEWEST_FIRST)


CLIENT_LISTS: Sequence[ClientList] = (
    *(each for kind in JobKind for each in _own(kind)),
    *(each for kind in JobKind for each in _of_team(kind)),
    *_brands("user_id", "own"),
    *_brands("team_id", "a team's"),
    ClientList("own API keys, newest first", "api_keys", ("user_id",), (), NEWEST_FIRST),
    *_batches("user_id", "own"),
    *_batches("team_id", "a team's"),
    ClientList(
        "a batch's rows, in their order", "batches/{batchId}/rows", (), ("status",), "index"
    ),
    ClientList("the comments of a batch", "batches/{batchId}/comments", order_by=OLDEST_FIRST),
    ClientList("with whom a batch is shared", "batches/{batchId}/shared_with"),
    ClientList("the open codes of a batch", "batches/{batchId}/invites"),
    ClientList("what is shared with a user: their shares", "shared_with", ("uid",), is_group=True),
    *_comparisons("user_id", "own"),
    *_comparisons("team_id", "a team's"),
    *_comparisons("batch_id", "a batch's"),
    *_webhooks("user_id", "own"),
    *_webhooks("team_id", "a team's"),
    ClientList(
        "what a webhook was told, newest first",
        "webhooks/{webhookId}/deliveries",
        order_by=NEWEST_FIRST,
    ),
    ClientList("the votes on a comparison", "comparisons/{comparisonId}/votes"),
    ClientList("the memberships of a user: their teams", "members", ("uid",), is_group=True),
    ClientList("a team's members", "teams/{teamId}/members"),
    ClientList("a team's open invitations, for its owners", "teams/{teamId}/invites"),
    ClientList(
        "the entries of an account, newest first",
        "accounts/{accountId}/ledger",
        order_by=NEWEST_FIRST,
    ),
    ClientList(
        "the entries of an account, oldest first",
        "accounts/{accountId}/ledger",
        order_by=OLDEST_FIRST,
    ),
    ClientList("the entries of one job", "accounts/{accountId}/ledger", ("job_id",)),
    ClientList("own uploads, newest first", "references/{uid}/files", order_by=NEWEST_FIRST),
    ClientList("own exports, newest first", "exports/{uid}/files", order_by=NEWEST_FIRST),
    ClientList("own uploads, ready or refused", "references/{uid}/files", ("status",)),
    *_written("packs", "reference_packs", "is_template"),
    *_written("templates", "templates", "kind"),
)
