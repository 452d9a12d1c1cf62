"""Which passwords are accepted: by length and by not being easy to guess, never by what characters they have."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from contracts.problems import FieldError, Kind, Problem

WORD_LENGTH_MIN: Final = 4
_EDGES: Final = " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class PasswordRefused(Problem):
    code, kind, title = "password_refused", Kind.INVALID, "Choose another password"


@cache
def common_passwords() -> frozenset[str]:
    """30,000 of the most used passwords, from public leaks; shipped with the zxcvbn package, so it works offline."""
    return frozenset(FREQUENCY_LISTS["passwords"])


def check_new_password(
    password: str, *, length_min: int, length_max: int, about: Iterable[str], pointer: str = "/password"
) -> None:
    """`about` holds words that an attacker would try for this person: the name, the address, the product.

    Raises `PasswordRefused`. The password itself is used exactly as it was typed.
    """
    if not length_min <= len(password) <= length_max:
        raise _refused(f"Expected {length_min} to {length_max} characters", pointer)
    plain = password.casefold()
    if plain in common_passwords() or plain.strip(_EDGES) in common_passwords():
        raise _refused("This password stands in the lists that attackers try first", pointer)
    if len(set(plain)) < WORD_LENGTH_MIN:
        raise _refused("This password repeats the same few characters", pointer)
    rest = plain
    for word in sorted(context_words(about), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != plain and len(re.sub(r"\W", "", rest)) < length_min:
        raise _refused("This password is mostly your name, your address or ours", pointer)


def context_words(about: Iterable[str]) -> frozenset[str]:
    """`ann.lee@example.org` is `lee`, too short to matter, and `example`."""
    words = (word for text in about for word in re.split(r"[\W_]+", text.casefold()))
    return frozenset(word for word in words if len(word) >= WORD_LENGTH_MIN)


def _refused(message: str, pointer: str) -> PasswordRefused:
    return PasswordRefused(message, errors=[FieldError(pointer, message)])
