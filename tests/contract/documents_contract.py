"""What every implementation of the Documents port promises: run in memory and on the emulators.

A module that runs it gives the fixture `store`. If the memory adapter passes what the real one fails,
the memory adapter is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import pytest
from pydantic import ValidationError

from mediaforge.contract.documents import Ref, dump
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.job import Job, Lease
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.documents import Documents, Query, Transaction, Written
from tests.support.stored import row
from tests.support.world import at_once

NOON = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2099, 1, 1, tzinfo=UTC)
JOB = Job(
    id="a",
    kind=JobKind.IMAGE,
    user_id="ann",
    account_id="user_ann",
    model="local-image",
    provider="local",
    queue="runLocalImage",
    request_data={"prompt": "a"},
    request_hash="h",
    seed=1,
    price_credits=2,
    estimated_credits=2,
    asset_token="t",
    created_at=NOON,
    modified=NOON,
    expires_at=FAR_OFF,
    due_at=FAR_OFF,
)
READ_OR_NOT = pytest.mark.parametrize("reads", [False, True], ids=["unread", "read"])


@dataclass(frozen=True, slots=True)
class Lamp:
    """A document with every type of field that ours have."""

    name: str
    watts: int = 60
    room: str | None = None
    lit_at: datetime | None = None
    share: float = 0.5
    is_lit: bool = False
    labels: tuple[str, ...] = ()
    maker: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lit:
    """As little of a lamp as says when it was lit."""

    id: str
    lit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bulb:
    """A document whose type says what it is called."""

    id: str
    watts: int = 60


class Store(Protocol):
    """Documents under test, in a collection that nobody else writes to, and a way around them."""

    @property
    def documents(self) -> Documents: ...

    @property
    def collection(self) -> str: ...

    def write_raw(self, path: str, fields: Mapping[str, Any]) -> None: ...

    def read_raw(self, path: str) -> Mapping[str, Any] | None: ...


def lamp(store: Store, lamp_id: str) -> Ref[Lamp]:
    return Ref(f"{store.collection}/{lamp_id}", Lamp)


def create(store: Store, lamp_id: str, value: Lamp) -> None:
    store.documents.transact(lambda tx: tx.create(lamp(store, lamp_id), value))


def put(store: Store, lamp_id: str, value: Lamp, reads: bool = False) -> None:
    def work(tx: Transaction) -> None:
        if reads:
            tx.get(lamp(store, lamp_id))
        tx.put(lamp(store, lamp_id), value)

    store.documents.transact(work)


def bulb(store: Store, bulb_id: str) -> Ref[Bulb]:
    return Ref(f"{store.collection}/{bulb_id}", Bulb)


def delete(store: Store, lamp_id: str, reads: bool = False) -> None:
    def work(tx: Transaction) -> None:
        if reads:
            tx.get(lamp(store, lamp_id))
        tx.delete(lamp(store, lamp_id))

    store.documents.transact(work)


def job(store: Store, job_id: str) -> Ref[Job]:
    return Ref(f"{store.collection}/{job_id}", Job)


def write_read(ref: Ref[Job], value: Job, tx: Transaction) -> Written:
    assert tx.get(ref) is not None
    return tx.put(ref, value)


def brighten(store: Store, lamp_id: str) -> None:
    """Reads a document and writes it back with one watt more."""

    def work(tx: Transaction) -> None:
        found = tx.get(lamp(store, lamp_id))
        assert found is not None
        tx.put(lamp(store, lamp_id), replace(found, watts=found.watts + 1))

    store.documents.transact(work)


class DocumentsContract:
    # ---- one document --------------------------------------------------------------------------

    def test_a_document_that_was_never_written_is_none(self, store: Store) -> None:
        assert store.documents.get(lamp(store, "a")) is None
        assert store.documents.transact(lambda tx: tx.get(lamp(store, "a"))) is None

    @pytest.mark.parametrize(
        "value",
        [
            Lamp("bare"),
            Lamp(
                "full",
                watts=2**40,
                room="häll 🗼",
                lit_at=NOON,
                share=0.1,
                is_lit=True,
                labels=("a", "b"),
                maker={"name": "x", "dots.in key": 1, "deep": {"list": [1, None, {"a": "b"}]}},
            ),
        ],
        ids=lambda value: value.name,
    )
    def test_what_is_written_is_read_back(self, store: Store, value: Lamp) -> None:
        create(store, "a", value)
        assert store.documents.get(lamp(store, "a")) == value
        assert store.documents.transact(lambda tx: tx.get(lamp(store, "a"))) == value

    @pytest.mark.parametrize("watts", [-(2**63), 2**63 - 1])
    def test_an_integer_may_have_64_bits(self, store: Store, watts: int) -> None:
        create(store, "a", Lamp("a", watts=watts, maker={"deep": [watts]}))
        assert store.documents.get(lamp(store, "a")) == Lamp(
            "a", watts=watts, maker={"deep": [watts]}
        )

    @pytest.mark.parametrize("number", [-(2**63) - 1, 2**63])
    @pytest.mark.parametrize("write", [create, put])
    def test_an_integer_beyond_64_bits_is_refused_however_deep_and_nothing_is_written(
        self, store: Store, write: Callable[[Store, str, Lamp], None], number: int
    ) -> None:
        for value in (Lamp("a", watts=number), Lamp("a", maker={"deep": [{"er": number}]})):
            with pytest.raises(ValueError, match="out of range"):
                write(store, "a", value)
        assert store.documents.get(lamp(store, "a")) is None

    def test_a_read_value_is_the_reader_s_own(self, store: Store) -> None:
        create(store, "a", Lamp("a", maker={"deep": {"list": [1]}}))
        found = store.documents.get(lamp(store, "a"))
        assert found is not None
        found.maker["deep"]["list"].append(2)
        assert store.documents.get(lamp(store, "a")) == Lamp("a", maker={"deep": {"list": [1]}})

    def test_a_written_value_is_the_store_s_own(self, store: Store) -> None:
        numbers = [1]
        create(store, "a", Lamp("a", maker={"numbers": numbers}))
        numbers.append(2)
        assert store.documents.get(lamp(store, "a")) == Lamp("a", maker={"numbers": [1]})

    @READ_OR_NOT
    def test_put_makes_a_document_that_is_not_there(self, store: Store, reads: bool) -> None:
        put(store, "a", Lamp("a"), reads)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")

    @READ_OR_NOT
    def test_put_replaces_the_fields_it_names_whole(self, store: Store, reads: bool) -> None:
        create(store, "a", Lamp("a", labels=("x", "y"), maker={"name": "x", "a.b": 1900}))
        put(store, "a", Lamp("b", labels=("z",), maker={"c.d": "z"}), reads)
        expected = Lamp("b", labels=("z",), maker={"c.d": "z"})
        assert store.documents.get(lamp(store, "a")) == expected

    @READ_OR_NOT
    def test_put_empties_a_field(self, store: Store, reads: bool) -> None:
        create(store, "a", Lamp("a", room="hall", lit_at=NOON, labels=("x",), maker={"name": "x"}))
        put(store, "a", Lamp("a"), reads)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")

    def test_put_keeps_fields_that_it_read_and_does_not_know(self, store: Store) -> None:
        create(store, "a", Lamp("a"))
        store.write_raw(f"{store.collection}/a", {"added_later": {"by": "a newer version"}})
        put(store, "a", Lamp("b"), reads=True)
        fields = store.read_raw(f"{store.collection}/a")
        assert fields is not None
        assert fields["added_later"] == {"by": "a newer version"}
        assert fields["name"] == "b"

    def test_put_overwrites_what_it_did_not_read(self, store: Store) -> None:
        store.write_raw(f"{store.collection}/a", {"left_over": 1})
        put(store, "a", Lamp("b"), reads=False)
        assert store.read_raw(f"{store.collection}/a") == dump(Lamp("b"))

    def test_fields_it_does_not_know_do_not_disturb_a_read(self, store: Store) -> None:
        create(store, "a", Lamp("a"))
        store.write_raw(f"{store.collection}/a", {"added_later": 1})
        assert store.documents.get(lamp(store, "a")) == Lamp("a")

    # ---- a job, which is kept in parts ---------------------------------------------------------

    def test_a_job_is_kept_in_parts_and_found_by_what_is_on_top(self, store: Store) -> None:
        store.documents.transact(lambda tx: tx.create(job(store, "a"), JOB))
        fields = store.read_raw(f"{store.collection}/a") or {}
        assert {"status", "wish", "run", "end"} <= fields.keys()
        assert fields["wish"]["request_data"] == {"prompt": "a"}
        queued = Query(store.collection, (("status", "==", "queued"),))
        assert store.documents.find(Job, queued) == [JOB]

    def test_of_a_part_only_what_differs_is_written(self, store: Store) -> None:
        store.documents.transact(lambda tx: tx.create(job(store, "a"), JOB))
        run = (store.read_raw(f"{store.collection}/a") or {})["run"]
        store.write_raw(f"{store.collection}/a", {"run": {**run, "added_later": 1}})

        leased = replace(JOB, lease=Lease("w", NOON), attempts=1)
        store.documents.transact(partial(write_read, job(store, "a"), leased))
        store.documents.transact(partial(write_read, job(store, "a"), leased))

        assert store.documents.get(job(store, "a")) == leased
        fields = store.read_raw(f"{store.collection}/a") or {}
        assert fields["run"]["added_later"] == 1
        ended = replace(leased, lease=None)
        store.documents.transact(partial(write_read, job(store, "a"), ended))
        assert store.documents.get(job(store, "a")) == ended

    def test_a_job_that_the_last_release_wrote_has_every_field_once_when_it_is_written(
        self, store: Store
    ) -> None:
        flat = row("jobs/a", dump(JOB))
        store.write_raw(f"{store.collection}/a", {**flat, "added_later": 1})
        assert store.documents.get(job(store, "a")) == JOB

        moved = replace(JOB, attempts=1)
        written = store.documents.transact(partial(write_read, job(store, "a"), moved))

        assert store.read_raw(f"{store.collection}/a") == {**dump(moved), "added_later": 1}
        again = replace(moved, attempts=2)
        store.documents.transact(partial(write_read, job(store, "a"), again), after=written)
        assert store.read_raw(f"{store.collection}/a") == {**dump(again), "added_later": 1}

    # ---- patch ---------------------------------------------------------------------------------

    def test_a_patch_writes_its_fields_over_a_document_that_nobody_read(self, store: Store) -> None:
        before = Lamp("a", room="hall", labels=("x",), maker={"name": "x", "a.b": 1})
        create(store, "a", before)
        store.write_raw(f"{store.collection}/a", {"added_later": 1})
        patch = {"watts": 40, "labels": ["z"], "maker": {"c.d": "z"}, "room": None}

        store.documents.transact(lambda tx: tx.patch(lamp(store, "a"), patch))

        after = replace(before, watts=40, labels=("z",), maker={"c.d": "z"}, room=None)
        assert store.documents.get(lamp(store, "a")) == after
        fields = store.read_raw(f"{store.collection}/a")
        assert fields is not None
        assert fields["added_later"] == 1

    def test_a_patch_never_makes_a_document_and_the_work_is_done_anew_knowing_it(
        self, store: Store
    ) -> None:
        create(store, "b", Lamp("b"))
        seen = []

        def work(tx: Transaction) -> str:
            found = tx.get(lamp(store, "b"))
            assert found is not None
            seen.append([tx.is_gone(lamp(store, name)) for name in "acd"])
            tx.put(lamp(store, "b"), replace(found, watts=found.watts + 1))
            tx.patch(lamp(store, "a"), {"watts": 1})
            tx.patch(lamp(store, "c"), {"watts": 1})
            return "alone" if tx.is_gone(lamp(store, "a")) else "together"

        assert store.documents.transact(work) == "alone"

        assert seen == [[False, False, False], [True, True, False]]
        assert store.documents.get(lamp(store, "b")) == Lamp("b", watts=61)
        assert store.documents.find_ids(Query(store.collection)) == ["b"]

    def test_a_group_is_all_collections_of_a_name_and_of_no_other(self, store: Store) -> None:
        name = f"of_{store.collection.rpartition('/')[2]}"
        paths = [f"{store.collection}/{room}/{name}/a" for room in ("hall", "attic")]
        for watts, path in enumerate((*paths, f"{store.collection}/hall/{name}_2/a")):
            store.write_raw(path, {"name": "a", "watts": watts})
        query = Query(name, [("watts", ">=", 0)], ("-watts",), is_group=True)
        assert store.documents.find_ids(query) == paths[::-1]
        assert [lamp.watts for lamp in store.documents.find(Lamp, query)] == [1, 0]
        found = store.documents.transact(lambda tx: tx.find(Lamp, query))
        assert [lamp.watts for lamp in found] == [1, 0]
        one = replace(query, limit=1)
        assert store.documents.find_ids(one) == paths[1:]

    def test_of_two_patches_the_one_that_is_there_is_written(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            tx.patch(lamp(store, "a"), {"watts": 5})
            tx.patch(lamp(store, "b"), {"watts": 5})

        store.documents.transact(work)

        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)
        assert store.documents.get(lamp(store, "b")) is None

    def test_a_patch_of_what_was_read_and_is_not_there_makes_no_document(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            assert tx.get(lamp(store, "b")) is None
            tx.patch(lamp(store, "a"), {"watts": 5})
            tx.patch(lamp(store, "b"), {"watts": 5})

        store.documents.transact(work)

        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)
        assert store.documents.get(lamp(store, "b")) is None

    def test_a_patch_of_what_is_gone_still_meets_other_writers(self, store: Store) -> None:
        """What was read is read anew with each try, also with the one that knows what is gone."""
        create(store, "b", Lamp("b"))
        meanwhile = [lambda: brighten(store, "b"), lambda: brighten(store, "b")]

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "b"))
            assert found is not None
            if meanwhile:
                meanwhile.pop()()
            tx.put(lamp(store, "b"), replace(found, watts=found.watts + 1))
            tx.patch(lamp(store, "a"), {"watts": 1})

        store.documents.transact(work)

        assert store.documents.get(lamp(store, "b")) == Lamp("b", watts=63)
        assert store.documents.get(lamp(store, "a")) is None

    # ---- create --------------------------------------------------------------------------------

    def test_create_of_what_exists_fails_the_whole_transaction(self, store: Store) -> None:
        create(store, "a", Lamp("first"))

        def work(tx: Transaction) -> None:
            tx.put(lamp(store, "b"), Lamp("b"))
            tx.create(lamp(store, "a"), Lamp("second"))

        with pytest.raises(BusyError):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) == Lamp("first")
        assert store.documents.get(lamp(store, "b")) is None

    def test_of_several_creators_at_once_one_wins_and_the_others_see_it(self, store: Store) -> None:
        def create_if_absent(name: str) -> bool:
            def work(tx: Transaction) -> bool:
                if tx.get(lamp(store, "a")) is not None:
                    return False
                tx.create(lamp(store, "a"), Lamp(name))
                return True

            return store.documents.transact(work)

        actions = [lambda n=n: create_if_absent(f"creator {n}") for n in range(4)]
        assert sorted(at_once(*actions)) == [False, False, False, True]

    # ---- delete --------------------------------------------------------------------------------

    @READ_OR_NOT
    def test_a_deleted_document_is_gone(self, store: Store, reads: bool) -> None:
        create(store, "a", Lamp("a"))
        create(store, "b", Lamp("b"))
        delete(store, "a", reads)
        assert store.documents.get(lamp(store, "a")) is None
        assert store.documents.find_ids(Query(store.collection)) == ["b"]

    @READ_OR_NOT
    def test_deleting_what_was_never_there_is_no_error(self, store: Store, reads: bool) -> None:
        delete(store, "a", reads)
        assert store.documents.get(lamp(store, "a")) is None

    @READ_OR_NOT
    def test_deleting_again_is_no_error(self, store: Store, reads: bool) -> None:
        create(store, "a", Lamp("a"))
        delete(store, "a", reads)
        delete(store, "a", reads)
        assert store.read_raw(f"{store.collection}/a") is None

    def test_a_document_goes_together_with_what_else_is_committed(self, store: Store) -> None:
        create(store, "a", Lamp("a"))
        create(store, "b", Lamp("b"))

        def work(tx: Transaction) -> None:
            tx.delete(lamp(store, "a"))
            tx.put(lamp(store, "c"), Lamp("c"))
            tx.create(lamp(store, "b"), Lamp("is there already"))

        with pytest.raises(BusyError):
            store.documents.transact(work)
        assert sorted(store.documents.find_ids(Query(store.collection))) == ["a", "b"]

    def test_work_that_raises_deletes_nothing(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            tx.delete(lamp(store, "a"))
            raise KeyError("a bug of ours")

        with pytest.raises(KeyError, match="a bug of ours"):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")

    def test_a_read_after_a_delete_is_refused(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            tx.delete(lamp(store, "a"))
            tx.get(lamp(store, "b"))

        with pytest.raises(AssertionError):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")

    def test_what_lies_below_a_deleted_document_stays(self, store: Store) -> None:
        create(store, "a", Lamp("a"))
        create(store, "a/bulbs/e", Lamp("e"))
        delete(store, "a")
        assert store.documents.get(lamp(store, "a/bulbs/e")) == Lamp("e")

    def test_a_deleted_document_is_made_anew_without_what_it_held(self, store: Store) -> None:
        create(store, "a", Lamp("a"))
        store.write_raw(f"{store.collection}/a", {"added_later": 1})
        delete(store, "a")
        create(store, "a", Lamp("again"))
        fields = store.read_raw(f"{store.collection}/a")
        assert fields is not None
        assert (fields["name"], "added_later" in fields) == ("again", False)

    def test_what_was_not_read_is_deleted_whoever_changed_it_meanwhile(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            put(store, "a", Lamp("a", watts=5))
            tx.delete(lamp(store, "a"))

        store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) is None

    @pytest.mark.parametrize("how", ["get", "prefetch", "find"])
    def test_what_was_read_and_changed_meanwhile_is_not_deleted_but_decided_on_anew(
        self, store: Store, how: str
    ) -> None:
        create(store, "a", Lamp("a", watts=1))
        seen: list[int] = []

        def read(tx: Transaction) -> Lamp:
            if how == "find":
                (found,) = tx.find(Lamp, Query(store.collection))
                return found
            if how == "prefetch":
                tx.prefetch(lamp(store, "a"))
            one = tx.get(lamp(store, "a"))
            assert one is not None
            return one

        def work(tx: Transaction) -> None:
            found = read(tx)
            if not seen:
                put(store, "a", Lamp("a", watts=5))
            seen.append(found.watts)
            if found.watts == 1:
                tx.delete(lamp(store, "a"))

        store.documents.transact(work)
        assert seen == [1, 5]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)

    def test_what_was_read_and_deleted_meanwhile_is_not_deleted_again_but_decided_on_anew(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        seen: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            if not seen:
                delete(store, "a")
            seen.append(found)
            if found is not None:
                tx.delete(lamp(store, "a"))

        store.documents.transact(work)
        assert seen == [Lamp("a"), None]

    def test_what_was_read_and_deleted_meanwhile_does_not_come_back_to_life(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        seen: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            if not seen:
                delete(store, "a")
            seen.append(found)
            if found is not None:
                tx.put(lamp(store, "a"), replace(found, watts=999))

        store.documents.transact(work)
        assert seen == [Lamp("a"), None]
        assert store.documents.get(lamp(store, "a")) is None

    def test_a_document_deleted_and_made_anew_is_another_one_though_it_looks_the_same(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            if not tries:
                delete(store, "a")
                create(store, "a", Lamp("a"))
            tries.append(1)
            tx.put(lamp(store, "a"), replace(found, watts=found.watts + 1))

        store.documents.transact(work)
        assert len(tries) == 2
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=61)

    def test_of_several_takers_at_once_one_takes_the_document(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def take() -> bool:
            def work(tx: Transaction) -> bool:
                if tx.get(lamp(store, "a")) is None:
                    return False
                tx.delete(lamp(store, "a"))
                return True

            return store.documents.transact(work)

        assert sorted(at_once(*[take] * 4)) == [False, False, False, True]

    # ---- transactions --------------------------------------------------------------------------

    def test_a_transaction_answers_what_its_work_returned(self, store: Store) -> None:
        assert store.documents.transact(lambda _: "done") == "done"

    def test_several_documents_are_committed_together(self, store: Store) -> None:
        def work(tx: Transaction) -> None:
            tx.create(lamp(store, "a"), Lamp("a"))
            tx.put(lamp(store, "b"), Lamp("b"))

        store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")
        assert store.documents.get(lamp(store, "b")) == Lamp("b")

    def test_work_that_raises_writes_nothing(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            tx.put(lamp(store, "a"), Lamp("changed"))
            tx.create(lamp(store, "b"), Lamp("b"))
            raise KeyError("a bug of ours")

        with pytest.raises(KeyError, match="a bug of ours"):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "a")) == Lamp("a")
        assert store.documents.get(lamp(store, "b")) is None

    def test_nothing_is_seen_outside_before_the_commit(self, store: Store) -> None:
        seen: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            tx.create(lamp(store, "a"), Lamp("a"))
            seen.append(store.documents.get(lamp(store, "a")))

        store.documents.transact(work)
        assert seen == [None]

    def test_what_was_prefetched_is_read(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> list[Lamp | None]:
            refs = [lamp(store, "a"), lamp(store, "nowhere")]
            tx.prefetch(*refs)
            tx.prefetch()
            return [tx.get(ref) for ref in refs]

        assert store.documents.transact(work) == [Lamp("a"), None]

    def test_what_was_prefetched_is_read_beside_a_query(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        create(store, "b", Lamp("b", watts=2))

        def work(tx: Transaction) -> list[Lamp | None]:
            tx.prefetch(lamp(store, "a"), lamp(store, "nowhere"))
            lit = tx.find(Lamp, Query(store.collection, where=(("watts", "==", 2),)))
            return [*lit, tx.get(lamp(store, "a")), tx.get(lamp(store, "nowhere"))]

        found = store.documents.transact(work)
        assert found == [Lamp("b", watts=2), Lamp("a", watts=1), None]

    def test_what_was_prefetched_and_changed_meanwhile_is_decided_on_anew(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a", watts=1))
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            tx.prefetch(lamp(store, "a"))
            tx.find(Lamp, Query(store.collection))
            if not tries:
                put(store, "a", Lamp("a", watts=5))
            tries.append(1)
            tx.put(lamp(store, "a"), Lamp("a", watts=9))

        store.documents.transact(work)
        assert len(tries) == 2
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=9)

    def test_work_goes_on_from_what_another_has_seen(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        seen = store.documents.transact(
            lambda tx: (tx.get(lamp(store, "a")), tx.seen(lamp(store, "a")))[1]
        )

        def work(tx: Transaction) -> Lamp | None:
            found = tx.get(lamp(store, "a"))
            tx.put(lamp(store, "a"), replace(found or Lamp("a"), is_lit=True))
            return found

        assert store.documents.transact(work, after=seen) == Lamp("a", watts=1)
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=1, is_lit=True)

    def test_what_was_seen_and_has_changed_since_is_read_anew(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        seen = store.documents.transact(
            lambda tx: (tx.get(lamp(store, "a")), tx.seen(lamp(store, "a")))[1]
        )
        put(store, "a", Lamp("a", watts=5))
        found: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            found.append(tx.get(lamp(store, "a")))
            tx.put(lamp(store, "a"), Lamp("a", watts=9))

        store.documents.transact(work, after=seen)
        assert found == [Lamp("a", watts=1), Lamp("a", watts=5)]

    def test_a_read_after_a_write_is_refused(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            tx.put(lamp(store, "b"), Lamp("b"))
            tx.get(lamp(store, "a"))

        with pytest.raises(AssertionError):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "b")) is None

    def test_a_query_after_a_write_is_refused(self, store: Store) -> None:
        def work(tx: Transaction) -> None:
            tx.put(lamp(store, "b"), Lamp("b"))
            tx.find(Lamp, Query(store.collection))

        with pytest.raises(AssertionError):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "b")) is None

    def test_what_one_unit_of_work_reads_is_of_one_moment(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        create(store, "b", Lamp("b", watts=1))

        def change_both() -> None:
            def work(tx: Transaction) -> None:
                tx.put(lamp(store, "a"), Lamp("a", watts=2))
                tx.put(lamp(store, "b"), Lamp("b", watts=2))

            store.documents.transact(work)

        def work(tx: Transaction) -> list[int]:
            first = tx.get(lamp(store, "a"))
            change_both()
            second = tx.get(lamp(store, "b"))
            everything = tx.find(Lamp, Query(store.collection, order_by=("name",)))
            return [each.watts for each in (first, second, *everything) if each is not None]

        assert store.documents.transact(work) == [1, 1, 1, 1]

    # ---- what changed between read and commit --------------------------------------------------

    def test_a_document_that_was_read_and_changed_meanwhile_is_decided_on_anew(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a", watts=1))
        seen: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            if not seen:
                put(store, "a", Lamp("a", watts=5))
            seen.append(found.watts)
            tx.put(lamp(store, "a"), replace(found, watts=found.watts * 10))

        store.documents.transact(work)
        assert seen == [1, 5]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=50)

    def test_a_document_that_a_query_found_and_changed_meanwhile_is_decided_on_anew(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        dark = Query(store.collection, where=(("is_lit", "==", False),))
        seen: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.find(Lamp, dark)
            if not seen:
                put(store, "a", Lamp("a", is_lit=True))
            seen.append(len(found))
            for each in found:
                tx.put(lamp(store, each.name), replace(each, watts=999))

        store.documents.transact(work)
        assert seen == [1, 0]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", is_lit=True)

    def test_a_document_that_was_read_as_absent_and_made_meanwhile_is_decided_on_anew(
        self, store: Store
    ) -> None:
        seen: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            if not seen:
                create(store, "a", Lamp("a", watts=5))
            seen.append(found)
            tx.put(lamp(store, "a"), found or Lamp("ours"))

        store.documents.transact(work)
        assert seen == [None, Lamp("a", watts=5)]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)

    def test_of_what_is_decided_on_anew_nothing_was_written_the_first_time(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            if not tries:
                put(store, "a", Lamp("a", watts=5))
            tries.append(found.watts)
            tx.put(lamp(store, f"b{len(tries)}"), Lamp("b"))
            tx.put(lamp(store, "a"), found)

        store.documents.transact(work)
        assert store.documents.get(lamp(store, "b1")) is None
        assert store.documents.get(lamp(store, "b2")) == Lamp("b")

    def test_a_write_that_changes_nothing_lets_others_pass(self, store: Store) -> None:
        put(store, "a", Lamp("a"))
        tries: list[Lamp] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            if not tries:
                put(store, "a", found, reads=True)
            tries.append(found)
            tx.put(lamp(store, "a"), replace(found, watts=7))

        store.documents.transact(work)
        assert len(tries) == 1

    # ---- what is got, and what is peeked at ------------------------------------------------------

    def test_what_was_got_is_guarded_though_it_is_not_written(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        assert self.decide(store, "get", lambda: put(store, "a", Lamp("a", watts=5))) == [1, 5]
        assert store.documents.get(lamp(store, "of")) == Lamp("of", watts=5)
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)

    def test_what_was_got_and_is_deleted_meanwhile_is_decided_on_anew(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        assert self.decide(store, "get", lambda: delete(store, "a")) == [1, None]
        assert store.documents.get(lamp(store, "a")) is None

    def test_what_was_got_as_absent_is_guarded_too(self, store: Store) -> None:
        made = lambda: create(store, "a", Lamp("a", watts=5))  # noqa: E731 - one line, used once
        assert self.decide(store, "get", made) == [None, 5]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=5)

    def test_what_was_got_as_absent_is_not_made(self, store: Store) -> None:
        assert self.decide(store, "get", lambda: None) == [None]
        assert store.documents.find_ids(Query(store.collection)) == ["of"]

    def test_what_was_got_is_as_it_was(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1, maker={"deep": [1]}))
        store.write_raw(f"{store.collection}/a", {"added_later": 1})
        before = store.read_raw(f"{store.collection}/a")
        assert self.decide(store, "get", lambda: None) == [1]
        assert store.read_raw(f"{store.collection}/a") == before

    def test_who_guards_a_document_lets_others_guard_and_write_it(self, store: Store) -> None:
        """To guard is no new version: of two who got the same, neither begins anew."""
        create(store, "a", Lamp("a", watts=1))
        also = Ref(f"{store.collection}/also", Lamp)

        def guard() -> None:
            def work(tx: Transaction) -> None:
                tx.get(lamp(store, "a"))
                tx.put(also, Lamp("also"))

            store.documents.transact(work)

        assert self.decide(store, "get", guard) == [1]
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            guard()
            tries.append(found.watts)
            tx.put(lamp(store, "a"), replace(found, watts=2))

        store.documents.transact(work)
        assert tries == [1]

    def test_what_cannot_be_read_is_guarded_all_the_same(self, store: Store) -> None:
        store.write_raw(f"{store.collection}/a", {"name": ["not", "a", "name"]})
        tries: list[bool] = []

        def work(tx: Transaction) -> None:
            with pytest.raises(ValidationError):
                tx.get(lamp(store, "a"))
            if not tries:
                store.write_raw(f"{store.collection}/a", {"watts": 3})
            tries.append(True)
            tx.put(lamp(store, "b"), Lamp("b"))

        store.documents.transact(work)
        assert len(tries) == 2

    def test_what_was_only_peeked_at_may_be_otherwise_by_then(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        assert self.decide(store, "peek", lambda: put(store, "a", Lamp("a", watts=5))) == [1]
        assert store.documents.get(lamp(store, "of")) == Lamp("of", watts=1)

    def test_what_was_got_and_peeked_at_is_guarded(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            assert tx.peek(lamp(store, "a")) == found
            if not tries:
                put(store, "a", Lamp("a", watts=5))
            tries.append(found.watts)
            tx.put(lamp(store, "b"), Lamp("b"))

        store.documents.transact(work)
        assert tries == [1, 5]

    def test_what_was_peeked_at_and_is_written_is_guarded(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        tries: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.peek(lamp(store, "a"))
            assert found is not None
            if not tries:
                put(store, "a", Lamp("a", watts=5))
            tries.append(found.watts)
            tx.put(lamp(store, "a"), replace(found, watts=found.watts * 2))

        store.documents.transact(work)
        assert tries == [1, 5]

    def test_where_nothing_is_written_nothing_is_guarded(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        tries: list[Lamp | None] = []

        def work(tx: Transaction) -> None:
            tries.append(tx.get(lamp(store, "a")))
            put(store, "a", Lamp("a", watts=5))

        store.documents.transact(work)
        assert tries == [Lamp("a", watts=1)]

    def decide(self, store: Store, how: str, meanwhile: Callable[[], None]) -> list[int | None]:
        """Writes what the lamp `a`, which is got or peeked at, has in watts into another; what it saw on each
        try. `meanwhile` happens before the first commit."""
        seen: list[int | None] = []

        def work(tx: Transaction) -> None:
            found = getattr(tx, how)(lamp(store, "a"))
            if not seen:
                meanwhile()
            seen.append(found and found.watts)
            tx.put(lamp(store, "of"), Lamp("of", watts=found.watts if found else 0))

        store.documents.transact(work)
        return seen

    def test_work_that_loses_every_time_is_busy(self, store: Store) -> None:
        create(store, "a", Lamp("a"))

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            assert found is not None
            brighten(store, "a")
            tx.put(lamp(store, "a"), replace(found, name="never"))

        with pytest.raises(BusyError):
            store.documents.transact(work)
        found = store.documents.get(lamp(store, "a"))
        assert found is not None
        assert found.name == "a"

    # ---- several writers -----------------------------------------------------------------------

    def test_writers_of_one_document_are_serialised(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=0))

        def brighten_three_times() -> None:
            for _ in range(3):
                brighten(store, "a")

        at_once(*[brighten_three_times] * 4)
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=12)

    def test_what_two_documents_sum_up_to_survives_transfers_at_once(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=100))
        create(store, "b", Lamp("b", watts=100))

        def transfer(source: str, target: str) -> None:
            def work(tx: Transaction) -> None:
                tx.prefetch(lamp(store, source), lamp(store, target))
                giver, taker = tx.get(lamp(store, source)), tx.get(lamp(store, target))
                assert giver is not None
                assert taker is not None
                tx.put(lamp(store, source), replace(giver, watts=giver.watts - 10))
                tx.put(lamp(store, target), replace(taker, watts=taker.watts + 10))

            store.documents.transact(work)

        at_once(*[lambda: transfer("a", "b")] * 2, *[lambda: transfer("b", "a")] * 2)
        found = store.documents.find(Lamp, Query(store.collection, order_by=("name",)))
        assert [each.watts for each in found] == [100, 100]

    def test_what_a_query_found_is_taken_by_one_only(self, store: Store) -> None:
        for name in ("a", "b", "c", "d"):
            create(store, name, Lamp(name))
        first_dark = Query(
            store.collection, where=(("is_lit", "==", False),), order_by=("name",), limit=1
        )

        def light_one() -> str:
            def work(tx: Transaction) -> str:
                (found,) = tx.find(Lamp, first_dark)
                tx.put(lamp(store, found.name), replace(found, is_lit=True))
                return found.name

            return store.documents.transact(work)

        assert sorted(at_once(*[light_one] * 4)) == ["a", "b", "c", "d"]

    # ---- find ----------------------------------------------------------------------------------

    def names(self, store: Store, **query: Any) -> list[str]:
        found = store.documents.find(Lamp, Query(store.collection, **query))
        in_transaction = store.documents.transact(
            lambda tx: tx.find(Lamp, Query(store.collection, **query))
        )
        assert in_transaction == found
        return [each.name for each in found]

    @pytest.fixture
    def lamps(self, store: Store) -> Store:
        """Four lamps, and one in a subcollection that a query must not find."""
        rooms = {"a": "hall", "b": "hall", "c": "attic", "d": None}
        for watts, (name, room) in enumerate(rooms.items()):
            create(store, name, Lamp(name, watts=watts, room=room, lit_at=moment(watts)))
        create(store, "a/bulbs/e", Lamp("e", watts=4, room="hall", lit_at=moment(4)))
        return store

    def test_a_query_of_an_empty_collection_finds_nothing(self, store: Store) -> None:
        assert self.names(store) == []

    def test_a_query_finds_the_documents_of_its_collection_only(self, lamps: Store) -> None:
        assert sorted(self.names(lamps)) == ["a", "b", "c", "d"]

    def test_a_query_finds_the_documents_of_a_subcollection(self, lamps: Store) -> None:
        found = lamps.documents.find(Lamp, Query(f"{lamps.collection}/a/bulbs"))
        assert [each.name for each in found] == ["e"]

    @pytest.mark.parametrize(
        ("where", "names"),
        [
            ([("room", "==", "hall")], ["a", "b"]),
            ([("room", "==", "cellar")], []),
            ([("room", "==", None)], []),  # what is empty in a new document is not written
            ([("watts", "<=", 1)], ["a", "b"]),
            ([("watts", ">", 1)], ["c", "d"]),
            ([("watts", ">=", 1)], ["b", "c", "d"]),
            ([("room", "==", "hall"), ("watts", ">", 0)], ["b"]),
            ([("room", "in", ["hall"])], ["a", "b"]),
            ([("room", "in", ["attic", "hall", "cellar"])], ["a", "b", "c"]),
            ([("room", "in", ["cellar"])], []),
            ([("watts", "in", [3, 1, 9])], ["b", "d"]),
            ([("room", "in", ["attic", "hall"]), ("watts", "==", 1)], ["b"]),
            ([("lit_at", "<=", NOON + timedelta(seconds=2))], ["a", "b", "c"]),
            ([("lit_at", ">", NOON + timedelta(seconds=2))], ["d"]),
            ([("lit_at", ">=", NOON + timedelta(seconds=2))], ["c", "d"]),
            ([("watts", ">", 0), ("lit_at", "<=", NOON + timedelta(seconds=2))], ["b", "c"]),
        ],
    )
    def test_a_query_finds_what_all_its_conditions_hold_for(
        self, lamps: Store, where: list[tuple[str, str, Any]], names: list[str]
    ) -> None:
        assert sorted(self.names(lamps, where=where)) == names

    @pytest.mark.parametrize(
        ("label", "names"), [("old", ["c", "a"]), ("red", ["b", "a"]), ("ol", []), (["old"], [])]
    )
    def test_a_list_contains_a_value_or_does_not(
        self, store: Store, label: Any, names: list[str]
    ) -> None:
        for watts, labels in enumerate((("old", "red"), ("red",), ("old",), ())):
            create(store, "abcd"[watts], Lamp("abcd"[watts], watts=watts, labels=labels))
        store.write_raw(f"{store.collection}/e", {"watts": 5, "labels": "old"})
        store.write_raw(f"{store.collection}/f", {"watts": 6, "labels": {"old": "old"}})
        labelled = [("labels", "array_contains", label)]
        query = Query(store.collection, labelled, ("-watts",))
        assert store.documents.find_ids(query) == names
        assert store.documents.find_ids(replace(query, limit=1)) == names[:1]

    def test_a_condition_may_be_of_a_field_within_a_map(self, store: Store) -> None:
        for watts, maker in enumerate(({"is_known": True}, {}, {"is_known": False})):
            create(store, "abc"[watts], Lamp("abc"[watts], watts=watts, maker=maker))
        store.write_raw(f"{store.collection}/d", {"watts": 3, "maker": None})
        store.write_raw(f"{store.collection}/e", {"watts": 4})
        known, either = ("maker.is_known", "==", True), ("maker.is_known", "in", [True, False])
        assert store.documents.find_ids(Query(store.collection, [known])) == ["a"]
        within = (either, ("watts", ">=", 0), ("watts", "<=", 9))
        assert store.documents.find_ids(Query(store.collection, within, ("-watts",))) == ["c", "a"]

    @pytest.mark.parametrize(
        ("order_by", "names"),
        [
            (("watts",), ["a", "b", "c", "d"]),
            (("-watts",), ["d", "c", "b", "a"]),
            (("-lit_at",), ["d", "c", "b", "a"]),
        ],
    )
    def test_a_query_answers_in_the_order_asked_for(
        self, lamps: Store, order_by: tuple[str, ...], names: list[str]
    ) -> None:
        assert self.names(lamps, order_by=order_by) == names

    def test_a_second_key_decides_among_equals(self, store: Store) -> None:
        for name, watts, second in (("a", 1, 2), ("b", 2, 3), ("c", 2, 1), ("d", 0, 0)):
            create(store, name, Lamp(name, watts=watts, lit_at=moment(second)))
        assert self.names(store, order_by=("-watts", "lit_at")) == ["c", "b", "a", "d"]

    @pytest.mark.parametrize(
        ("limit", "names"), [(1, ["d"]), (3, ["d", "c", "b"]), (9, ["d", "c", "b", "a"])]
    )
    def test_a_query_answers_the_first_of_its_order(
        self, lamps: Store, limit: int, names: list[str]
    ) -> None:
        assert self.names(lamps, order_by=("-watts",), limit=limit) == names

    def test_a_limit_comes_after_the_conditions(self, lamps: Store) -> None:
        hall = [("room", "==", "hall")]
        assert self.names(lamps, where=hall, order_by=("-watts",), limit=1) == ["b"]

    def test_those_of_several_values_are_in_one_order(self, lamps: Store) -> None:
        lit = [("room", "in", ["hall", "attic"])]
        assert self.names(lamps, where=lit, order_by=("-watts", "lit_at"), limit=2) == ["c", "b"]

    def test_pages_go_on_behind_the_last_document_in_the_order_of_ids(self, lamps: Store) -> None:
        assert self.names(lamps, limit=2) == ["a", "b"]
        assert self.names(lamps, limit=2, after="b") == ["c", "d"]
        assert self.names(lamps, limit=2, after="d") == []
        assert self.names(lamps, after="aa") == ["b", "c", "d"]  # nobody has to be there
        hall = [("room", "==", "hall")]
        assert self.names(lamps, where=hall, after="a") == ["b"]
        assert lamps.documents.find_ids(Query(lamps.collection, hall, after="a")) == ["b"]

    def test_pages_go_on_behind_the_last_document_in_any_order(self, store: Store) -> None:
        for name, watts in (("a", 3), ("b", 7), ("c", 7), ("d", 7), ("e", 9)):
            create(store, name, Lamp(name, watts=watts))
        down, up = ("-watts",), ("watts",)
        assert self.names(store, order_by=down) == ["e", "d", "c", "b", "a"]
        assert self.names(store, order_by=down, limit=2, after="d", behind=(7,)) == ["c", "b"]
        assert self.names(store, order_by=down, after="b", behind=(7,)) == ["a"]
        assert self.names(store, order_by=up, limit=2, after="b", behind=(7,)) == ["c", "d"]
        # Nobody has to be there: it was deleted meanwhile.
        assert self.names(store, order_by=down, after="cc", behind=(7,)) == ["c", "b", "a"]

    def test_all_collections_of_a_name_are_asked_together(self, store: Store) -> None:
        of = store.collection.replace("/", "-")
        folders = [f"{of}/{room}/lamps-of-{of}" for room in ("attic", "hall")]
        for folder, name, watts in (
            (0, "a", 3),
            (1, "b", 7),
            (0, "c", 7),
            (1, "d", 9),
            (1, "e", 1),
        ):
            lamp = {"name": name, "room": "r", "watts": watts, "lit_at": None}
            store.write_raw(f"{folders[folder]}/{name}", lamp)
        store.write_raw(f"{store.collection}/f", {"name": "f", "watts": 8})
        bright = [("watts", ">", 2)]
        every = Query(f"lamps-of-{of}", bright, ("-watts",), is_group=True)

        def names(query: Query) -> list[str]:
            return [lamp.name for lamp in store.documents.find(Lamp, query)]

        assert names(every) == ["d", "b", "c", "a"]
        assert names(replace(every, limit=2)) == ["d", "b"]
        behind = replace(every, after=f"{folders[1]}/b", behind=(7,))
        assert names(behind) == ["c", "a"]
        assert names(replace(behind, after=f"{folders[0]}/c")) == ["a"]
        in_a_unit = store.documents.transact(lambda tx: tx.find(Lamp, behind))
        assert [lamp.name for lamp in in_a_unit] == ["c", "a"]

    def test_pages_go_on_behind_a_moment_read_as_little_as_it_takes(self, lamps: Store) -> None:
        """Whatever else is in the documents."""
        lamps.write_raw(f"{lamps.collection}/bb", {"lit_at": moment(1), "name": ["no", "name"]})
        lit = Query(lamps.collection, [("lit_at", "<=", moment(2))], ("lit_at",), 2)
        assert [each.id for each in lamps.documents.find(Lit, lit)] == ["a", "b"]
        rest = replace(lit, after="b", behind=(moment(1),))
        assert lamps.documents.find(Lit, rest) == [Lit("bb", moment(1)), Lit("c", moment(2))]

    def test_ids_are_found_as_documents_are(self, lamps: Store) -> None:
        hall = Query(lamps.collection, [("room", "==", "hall")], ("-watts",))
        assert lamps.documents.find_ids(hall) == ["b", "a"]
        assert lamps.documents.find_ids(replace(hall, limit=1)) == ["b"]

    def test_ids_are_found_whatever_is_in_the_documents(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=2))
        store.write_raw(f"{store.collection}/broken", {"watts": 1, "name": ["not", "a", "name"]})
        by_watts = Query(store.collection, order_by=("watts",))
        assert store.documents.find_ids(by_watts) == ["broken", "a"]

    # ---- what somebody wrote by hand ------------------------------------------------------------

    def test_what_cannot_be_read_is_left_out_and_stops_no_other(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=1))
        store.write_raw(f"{store.collection}/broken", {"watts": 2, "name": ["not", "a", "name"]})
        store.write_raw(f"{store.collection}/empty", {"watts": 3})
        create(store, "d", Lamp("d", watts=4))
        assert self.names(store) == ["a", "d"]
        assert self.names(store, order_by=("-watts",)) == ["d", "a"]
        assert self.names(store, where=[("watts", "in", [1, 2, 3])]) == ["a"]

    def test_what_cannot_be_read_is_reported_by_its_path_and_without_what_is_in_it(
        self, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.write_raw(f"{store.collection}/broken", {"name": ["a secret"]})
        # As deployed: on the emulators the log keeps all words of a bug.
        monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
        for find in (store.documents.find, in_transaction(store, "find")):
            find(Lamp, Query(store.collection))
            logged = "".join(capsys.readouterr())
            assert "document.unreadable" in logged
            assert f"{store.collection}/broken" in logged
            assert "a secret" not in logged

    @pytest.mark.parametrize("fields", [{"watts": 40}, {"watts": 40, "id": "another"}])
    def test_a_document_s_id_is_its_name_whatever_it_says(
        self, store: Store, fields: Mapping[str, Any]
    ) -> None:
        expected = Bulb("a", watts=40)
        store.write_raw(f"{store.collection}/a", fields)
        assert store.documents.get(bulb(store, "a")) == expected
        assert store.documents.transact(lambda tx: tx.get(bulb(store, "a"))) == expected
        for find in (store.documents.find, in_transaction(store, "find")):
            assert find(Bulb, Query(store.collection)) == [expected]

    def test_a_document_of_a_subcollection_is_called_by_the_last_of_its_path(
        self, store: Store
    ) -> None:
        store.write_raw(f"{store.collection}/a/bulbs/e", {"watts": 40})
        assert store.documents.get(bulb(store, "a/bulbs/e")) == Bulb("e", watts=40)
        found = store.documents.find(Bulb, Query(f"{store.collection}/a/bulbs"))
        assert found == [Bulb("e", watts=40)]

    @pytest.mark.parametrize(
        ("field", "operator", "value"),
        [
            ("watts", "<=", 100),
            ("watts", ">", 0),
            ("watts", ">=", 1),
            ("watts", "==", 1),
            ("watts", "in", [1, 60]),
            ("lit_at", "<=", FAR_OFF),
            ("lit_at", ">", LONG_AGO),
        ],
    )
    @pytest.mark.parametrize("raw", ["60", True, ["60"], {"in": 60}], ids=repr)
    def test_a_field_of_another_type_is_neither_equal_nor_below_nor_above(
        self, store: Store, field: str, operator: str, value: Any, raw: Any
    ) -> None:
        create(store, "a", Lamp("a", watts=1, lit_at=NOON))
        store.write_raw(f"{store.collection}/b", {"name": "b", "watts": raw, "lit_at": raw})
        query = Query(store.collection, where=[(field, operator, value)])
        assert store.documents.find_ids(query) == ["a"]

    # ---- what is empty or missing ---------------------------------------------------------------

    @pytest.mark.parametrize("operator", ["<=", ">=", ">"])
    def test_an_empty_field_is_neither_below_nor_above_anything(
        self, store: Store, operator: str
    ) -> None:
        create(store, "a", Lamp("a", lit_at=None))
        for value in (LONG_AGO, FAR_OFF):
            assert self.names(store, where=[("lit_at", operator, value)]) == []

    @pytest.mark.parametrize(
        "condition", [("room", "==", "hall"), ("room", "==", None), ("room", "in", ["hall"])]
    )
    def test_a_field_that_is_missing_equals_nothing(
        self, store: Store, condition: tuple[str, str, Any]
    ) -> None:
        store.write_raw(f"{store.collection}/old", {"name": "old"})
        assert self.names(store, where=[condition]) == []

    def test_a_field_that_is_missing_leaves_the_document_out_of_its_order(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        store.write_raw(f"{store.collection}/old", {"name": "old"})
        assert self.names(store, order_by=("watts",)) == ["a"]

    def test_an_empty_field_comes_first_in_its_order(self, store: Store) -> None:
        create(store, "a", Lamp("a", lit_at=NOON))
        create(store, "b", Lamp("b", lit_at=NOON))
        store.documents.transact(lambda tx: tx.put(lamp(store, "b"), Lamp("b", lit_at=None)))
        assert self.names(store, order_by=("lit_at",)) == ["b", "a"]
        assert self.names(store, order_by=("-lit_at",)) == ["a", "b"]

    # ---- sum -----------------------------------------------------------------------------------

    def test_a_field_is_summed_over_the_documents_of_its_collection(self, lamps: Store) -> None:
        assert lamps.documents.sum("watts", Query(lamps.collection)) == 0 + 1 + 2 + 3

    @pytest.mark.parametrize(
        ("where", "watts"),
        [
            ([("room", "==", "hall")], 1),
            ([("room", "==", "cellar")], 0),
            ([("room", "in", ["hall", "attic"])], 3),
            ([("lit_at", ">", NOON)], 6),
            ([("room", "==", "hall"), ("lit_at", ">", NOON)], 1),
            ([("lit_at", ">", FAR_OFF)], 0),
        ],
    )
    def test_a_sum_is_of_what_its_conditions_hold_for(
        self, lamps: Store, where: list[tuple[str, str, Any]], watts: int
    ) -> None:
        assert lamps.documents.sum("watts", Query(lamps.collection, where=where)) == watts

    def test_the_sum_of_nothing_is_0(self, store: Store) -> None:
        total = store.documents.sum("watts", Query(store.collection))
        assert (total, type(total)) == (0, int)

    @pytest.mark.parametrize("raw", [{}, {"watts": None}, {"watts": "60"}, {"watts": True}])
    def test_what_has_no_number_there_adds_nothing(
        self, store: Store, raw: Mapping[str, Any]
    ) -> None:
        create(store, "a", Lamp("a", watts=5))
        store.write_raw(f"{store.collection}/b", {"name": "b", **raw})
        assert store.documents.sum("watts", Query(store.collection)) == 5

    def test_what_cannot_be_read_is_summed_all_the_same(self, store: Store) -> None:
        store.write_raw(f"{store.collection}/broken", {"name": ["not", "a", "name"], "watts": 7})
        assert store.documents.sum("watts", Query(store.collection)) == 7

    def test_a_sum_may_be_negative_and_large(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=-(2**50)))
        create(store, "b", Lamp("b", watts=3))
        assert store.documents.sum("watts", Query(store.collection)) == 3 - 2**50

    def test_a_sum_follows_every_change(self, store: Store) -> None:
        create(store, "a", Lamp("a", watts=5))
        create(store, "b", Lamp("b", watts=7))
        put(store, "a", Lamp("a", watts=6), reads=True)
        delete(store, "b")
        assert store.documents.sum("watts", Query(store.collection)) == 6

    # ---- counts and sums of a unit of work ------------------------------------------------------

    def test_a_unit_of_work_counts_and_adds_up(self, lamps: Store) -> None:
        hall = Query(lamps.collection, [("room", "==", "hall")])

        def work(tx: Transaction) -> tuple[int, int, int]:
            everything = Query(lamps.collection)
            return tx.count(everything), tx.count(hall), tx.sum("watts", hall)

        assert lamps.documents.transact(work) == (4, 2, 1)

    def test_of_nothing_there_are_0(self, store: Store) -> None:
        nothing = Query(store.collection)
        counted = store.documents.transact(lambda tx: (tx.count(nothing), tx.sum("x", nothing)))
        assert counted == (0, 0)

    def test_what_cannot_be_read_is_counted_all_the_same(self, store: Store) -> None:
        store.write_raw(f"{store.collection}/broken", {"name": ["not", "a", "name"]})
        assert store.documents.transact(lambda tx: tx.count(Query(store.collection))) == 1

    @pytest.mark.parametrize("first", ["get", "count", "sum"])
    def test_what_one_unit_of_work_counts_is_of_one_moment(self, store: Store, first: str) -> None:
        """The moment of whatever it asked for first."""
        create(store, "a", Lamp("a", watts=1))
        lit, dark = (Query(store.collection, [("is_lit", "==", lit)]) for lit in (True, False))
        ask: dict[str, Callable[[Transaction], object]] = {
            "get": lambda tx: tx.get(lamp(store, "a")),
            "count": lambda tx: tx.count(lit),
            "sum": lambda tx: tx.sum("watts", lit),
        }

        def work(tx: Transaction) -> tuple[int, int, int]:
            ask[first](tx)
            create(store, f"of {first}", Lamp("b", watts=10))
            put(store, "a", Lamp("a", watts=5, is_lit=True))
            return tx.count(lit), tx.count(dark), tx.sum("watts", dark)

        assert store.documents.transact(work) == (0, 1, 1)

    def test_a_count_after_a_write_is_refused(self, store: Store) -> None:
        def work(tx: Transaction) -> None:
            tx.put(lamp(store, "b"), Lamp("b"))
            tx.count(Query(store.collection))

        with pytest.raises(AssertionError):
            store.documents.transact(work)
        assert store.documents.get(lamp(store, "b")) is None

    # ---- after what was written -----------------------------------------------------------------

    def test_what_was_written_is_not_read_again_and_written_over(self, store: Store) -> None:
        written = self.written(store, Lamp("a", watts=1, labels=("x",)))
        seen = self.double(store, written)
        assert seen == [1]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=2, labels=("x",))

    @pytest.mark.parametrize("reads", [False, True])
    def test_what_was_changed_since_it_was_written_is_decided_on_anew(
        self, store: Store, reads: bool
    ) -> None:
        written = self.written(store, Lamp("a", watts=1))
        put(store, "a", Lamp("a", watts=5), reads)
        assert self.double(store, written) == [1, 5]
        assert store.documents.get(lamp(store, "a")) == Lamp("a", watts=10)

    def test_what_was_deleted_since_it_was_written_does_not_come_back_to_life(
        self, store: Store
    ) -> None:
        written = self.written(store, Lamp("a", watts=1))
        delete(store, "a")
        assert self.double(store, written) == [1]
        assert store.documents.get(lamp(store, "a")) is None

    def test_what_is_written_after_what_was_written_keeps_fields_it_does_not_know(
        self, store: Store
    ) -> None:
        create(store, "a", Lamp("a"))
        store.write_raw(f"{store.collection}/a", {"added_later": 1})
        self.double(store, self.written(store, Lamp("a", watts=1), reads=True))
        fields = store.read_raw(f"{store.collection}/a")
        assert fields is not None
        assert (fields["watts"], fields["added_later"]) == (2, 1)

    def written(self, store: Store, value: Lamp, reads: bool = False) -> Written:
        def work(tx: Transaction) -> Written:
            if reads:
                tx.get(lamp(store, "a"))
            return tx.put(lamp(store, "a"), value)

        return store.documents.transact(work)

    def double(self, store: Store, after: Written) -> list[int]:
        """Doubles the watts, unless the lamp is gone; what it saw on each try."""
        seen: list[int] = []

        def work(tx: Transaction) -> None:
            found = tx.get(lamp(store, "a"))
            if found is not None:
                seen.append(found.watts)
                tx.put(lamp(store, "a"), replace(found, watts=found.watts * 2))

        store.documents.transact(work, after=after)
        return seen


def in_transaction(store: Store, name: str) -> Callable[..., Any]:
    """The method of a transaction, in one of its own."""
    return lambda *args: store.documents.transact(lambda tx: getattr(tx, name)(*args))


def moment(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)
