"""The load client: compiled when needed, run once per measurement."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.plan import TEXT_BYTES
from bench.programs import BenchError, Program
from bench.servers import Servers
from testkit.machine import c_compiler

SOURCES: Final = Path(__file__).parent / "load"
SECONDS_MAX: Final = 60


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the client says; `cpu` in seconds by program, latencies in microseconds."""

    messages: int
    sockets: int
    deliveries: int
    answered: int
    seconds: float
    cpu: dict[str, float]
    client_cpu: float
    p50_us: float
    p99_us: float
    max_us: float
    out_of_order: int
    closed: int
    frame_bytes: int


class LoadClient:
    """Runs the client against programs whose CPU is counted, the servers' beside it."""

    def __init__(self, program: Path, servers: Servers) -> None:
        self._program = program
        self._stores = {"postgres": f"{servers.postgres.pid}+", "valkey": str(servers.valkey.pid)}

    async def run(
        self, options: Mapping[str, object], words: Sequence[str], *, programs: Mapping[str, Program]
    ) -> Measured:
        """`words` is what is said, see wsload.c. Raises when a message is lost, repeated or out of order."""
        cpu = {**{name: str(program.pid) for name, program in programs.items()}, **self._stores}
        options = {"text-bytes": TEXT_BYTES, "seconds-max": SECONDS_MAX, **options}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        arguments += [f"--cpu={name}={pid}" for name, pid in cpu.items()]
        process = await asyncio.create_subprocess_exec(
            self._program, *arguments, "--", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complained = await process.communicate()
        if process.returncode != 0:
            raise BenchError(f"the load client failed: {said.decode()} {complained.decode()} {' '.join(arguments)}")
        return msgspec.json.decode(said, type=Measured)


async def compile_client(folder: Path) -> Path:
    """With warnings as errors: what is measured with has to be right."""
    compiler = c_compiler()
    if not compiler:
        raise BenchError("a C compiler is needed: install gcc, or run `make setup`")
    program = folder / "wsload"
    process = await asyncio.create_subprocess_exec(
        *compiler, "-O2", "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", program, *sorted(SOURCES.glob("*.c"))
    )
    if await process.wait() != 0:
        raise BenchError("the load client does not compile")
    return program
