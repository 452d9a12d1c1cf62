"""Ids run through a service whether anybody records them or not."""

import pytest

from chassis.tracing import continued, trace_id, traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"


class TestContinued:
    def test_goes_on_with_the_trace_that_came(self) -> None:
        with continued("x", f"00-{TRACE}-b7ad6b7169203331-01"):
            assert trace_id() == TRACE
            version, trace, span, flags = traceparent().split("-")

        assert (version, trace, flags) == ("00", TRACE, "01")
        assert span != "b7ad6b7169203331"

    @pytest.mark.parametrize("parent", ["", "rubbish", f"00-{TRACE}", f"00-{'0' * 32}-b7ad6b7169203331-01"])
    def test_begins_one_when_none_came(self, parent: str) -> None:
        with continued("x", parent):
            assert len(trace_id()) == 32
            assert int(trace_id(), 16)
            assert trace_id() != TRACE

    def test_ends_with_its_block(self) -> None:
        with continued("outer", ""):
            outer = traceparent()
            with continued("inner", outer):
                assert traceparent() != outer
            assert traceparent() == outer

        assert traceparent() == ""
