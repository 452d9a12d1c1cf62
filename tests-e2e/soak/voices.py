"""Two guilds of 25 people for three minutes: joins, moves, kicks, downgrades, breaks, and a tenth of all packets lost.

Not collected by itself. SOAK_CROWD_SECONDS and SOAK_SEED change what is printed here.
"""

import os

import pytest

from testkit.crowd import Plan, gather

SECONDS = float(os.environ.get("SOAK_CROWD_SECONDS", "180"))
SEED = int(os.environ.get("SOAK_SEED", "20261129"))


@pytest.mark.timeout(SECONDS * 2 + 120)
class TestTwoGuildsOf25:
    async def test_have_all_that_is_missing_named_to_the_frame(self) -> None:
        outcomes = await gather(Plan(seed=SEED, seconds=SECONDS))

        for outcome in outcomes:
            print(f"\nseed {SEED}: {outcome}")
        for outcome in outcomes:
            assert outcome.accounts_add_up
            assert (outcome.unnamed, outcome.misnamed, outcome.heard_in_outages) == (0, 0, 0)
