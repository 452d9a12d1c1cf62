"""What is missing is said once, and before anything runs."""

import pytest

from testkit import needs


class TestNeeds:
    def test_that_are_missing_are_named_in_one_line_with_their_packages(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(needs, "missing", lambda: [("a C compiler", "gcc libc6-dev"), ("Chromium", "chromium")])

        assert needs.main() == 1
        assert capsys.readouterr().err == (
            "the tests need a C compiler, Chromium: on Debian and Ubuntu `apt-get install gcc libc6-dev chromium`\n"
        )
