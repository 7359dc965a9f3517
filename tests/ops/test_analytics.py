"""The views and queries of ops/analytics, on the lines that the services write: DuckDB runs them, translated
by sqlglot, and ZetaSQL, Google's own analyzer, takes them as BigQuery would."""

import contextlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
import wasmtime
from sqlglot import ErrorLevel, exp
from zetasql.api import Analyzer, CatalogBuilder, TableBuilder
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.types import (
    AnalyzerOptions,
    LanguageOptions,
    TypeKind,
    ZetaSQLBuiltinFunctionOptions,
)

from tests.support.packs import write_pack
from tests.support.pictures import PICTURE
from tests.support.world import World, user
from tools.setup import ROOT

FOLDER = ROOT / "ops" / "analytics"
VIEWS = sorted((FOLDER / "views").glob("*.sql"))
QUERIES = sorted((FOLDER / "queries").glob("*.sql"))
FILES = [*VIEWS, *QUERIES]
SINCE = date(2026, 11, 16)
EVENT = "generation"
BILLED = "gemini-3.1-flash-image"
DAY_S = 86_400


def text_of(file: Path) -> str:
    """As `bq query` gets it, with its parameter filled in."""
    return file.read_text(encoding="utf-8").replace("@since", f"DATE '{SINCE}'")


# ---- lines, as the services write them ----------------------------------------------------------------


@dataclass
class Log:
    """What a world has said, each line with the time at which it did."""

    world: World
    lines: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    @contextlib.contextmanager
    def kept(self) -> Iterator[World]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield self.world
        found = [json.loads(line) for line in said.getvalue().splitlines() if line[:1] == "{"]
        self.lines += [(self.world.clock.now(), line) for line in found]

    def finish(self, prompt: str = "x", uid: str = "ann", **fields: Any) -> None:
        """A job, to its end. At its provider it takes a second."""
        with self.kept() as world:
            world.provider.meanwhile.append(lambda: world.clock.advance(1))
            world.submit(prompt, replace(user(uid), asked_as=f"asked-{len(self.lines)}"), **fields)
            world.clock.advance(2)  # in its queue
            world.run_until_quiet()


@pytest.fixture(scope="module")
def lines() -> Sequence[tuple[datetime, dict[str, Any]]]:
    """Three weeks of two users: one with a model that bills, a pack, a batch, failures, a cancel; and the log
    has kept one line twice."""
    world = World()
    providers = dict.fromkeys(("local", "vertex"), world.provider)
    world.backend = replace(world.backend, providers=providers)
    log = Log(world)
    with log.kept():
        world.set_tier("pro")
        world.grant(10_000)
        pack = write_pack(world)
        world.media.files["references/bob/b.png"] = PICTURE
    for _ in range(8):
        log.finish(model=BILLED)
    log.finish("[[fail:permanent]]", model=BILLED)
    log.finish("[[fail:permanent]]")
    log.finish("[[fail:transient:1]]", referencePackId=pack)
    log.finish(uid="bob")
    with log.kept():
        job = world.submit(scheduledAt="2026-11-21T12:00:00Z").job
        world.cancel(job.id)
        world.run_until_quiet()
    world.clock.advance(8 * DAY_S)
    with log.kept():
        world.submit_batch(2)
        world.run_until_quiet()
    log.finish()
    repeated = next(each for each in log.lines if each[1]["message"] == EVENT)
    return [*log.lines, repeated]


def test_each_picture_that_was_shown_is_in_what_the_job_has_cost() -> None:
    world = World()
    world.backend = replace(world.backend, providers={"vertex": world.provider})
    log = Log(world)
    with log.kept():
        world.set_tier("pro")
        world.grant(1_000)
        shown = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(3)]
        for each in shown:
            world.media.files[each["path"]] = PICTURE
    edited = {"path": shown[0]["path"]}
    for fields in ({}, {"references": shown}, {"references": shown[:2], "editOf": edited}):
        log.finish(model=BILLED, **fields)
    alone, *others = [line["cost_ct"] for line in generations(log.lines)]

    cost = world.backend.catalogue.models[BILLED].cost
    assert cost is not None
    assert alone == cost.ct
    assert others == [pytest.approx(alone + 3 * cost.ct_a_reference)] * 2
    assert cost.ct_a_reference > 0


def generations(lines: Sequence[tuple[datetime, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [line for _, line in lines if line["message"] == EVENT]


def test_the_line_says_times_outcome_and_money(lines: Any) -> None:
    first = generations(lines)[0]
    times = {name: first[name] for name in ("wait_ms", "queue_ms", "work_ms", "latency_ms")}
    assert times == {"wait_ms": 0, "queue_ms": 2000, "work_ms": 1000, "latency_ms": 3000}
    assert first["cost_ct"] > 0
    assert first["credits"] > 0
    assert (first["status"], first["error_code"], first["lane"]) == ("completed", None, "paid")
    assert (first["count"], first["delivered"], first["schema"]) == (1, 1, 1)


def test_the_line_says_what_the_job_is_of(lines: Any) -> None:
    found = generations(lines)
    assert [line["pack_id"] for line in found if line["pack_id"]] == ["p"]
    assert len({line["batch_id"] for line in found if line["batch_id"]}) == 1
    assert [line["attempts"] for line in found if line["pack_id"]] == [2]


def test_a_job_that_nobody_began_has_no_time_of_work(lines: Any) -> None:
    (line,) = [line for line in generations(lines) if line["status"] == "cancelled"]
    assert (line["wait_ms"], line["queue_ms"], line["work_ms"]) == (None, None, None)
    assert line["credits"] == 0


def test_a_line_has_no_words_and_no_address(lines: Any) -> None:
    for line in generations(lines):
        assert not {"prompt", "text", "url", "email"} & set(line)
        assert "://" not in json.dumps(line)


# ---- DuckDB runs them -----------------------------------------------------------------------------------


def translated(text: str) -> str:
    """In DuckDB's words; what sqlglot cannot say in them is refused. Tables go by their last name."""
    (tree,) = sqlglot.parse(text, read="bigquery")
    assert tree is not None
    for table in tree.find_all(exp.Table):
        name = table.name.rpartition(".")[2]
        table.set("db", None)
        table.set("catalog", None)
        table.set("this", exp.to_identifier(name))
    said: str = tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE)
    return said


@pytest.fixture
def database(lines: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """The log's table as the linked dataset shows it, and the views over it."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute('CREATE TABLE "_AllLogs" (timestamp TIMESTAMPTZ, json_payload JSON)')
        connection.executemany(
            'INSERT INTO "_AllLogs" VALUES (?, ?)',
            [(at, json.dumps(line)) for at, line in lines],
        )
        for file in VIEWS:
            connection.execute(f'CREATE VIEW "{file.stem}" AS {translated(text_of(file))}')
        yield connection


def answer(database: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    (file,) = [each for each in FILES if each.stem == name]
    found = database.execute(translated(text_of(file)))
    columns = [each[0] for each in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_query_answers_and_no_column_is_always_empty(
    file: Path, database: duckdb.DuckDBPyConnection
) -> None:
    """A key that no line has is no error to BigQuery: it is NULL."""
    found = answer(database, file.stem)
    assert found
    empty = {name for name in found[0] if all(row[name] is None for row in found)}
    assert empty <= {"team_id", "brand_id", "template_id", "retry_of", "reused_from"}


def test_a_job_is_there_once_though_its_line_is_there_twice(
    lines: Any, database: duckdb.DuckDBPyConnection
) -> None:
    found = answer(database, "generations")
    assert len(generations(lines)) == len(found) + 1
    assert len({row["job_id"] for row in found}) == len(found) == 16


def test_success_rate(database: duckdb.DuckDBPyConnection) -> None:
    rows = answer(database, "success_rate")
    assert [row["day"] for row in rows] == sorted(row["day"] for row in rows)
    assert sum(row["jobs"] for row in rows) == 16
    completed, failed = (sum(row[name] for row in rows) for name in ("completed", "failed"))
    assert (completed, failed, sum(row["cancelled"] for row in rows)) == (13, 2, 1)
    assert all(
        row["success_rate"] == pytest.approx(row["completed"] / (row["completed"] + row["failed"]))
        for row in rows
        if row["completed"]
    )


def test_latency(database: duckdb.DuckDBPyConnection) -> None:
    rows = [row for row in answer(database, "latency") if row["model"] == BILLED]
    assert sum(row["jobs"] for row in rows) == 8
    for row in rows:
        assert row["queue_p50_ms"] == 2000
        assert row["work_p95_ms"] == 1000
        assert row["latency_p50_ms"] == row["latency_p95_ms"] == 3000


def test_margin_is_what_was_taken_less_what_it_cost(
    lines: Any, database: duckdb.DuckDBPyConnection
) -> None:
    (row,) = [row for row in answer(database, "margin") if row["model"] == BILLED]
    of_model = {line["job_id"]: line for line in generations(lines) if line["model"] == BILLED}
    taken_ct = sum(line["credits"] for line in of_model.values())
    cost_ct = sum(line["cost_ct"] for line in of_model.values())
    assert (row["jobs"], row["spent_credits"]) == (9, taken_ct)
    assert row["cost_ct"] == pytest.approx(cost_ct)
    assert row["margin_ct"] == pytest.approx(taken_ct - cost_ct)
    assert row["margin_rate"] == pytest.approx((taken_ct - cost_ct) / taken_ct)


def test_failures(database: duckdb.DuckDBPyConnection) -> None:
    rows = answer(database, "failures")
    assert sum(row["jobs"] for row in rows) == 2
    assert sum(row["part_of_failures"] for row in rows) == pytest.approx(1)
    assert {row["model"] for row in rows} == {BILLED, "local-image"}
    assert all(row["newest_job_id"] for row in rows)


def test_cohorts(database: duckdb.DuckDBPyConnection) -> None:
    """Both begin in one week; one of them comes back. (DuckDB's truncated date is a moment.)"""
    rows = [
        (str(row["cohort"])[:10], row["week_number"], row["users"], row["part_of_cohort"])
        for row in answer(database, "cohorts")
    ]
    first, *later = rows
    assert first == ("2026-11-16", 0, 2, 1.0)
    assert later
    assert {(users, part) for _, _, users, part in later} <= {(1, 0.5), (2, 1.0)}


def test_funnel(database: duckdb.DuckDBPyConnection) -> None:
    (row,) = answer(database, "funnel")
    assert row["asked"] == row["got_something"] == 2
    assert row["came_back"] >= row["paid"] == 1


def test_customers(lines: Any, database: duckdb.DuckDBPyConnection) -> None:
    rows = answer(database, "customers")
    assert [row["account_id"] for row in rows] == ["user_ann", "user_bob"]
    assert [row["jobs"] for row in rows] == [15, 1]
    assert all(
        row["margin_ct"] == pytest.approx(row["spent_credits"] - row["cost_ct"]) for row in rows
    )


def test_sources(database: duckdb.DuckDBPyConnection) -> None:
    rows = answer(database, "sources")
    assert sum(row["jobs"] for row in rows if row["in_batch"]) == 2
    assert sum(row["jobs"] for row in rows if row["with_pack"]) == 1


def test_a_job_is_found_by_its_request(lines: Any, database: duckdb.DuckDBPyConnection) -> None:
    (accepted, *_) = [line for _, line in lines if line["message"] == "job.accepted"]
    first = generations(lines)[0]
    assert first["request_id"].startswith("asked-")
    (row,) = [
        row for row in answer(database, "generations") if row["request_id"] == first["request_id"]
    ]
    assert row["job_id"] == first["job_id"] == accepted["job_id"]


# ---- wrong names ----------------------------------------------------------------------------------------


def keys_in(text: str) -> set[str]:
    return set(re.findall(r"'\$\.(\w+)'", text))


def test_every_key_in_the_views_is_in_the_line(lines: Any) -> None:
    """Which neither engine says."""
    found = set().union(*(keys_in(text_of(file)) for file in FILES))
    assert len(found) > 20
    assert found - set(generations(lines)[0]) == set()


def test_every_key_of_the_line_is_in_the_view(lines: Any) -> None:
    not_analytics = {"severity", "schema", "message"}
    assert set(generations(lines)[0]) - not_analytics - keys_in(text_of(VIEWS[0])) == set()


WRONG = [
    ("latency", "queue_ms", "queueMs"),
    ("margin", "SUM(margin_ct)", "SUM(margins_ct)"),
    ("cohorts", "USING (user_id)", "USING (uid)"),
]


@pytest.mark.parametrize(("name", "old", "new"), WRONG)
def test_a_wrong_column_fails(
    name: str, old: str, new: str, database: duckdb.DuckDBPyConnection
) -> None:
    text = text_of(FOLDER / "queries" / f"{name}.sql")
    assert old in text
    with pytest.raises(duckdb.BinderException):
        database.execute(translated(text.replace(old, new)))


# ---- ZetaSQL takes them ---------------------------------------------------------------------------------


class Bigquery:
    """Tables and views, and what Google's analyzer says of a statement about them."""

    def __init__(self) -> None:
        self._language = LanguageOptions.maximum_features()
        self._tables: dict[str, Mapping[str, Any]] = {}

    def add(self, name: str, columns: Mapping[str, Any]) -> None:
        self._tables[name] = columns

    def columns(self, text: str) -> dict[str, Any]:
        """The answer's columns, each with its type. Raises ServerError with Google's words."""
        built = CatalogBuilder("project")
        for name, columns in self._tables.items():
            table = TableBuilder(name)
            for column, kind in columns.items():
                table = table.add_column(column, kind)
            built = built.add_table(table.build())
        functions = ZetaSQLBuiltinFunctionOptions(language_options=self._language)
        catalog = built.with_builtin_functions(functions).build()
        analyzer = Analyzer(AnalyzerOptions(language_options=self._language), catalog)
        plain = re.sub(r"`[^`]*\.(\w+)`", r"\1", text)
        found = analyzer.analyze_statement(plain)
        return {each.name: each.column.type.type_kind for each in found.output_column_list}


@pytest.fixture(scope="module")
def bigquery() -> Bigquery:
    """Its 28 MB of WebAssembly are compiled once for all runs, which takes a minute."""
    cached = wasmtime.Config()
    cached.cache = True
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wasm_client, "Config", lambda: cached)
        made = Bigquery()
        kinds = {"timestamp": TypeKind.TYPE_TIMESTAMP, "json_payload": TypeKind.TYPE_JSON}
        made.add("_AllLogs", kinds)
        for file in VIEWS:
            made.add(file.stem, made.columns(text_of(file)))
    return made


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_google_s_analyzer_takes_it_and_gives_the_same_columns(
    file: Path, bigquery: Bigquery, database: duckdb.DuckDBPyConnection
) -> None:
    assert list(bigquery.columns(text_of(file))) == list(answer(database, file.stem)[0])


@pytest.mark.parametrize(("name", "old", "new"), WRONG)
def test_google_s_analyzer_refuses_a_wrong_column(
    name: str, old: str, new: str, bigquery: Bigquery
) -> None:
    text = text_of(FOLDER / "queries" / f"{name}.sql")
    with pytest.raises(ServerError, match=r"Unrecognized name|not found|does not exist"):
        bigquery.columns(text.replace(old, new))


def test_the_day_of_a_moment_is_utc() -> None:
    """As BigQuery's DATE() is without a zone."""
    moment = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        text = translated("SELECT DATE(TIMESTAMP '2026-11-20 23:59:00+00')")
        (found,) = connection.execute(text).fetchall()
    assert found == (moment.date(),)
