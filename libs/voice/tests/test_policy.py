"""One table of close codes: the page, the receiver and the simulator say the same."""

import re
from pathlib import Path

import pytest

from discord_sim.voice.codes import STAYS_RESUMABLE, Close
from voice.policy import STEPS, Step, step_after

PAGE = (Path(__file__).parents[3] / "docs" / "discord.md").read_text()
ROWS = {
    int(code): (source, step, simulator)
    for code, source, step, simulator in re.findall(
        r"^\| (\d{4}) \| [^|]+ \| ([^|]+) \| (resume|renew|await|stop) \| ([^|]+) \|$", PAGE, flags=re.MULTILINE
    )
}


class TestTheTableOfCloseCodes:
    def test_has_every_code_with_its_source_and_the_step_that_is_taken(self) -> None:
        assert {code: step for code, (_, step, _) in ROWS.items()} == {
            code: step.name.lower() for code, step in STEPS.items()
        }
        assert all(source.strip() for source, _, _ in ROWS.values())

    def test_says_which_ones_the_simulator_closes_with_by_itself(self) -> None:
        by_itself = {code for code, (_, _, simulator) in ROWS.items() if simulator.startswith("sent")}

        assert by_itself == {code for code in Close if code >= 4000 and code is not Close.SERVER_CRASHED}

    def test_resumes_only_what_the_simulator_keeps(self) -> None:
        assert {code for code, step in STEPS.items() if step is Step.RESUME} - {4013} == STAYS_RESUMABLE

    @pytest.mark.parametrize(("code", "step"), [(3000, Step.RESUME), (1011, Step.RESUME), (4999, Step.RENEW)])
    def test_has_a_rule_for_what_is_in_no_document(self, code: int, step: Step) -> None:
        assert step_after(code) is step


class TestOpcodes:
    def test_are_all_on_the_page(self) -> None:
        section = PAGE.split("## Opcodes")[1].split("## Close codes")[0]
        first_cells = re.findall(r"^\| ([\d ,-]+) \|", section, flags=re.MULTILINE)
        named = {
            number
            for cell in first_cells
            for part in cell.split(",")
            for number in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)
        }

        assert named == set(range(32))
