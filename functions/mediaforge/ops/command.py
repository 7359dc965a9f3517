"""The table of groups, and what a failure comes to."""

import getpass
import sys
from collections.abc import Sequence

import click
from google.auth.exceptions import GoogleAuthError

from mediaforge import config
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.ops import (
    accounts,
    audit,
    breakers,
    dead_letters,
    fuses,
    health,
    invariants,
    jobs,
    keys,
    queues,
    teams,
    users,
    webhooks,
)
from mediaforge.ops.session import Session, TargetError, session, target_of
from mediaforge.ops.showing import BUG, REFUSED, UNREACHABLE, console_of

EPILOG = (
    "Exit codes: 0 done; 1 something was found that needs you, or some of several things were refused; "
    "2 refused, or a wrong command line; 3 no answer, try again; 4 a bug. See docs/runbook.md."
)
GROUPS = (
    dead_letters.group,
    jobs.group,
    queues.group,
    accounts.group,
    teams.group,
    users.group,
    invariants.group,
    fuses.group,
    breakers.group,
    keys.group,
    webhooks.group,
    audit.group,
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EPILOG,
)
@click.option(
    "--project", envvar="MEDIAFORGE_PROJECT", help="The project. Without it: the emulators."
)
@click.option("--region", envvar="MEDIAFORGE_REGION", default=config.REGION, show_default=True)
@click.option(
    "--operator",
    envvar="MEDIAFORGE_OPERATOR",
    default=getpass.getuser,
    help="Your name, for the audit.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show the services' log lines, on standard error."
)
@click.pass_context
def ops(
    context: click.Context, project: str | None, region: str, operator: str, verbose: bool
) -> None:
    """Looks after a MediaForge installation. Nothing is changed without --yes and a --reason."""
    del verbose  # `verbs` reads it
    if context.obj is None:
        context.obj = session(target_of(project or None, region), operator)
    console = console_of(sys.stderr)
    is_project = project is not None and isinstance(context.obj, Session)
    console.print(f"MediaForge on {context.obj.name}", style="bold red" if is_project else "bold")


for _group in GROUPS:
    ops.add_command(_group)
health.add_to(ops)


def main(arguments: Sequence[str] | None = None, given: Session | None = None) -> int:
    """Runs one command and returns its exit code. `given` takes the place of what the options name."""
    try:
        code = ops.main(
            list(arguments) if arguments is not None else None,
            prog_name="python -m mediaforge.ops",
            standalone_mode=False,
            obj=given,
        )
    except click.ClickException as error:
        error.show()
        return REFUSED
    except click.Abort:
        return REFUSED
    except TargetError as error:
        return _say(str(error), REFUSED)
    except RequestError as refusal:
        return _say(f"Refused ({refusal.reason}): {refusal.message}", REFUSED)
    except (BusyError, GoogleAuthError) as busy:
        return _say(f"No answer: {busy}", UNREACHABLE)
    except Exception as bug:
        # Its message may quote a user's words.
        last = bug.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        place = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else "?"
        return _say(f"A bug: {type(bug).__name__} at {place}", BUG)
    return code if isinstance(code, int) else 0


def _say(text: str, code: int) -> int:
    console_of(sys.stderr).print(text)
    return code
