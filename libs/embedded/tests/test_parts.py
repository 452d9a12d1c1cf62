"""The parts the servers are started with."""

import os
import socket
from pathlib import Path

import pytest

from embedded import binaries, ports, secret_files
from embedded.identity import Identity


class TestPorts:
    def test_chosen_ports_are_free_and_differ(self) -> None:
        chosen = ports.choose(5)

        assert len(set(chosen)) == 5
        assert all(map(ports.is_free, chosen))

    def test_they_are_remembered(self, tmp_path: Path) -> None:
        first = ports.remembered(tmp_path / "ports.json", ["a", "b"])

        assert ports.remembered(tmp_path / "ports.json", ["b", "a"]) == first

    def test_a_busy_one_is_replaced_and_the_others_stay(self, tmp_path: Path) -> None:
        first = ports.remembered(tmp_path / "ports.json", ["a", "b"])

        with socket.create_server(("127.0.0.1", first["a"])):
            second = ports.remembered(tmp_path / "ports.json", ["a", "b"])

        assert second["a"] != first["a"]
        assert second["b"] == first["b"]


class TestSecrets:
    def test_one_is_made_once_and_is_its_owners_alone(self, tmp_path: Path) -> None:
        first = secret_files.read_or_generate(tmp_path / "secrets", "word")

        assert secret_files.read_or_generate(tmp_path / "secrets", "word") == first
        assert len(first) >= 40
        assert (tmp_path / "secrets" / "word").stat().st_mode & 0o777 == 0o600


def always_blocked(_: Identity, path: Path) -> Path:
    return path.parent


class TestBinaries:
    @pytest.mark.parametrize("find", [binaries.valkey, binaries.seaweedfs, binaries.postgres])
    def test_they_are_copied_beside_the_data_when_the_user_can_not_reach_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, find: binaries.Find
    ) -> None:
        identity = Identity(name="nobody", uid=65534, gid=65534, drop=True)
        monkeypatch.setattr(Identity, "blocked_at", always_blocked)

        program = find(identity, tmp_path)

        assert program.is_relative_to(tmp_path / "programs")
        assert os.access(program, os.X_OK)
        assert find(identity, tmp_path) == program


class TestIdentity:
    def test_the_first_closed_folder_is_found(self, tmp_path: Path) -> None:
        stranger = Identity(name="stranger", uid=54321, gid=54321, drop=True)
        closed = tmp_path / "closed"
        (closed / "open").mkdir(parents=True)
        closed.chmod(0o700)

        blocked = stranger.blocked_at(closed / "open" / "file")

        assert blocked is not None
        assert blocked == closed or blocked in tmp_path.parents

    def test_one_who_stays_who_he_is_reaches_what_he_reaches(self, tmp_path: Path) -> None:
        assert Identity(name="me", uid=1, gid=1, drop=False).blocked_at(tmp_path) is None
