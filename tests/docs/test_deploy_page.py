"""docs/deploy.md's program runs as it stands there: it makes an operator of a user."""

import os
import subprocess
from contextlib import closing

import pytest

from tests.docs.test_commands import blocks
from tools.client import Addresses, CallError, sign_in
from tools.setup import ROOT
from tools.suite import Suite

EMAIL = "first.operator@mediaforge.test"
ENDS_WITHIN_S = 300


def test_the_first_operator_is_made_by_the_program_of_the_page(
    suite: Suite, addresses: Addresses
) -> None:
    (block,) = (each for each in blocks("docs/deploy.md") if "set_custom_user_claims" in each)
    with closing(sign_in(addresses, EMAIL)) as user:
        asks = {"accountId": f"user_{user.uid}", "action": "setTier", "tier": "pro"}
        with pytest.raises(CallError) as refusal:
            user.call("controlAccount", asks)
        assert refusal.value.status == "PERMISSION_DENIED"
    program = block.replace("MY_PROJECT", addresses.project).replace("you@example.com", EMAIL)
    assert program != block
    ran = subprocess.run(
        ["/bin/bash", "-eu", "-c", program],
        cwd=ROOT,
        env={**os.environ, **suite.environment()},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    with closing(sign_in(addresses, EMAIL)) as operator:
        assert operator.call("controlAccount", asks)["tier"] == "pro"
