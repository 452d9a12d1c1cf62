"""`python -m tools.write_docs`: docs/streams.md and docs/problems/, made from the code and never edited."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from chassis.problems import STATUS
from contracts import registry
from contracts.events import Envelope, Event
from contracts.problems import Kind, Problem

ROOT: Final = Path(__file__).parents[1]
MADE: Final = "<!-- Made by `make docs` from the code; change it there. -->"
SERVED: Final = "services/gateway/src/gateway/static/problems.json"
LIBS: Final = ("contracts", "chassis", "streams")
ADVICE: Final = {
    Kind.INVALID: "Correct the request as `detail` and `errors` say. Sending it again unchanged gets the same answer.",
    Kind.UNAUTHENTICATED: "Get a fresh access token (refresh, or log in again) and repeat the request.",
    Kind.FORBIDDEN: "Repeating it does not help. Ask a person who has the permission to do it, or to give it to you.",
    Kind.NOT_FOUND: "Check the address and the id. What you cannot see gets the same answer as what does not exist.",
    Kind.METHOD_NOT_ALLOWED: "Use a method that the `Allow` header names.",
    Kind.CONFLICT: "Fetch the current state and decide again.",
    Kind.GONE: "It existed and will not come back.",
    Kind.STALE: "Fetch it again, apply your change, and send it with the new `ETag` in `If-Match`.",
    Kind.HEAD_TOO_LARGE: "Send fewer and shorter headers.",
    Kind.TOO_SLOW: "Send it again on a faster connection.",
    Kind.TOO_LARGE: "Send less. `detail` names the limit.",
    Kind.UNSUPPORTED: "Send the media type that the title names.",
    Kind.LIMITED: "Wait for the seconds in `Retry-After`, then repeat it.",
    Kind.BUG: "This is a bug. Give the operator the trace id in `instance`; the log has the details under it.",
    Kind.UNAVAILABLE: "Repeat it after `Retry-After`. For operators: `/readyz` names the part that is unavailable.",
}


def pages() -> dict[str, str]:
    """Every generated page by its path from the root."""
    return {"docs/streams.md": streams(), SERVED: problems_served()} | dict(problem_pages())


def streams() -> str:
    """The catalogue of events."""
    rows = [
        f"| `{event.TYPE}` | `{topic_of(event)}:` | {', '.join(readers(event)) or '-'} | {first_line(event)} |"
        for event in registry.EVENTS
    ]
    head = ["| event | topic | read by | what it says |", "|---|---|---|---|"]
    return "\n".join(
        [
            "# Events",
            "",
            MADE,
            "",
            "Each service tells its facts on the stream `<service>.events`. `clients` are those who watch the topic.",
            "The frozen examples in `libs/contracts/src/contracts/examples/` show each one whole.",
            "",
            *head,
            *rows,
            "",
        ]
    )


def readers(event: type[Event]) -> list[str]:
    """The services that import the event or handle their own, and the clients where the topic is theirs to watch."""
    owner = event.TYPE.partition(".")[0]
    naming = [name for name in services() if (handles if name == owner else imports)(name, event)]
    watchable: Mapping[str, str] = importlib.import_module("gateway.clients").OWNERS
    return naming + (["clients"] if topic_of(event) in watchable else [])


def handles(service: str, event: type[Event]) -> bool:
    return f".on({event.__name__})" in source(service)


def imports(service: str, event: type[Event]) -> bool:
    """By the module too: events of two services may have one name."""
    owner = event.TYPE.partition(".")[0]
    named = re.findall(rf"^from contracts\.{owner}\b\S* import (\([^)]*\)|.*)$", source(service), re.MULTILINE)
    return re.search(rf"\b{event.__name__}\b", " ".join(named)) is not None


def is_told(event: type[Event]) -> bool:
    """Whether its own service makes one somewhere."""
    return re.search(rf"\b{event.__name__}\b", source(event.TYPE.partition(".")[0])) is not None


def topic_of(event: type[Event]) -> str:
    example = ROOT / "libs/contracts/src/contracts/examples" / f"{event.TYPE}.json"
    return msgspec.json.decode(example.read_bytes(), type=Envelope).topic.partition(":")[0]


def services() -> list[str]:
    return sorted(file.parent.name for file in ROOT.glob("services/*/BUILD"))


def source(service: str) -> str:
    return "\n".join(file.read_text() for file in sorted(ROOT.glob(f"services/{service}/src/**/*.py")))


def problem_pages() -> Iterator[tuple[str, str]]:
    """One page for each code, and their list."""
    known = sorted(problems(), key=lambda problem: problem.code)
    for problem in known:
        yield f"docs/problems/{problem.code}.md", problem_page(problem)
    rows = [f"| [`{one.code}`]({one.code}.md) | {STATUS[one.kind]} | {one.title} |" for one in known]
    yield (
        "docs/problems/README.md",
        "\n".join(["# Problems", "", MADE, "", "| code | status | title |", "|---|---|---|", *rows, ""]),
    )


def problems_served() -> str:
    """The same for the gateway, which shows a page where the `type` of a problem points to."""
    known = {
        problem.code: {
            "title": problem.title,
            "status": STATUS[problem.kind],
            "about": about(problem),
            "advice": problem.advice or ADVICE[problem.kind],
        }
        for problem in sorted(problems(), key=lambda problem: problem.code)
    }
    return msgspec.json.format(msgspec.json.encode(known), indent=1).decode() + "\n"


def about(problem: type[Problem]) -> str:
    """The docstring of its own, on one line."""
    return " ".join((problem.__doc__ or "").split()) if "__doc__" in problem.__dict__ else ""


def problem_page(problem: type[Problem]) -> str:
    told = (
        "every service" if problem.__module__.startswith(("contracts", "chassis")) else problem.__module__.split(".")[0]
    )
    lines = [
        f"# {problem.title}",
        "",
        MADE,
        "",
        f"Code `{problem.code}`, kind `{problem.kind.value}`, HTTP status {STATUS[problem.kind]}; told by {told}.",
        "",
        *([about(problem), ""] if about(problem) else []),
        f"**What to do.** {problem.advice or ADVICE[problem.kind]}",
        "",
    ]
    return "\n".join(lines)


def problems() -> list[type[Problem]]:
    """Every refusal that has a code of its own."""
    for package in packages():
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    found: list[type[Problem]] = []
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        problem = waiting.pop()
        waiting += problem.__subclasses__()
        if "code" in problem.__dict__ and problem.__module__.partition(".")[0] in packages():
            found.append(problem)
    return found


def packages() -> list[str]:
    return [*LIBS, *(name.replace("-", "_") for name in services())]


def first_line(event: type[Event]) -> str:
    return (event.__doc__ or "").strip().split("\n")[0]


def main() -> None:
    wanted = pages()
    for stale in {file.relative_to(ROOT).as_posix() for file in ROOT.glob("docs/problems/*.md")} - wanted.keys():
        (ROOT / stale).unlink()
    for path, page in wanted.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(page)
    print(f"{len(wanted)} pages written")


if __name__ == "__main__":
    main()
