"""Settings: what is misspelt, missing or of the wrong form is refused, all of it at once; secrets stay unseen."""

from typing import Annotated

import msgspec
import pytest

from chassis.settings import Secret, ServiceSettings, SettingsError, load


class PollSettings(ServiceSettings, frozen=True, kw_only=True):
    database_url: Secret
    votes_max: Annotated[int, msgspec.Meta(ge=1)] = 100
    open_hours: float = 24.0


GOOD = {"POLLS_PORT": "9000", "DATABASE_URL": "postgresql://u:hunter2@h/d"}


class TestLoad:
    def test_reads_own_variables_with_the_prefix_and_shared_ones_without(self) -> None:
        settings = load(PollSettings, GOOD | {"POLLS_VOTES_MAX": "7", "LOG_LEVEL": "debug"}, service="polls")

        assert (settings.port, settings.votes_max, settings.log_level) == (9000, 7, "debug")
        assert settings.database_url.reveal() == "postgresql://u:hunter2@h/d"

    def test_refuses_a_misspelt_variable(self) -> None:
        with pytest.raises(SettingsError, match="POLLS_VOTE_MAX: no such setting"):
            load(PollSettings, GOOD | {"POLLS_VOTE_MAX": "7"}, service="polls")

    def test_says_everything_that_is_wrong_at_once(self) -> None:
        with pytest.raises(SettingsError) as refused:
            load(PollSettings, {"POLLS_PORT": "many", "POLLS_VOTES_MAX": "0", "POLLS_X": ""}, service="polls")

        for name in ("POLLS_PORT", "POLLS_VOTES_MAX", "POLLS_X", "DATABASE_URL"):
            assert name in str(refused.value)

    def test_leaves_the_variables_of_others_alone(self) -> None:
        load(PollSettings, GOOD | {"PATH": "/bin", "POLLSTER": "x", "AUTH_PORT": "1"}, service="polls")

    def test_knows_a_service_by_its_dashed_name(self) -> None:
        environ = {"RECORDER_BOT_PORT": "1", "RECORDER_BOT_URL": "http://127.0.0.1:1"}

        settings = load(ServiceSettings, environ, service="recorder-bot")

        assert settings.port == 1


class TestSecret:
    def test_is_not_seen_in_any_text(self) -> None:
        settings = load(PollSettings, GOOD, service="polls")

        assert "hunter2" not in f"{settings} {settings!r} {settings.database_url!s}"
