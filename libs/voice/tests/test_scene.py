"""A short cut of the scene of `make soak`: two guilds of people over a bad network, with one seed."""

from testkit.crowd import Plan, gather

SEED = 20261129


class TestTwoGuilds:
    async def test_have_all_that_is_missing_named_to_the_frame(self) -> None:
        outcomes = await gather(Plan(seed=SEED, people=8, speakers=4, seconds=12))

        assert len(outcomes) == 2, SEED
        for outcome in outcomes:
            assert outcome.heard > 0, outcome
            assert outcome.accounts_add_up
            assert (outcome.unnamed, outcome.misnamed, outcome.heard_in_outages) == (0, 0, 0), outcome
