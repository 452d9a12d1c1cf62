"""The figures of the first hour are of all processes that belong to it."""

import os
import subprocess

from bench.first_hour import Start, cpu_of, pss_of, table, tree_of


class TestProcesses:
    def test_are_found_through_their_parents(self) -> None:
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
            found = tree_of(os.getpid())

        assert {os.getpid(), child.pid} <= set(found)

    def test_have_memory_and_have_used_time(self) -> None:
        assert pss_of(os.getpid()) > 1000
        assert cpu_of(os.getpid()) > 0

    def test_that_have_ended_count_nothing(self) -> None:
        assert (pss_of(2**22 + 1), cpu_of(2**22 + 1)) == (0, 0.0)


class TestTable:
    def test_says_what_each_program_holds(self) -> None:
        start = Start(seconds=4.2, cpu_seconds=9.0, pss_mb={"auth": 80.0, "launcher": 20.0})

        text = table({"run": 500, "all": 1000}, start, start)

        assert "| second start, seconds to ready | 4.2 (9.0 CPU seconds) |" in text
        assert "| at rest without bots, MB of PSS | 100 (auth 80, launcher 20) |" in text
