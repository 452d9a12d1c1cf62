"""What the bot is told."""

import pytest

from chassis.settings import SettingsError, load
from control_bot.settings import Settings

ENVIRON = {"REDIS_URL": "redis://r", "AUTH_URL": "http://a", "MEDIA_URL": "http://m", "MESSAGING_URL": "http://m"}


class TestToken:
    @pytest.mark.parametrize("token", ["not-a-token", "secret", "ü.x.y"])
    def test_that_is_none_is_refused_in_a_sentence_without_the_token(self, token: str) -> None:
        with pytest.raises(SettingsError, match="CONTROL_BOT_DISCORD_TOKEN: the token is not one") as refused:
            load(Settings, ENVIRON | {"CONTROL_BOT_DISCORD_TOKEN": token}, service="control-bot")

        assert token not in str(refused.value)

    @pytest.mark.parametrize("token", ["", "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.something"])
    def test_may_be_missing_and_may_look_like_one(self, token: str) -> None:
        assert load(Settings, ENVIRON | {"CONTROL_BOT_DISCORD_TOKEN": token}, service="control-bot")
