"""Guests of the teams, who look at every picture as long as they are in, keep its addresses, and are removed
or leave. `witness` sees what they and those who stay can read."""

from collections.abc import Sequence
from datetime import datetime

from tests.faults import calls
from tests.faults.clients import Clients, Errand
from tests.faults.load import Holder
from tests.faults.platform import Outcome

_GUESTS = 3
# When the guests go, in parts of the time in which jobs are asked for; the last one goes when most are done.
_GONE_AT = (0.3, 1.6)


def begin_memberships(clients: Clients, holders: Sequence[Holder], busy_s: float) -> None:
    chance, platform = clients.platform.stage.chance, clients.platform
    for holder in holders:
        if not holder.is_team:
            continue
        team_id = clients.account_ids[holder.name].removeprefix("team_")
        for number in range(_GUESTS):
            guest = f"{holder.name}-guest{number}"
            platform.live(
                f"{guest} joins",
                lambda b, o=holder.uids[0], t=team_id, g=guest: calls.join(b, t, o, g),  # type: ignore[misc]
                is_troubled=False,
            )
            at_s = busy_s * chance.between(*_GONE_AT, "gone", guest)
            is_removed = number == 0 or chance.happens(0.5, "removed", guest)
            _plan_end(clients, team_id, guest, holder.uids[0] if is_removed else guest, at_s)


def _plan_end(clients: Clients, team_id: str, guest: str, by: str, at_s: float) -> None:
    def note(_: datetime, outcome: Outcome[None]) -> None:
        if outcome.refusal:
            clients.platform.stage.record.surprises.append(
                f"{guest} could not go: {outcome.refusal}"
            )

    clients.do(Errand("end", guest, lambda b: calls.remove(b, team_id, by, guest), note), at_s)
