"""The rules, without anything around them."""

import pytest

from contracts.ids import UserId, new_id
from contracts.times import now
from newservice.domain import NoteRefused, make_note


class TestMakeNote:
    def test_keeps_the_words_without_the_space_around_them(self) -> None:
        note = make_note(new_id(), author_id=UserId(new_id()), text=" buy milk\n", at=now(), chars_max=20)

        assert note.text == "buy milk"

    @pytest.mark.parametrize("text", ["", "  ", "x" * 21])
    def test_refuses_what_is_empty_or_too_long(self, text: str) -> None:
        with pytest.raises(NoteRefused):
            make_note(new_id(), author_id=UserId(new_id()), text=text, at=now(), chars_max=20)
