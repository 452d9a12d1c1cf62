"""What the bot says, in every language it speaks: side by side, so that none is forgotten."""

from enum import StrEnum
from typing import Any

import msgspec


class Language(StrEnum):
    """By ISO 639."""

    ENGLISH = "en"
    GERMAN = "de"


def language_of(locale: str) -> Language:
    """The language for one of Discord's locales (`de`, `en-GB`); English for those the bot does not speak."""
    return Language.GERMAN if locale.partition("-")[0] == Language.GERMAN else Language.ENGLISH


class LocalizedText(msgspec.Struct, frozen=True):
    """One text; `{name}` stands for what is filled in."""

    en: str
    de: str

    def format(self, language: Language, **values: Any) -> str:
        """In that language; a value that is `LocalizedText` itself is said in it too."""
        text = self.de if language is Language.GERMAN else self.en
        said = {
            name: value.format(language) if isinstance(value, LocalizedText) else value
            for name, value in values.items()
        }
        return text.format(**said)
