"""Who asks for something, from where, and what they are told."""

from collections.abc import Mapping

import msgspec

from control_bot.domain.localized import Language, LocalizedText


class DiscordUser(msgspec.Struct, frozen=True, kw_only=True):
    """A Discord user; `manages_guild` is the server which, as Discord says, they may manage."""

    discord_id: str
    manages_guild: str | None = None


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction. Its `id` is the same when Discord repeats it, and so is the key of whatever it does."""

    id: str
    user: DiscordUser
    guild_id: str
    text_channel_id: str
    voice_channel_id: str | None = None
    """Where the person is, as far as the bot knows."""
    language: Language = Language.ENGLISH
    options: Mapping[str, str] = {}
    """By the option's English name."""
    may_post_panel: bool = True
    """Whether the bot may post an embed in the text channel."""


class Reply(msgspec.Struct, frozen=True):
    """What only that person reads. `link` is a label and an address, shown as a button."""

    text: str
    link: tuple[str, str] | None = None


class Refusal(Exception):
    """It is not to be; the words say why, and what to do about it."""

    def __init__(self, words: LocalizedText, *, code: str = "", **values: object) -> None:
        super().__init__(words.en)
        self.words = words
        self.code = code
        """Of the service's problem, when it was one that refused."""
        self.values = values
