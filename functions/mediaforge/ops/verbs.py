"""How a verb is made: it is given the session and its options, calls services, and returns what is shown.
What all verbs have in common is here: `--json`, the dry run, the reason, and quiet logs."""

import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import click

from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table, duration

Verb = Callable[..., Shown]


class Duration(click.ParamType[timedelta]):
    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def shows(group: click.Group, name: str) -> Callable[[Verb], Verb]:
    """A verb that changes nothing."""
    return lambda verb: _added(group, name, verb, [])


def changes(group: click.Group, name: str) -> Callable[[Verb], Verb]:
    """A verb that changes something: only with `--yes`, and never without a reason. It is given both, and
    returns `would(…)` without the first."""
    options = [
        click.Option(["--yes"], is_flag=True, help="Do it. Without it nothing is changed."),
        click.Option(
            ["--reason"], required=True, help="Why. It is kept in the audit, with your name."
        ),
    ]
    return lambda verb: _added(group, name, verb, options)


def would(what: str, *parts: Table | str, data: dict[str, Any] | None = None) -> Shown:
    """What a dry run shows."""
    return Shown(
        {"dryRun": True, "would": what, **(data or {})},
        [*parts, f"Would {what}. Nothing was changed: add --yes to do it."],
    )


def _added(group: click.Group, name: str, verb: Verb, options: Sequence[click.Parameter]) -> Verb:
    def run(as_json: bool, **given: Any) -> None:
        context = click.get_current_context()
        session: Session = context.obj
        with _quiet(context):
            shown = verb(session, **given)
        shown.write(as_json=as_json)
        context.exit(shown.exit_code)

    own: list[click.Parameter] = list(reversed(getattr(verb, "__click_params__", [])))
    as_json = click.Option(["--json", "as_json"], is_flag=True, help="One JSON object.")
    group.add_command(
        click.Command(name, callback=run, params=[*own, *options, as_json], help=verb.__doc__)
    )
    return verb


@contextlib.contextmanager
def _quiet(context: click.Context) -> Any:
    """The services log as they do in the cloud, where standard output is the log. Here that belongs to the
    answer: the lines go to standard error where they are asked for, and else nowhere."""
    wants_log = context.find_root().params.get("verbose", False)
    sink = sys.stderr if wants_log else io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        yield
