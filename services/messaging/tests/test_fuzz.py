"""Text that nobody would write is understood or refused, never a failure. `make fuzz` looks for longer."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .targets import CURSORS, QUERIES, TARGETS, TEXTS

PIECES = [b"<@", b"<@&", b">", b"@channel", b"`", b"from:", b"has:", b"before:", b'"', b"#", b"-", b"=", b"\xc3", b"\0"]
TEXT = st.lists(st.sampled_from([*PIECES, *TEXTS, *QUERIES, *CURSORS]) | st.binary(max_size=30), max_size=8)


@pytest.mark.parametrize("target", TARGETS)
class TestText:
    def test_to_begin_from_is_taken(self, target: str) -> None:
        take, seeds = TARGETS[target]
        for seed in seeds:
            take(seed)

    @given(TEXT.map(b"".join))
    @example(b"9" * 400)
    @settings(max_examples=200, deadline=None)
    def test_of_any_kind_is_taken(self, target: str, data: bytes) -> None:
        TARGETS[target][0](data)
