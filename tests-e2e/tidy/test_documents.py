"""What is written about events, problems and calls is what the code does."""

import importlib
import pkgutil
from collections import Counter

import contracts
from contracts.events import Event, short_type
from contracts.registry import EVENTS
from gateway.routes.instance import VERSION
from tools import write_docs, write_openapi

from . import tree


def stale(wanted: dict[str, str], folder: str) -> list[str]:
    """Pages that are missing, out of date, or about something that no longer exists."""
    there = {path for path in tree.files() if path.startswith(folder)}
    return [
        *(path for path, page in wanted.items() if path.startswith(folder) and tree.present(path) != page),
        *(there - wanted.keys()),
    ]


class TestEvents:
    def test_are_in_the_registry(self) -> None:
        for module in pkgutil.iter_modules(contracts.__path__, "contracts."):
            importlib.import_module(module.name)
        ours = {event for event in Event.__subclasses__() if event.__module__.startswith("contracts.")}

        tree.check(
            (event.__qualname__ for event in ours - set(EVENTS)),
            advice="Add it to contracts.registry.EVENTS, with an example:",
        )

    def test_say_what_they_mean(self) -> None:
        tree.check(
            (event.TYPE for event in EVENTS if not event.__doc__), advice="Give its class a docstring: what happened?"
        )

    def test_have_names_of_their_own(self) -> None:
        """On the wire an event is known by its topic and the middle part of its type."""
        counted = Counter([event.TYPE for event in EVENTS])
        counted.update(f"{write_docs.topic_of(event)}: {short_type(event.TYPE)}" for event in EVENTS)

        tree.check((name for name, count in counted.items() if count > 1), advice="Two events, one name; rename one:")

    def test_have_a_reader(self) -> None:
        tree.check(
            (event.TYPE for event in EVENTS if write_docs.is_told(event) and not write_docs.readers(event)),
            advice="It is told, but no service reads it and no client may watch its topic:",
        )


class TestProblems:
    def test_have_codes_of_their_own(self) -> None:
        counted = Counter(problem.code for problem in write_docs.problems())

        tree.check(
            (code for code, count in counted.items() if count > 1),
            advice="Two refusals, one code: clients can't tell them apart. Rename one, or share the class:",
        )


class TestVersion:
    def test_is_that_of_the_project(self) -> None:
        assert f'\nversion = "{VERSION}"\n' in tree.text("pyproject.toml")


class TestPages:
    def test_say_what_the_code_says(self) -> None:
        pages = write_docs.pages()

        tree.check(
            (one for place in ("docs/problems/", "docs/streams.md", write_docs.SERVED) for one in stale(pages, place)),
            advice="Run `make docs`:",
        )

    def test_of_calls_say_what_the_services_say(self) -> None:
        pages = {path: page.decode() for path, page in write_openapi.documents().items()}

        tree.check(stale(pages, "docs/openapi/"), advice="Run `make openapi`:")
