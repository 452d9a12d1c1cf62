"""An action is a function whose keywords are its body: named, typed, and unknown ones refused."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

Function = TypeVar("Function", bound=Callable[..., Any])


class Action(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    body: type[msgspec.Struct]
    run: Callable[..., Any | Awaitable[Any]]

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """Ids may be numbers or strings, as browsers can't hold them as numbers."""
        return msgspec.structs.asdict(msgspec.convert(given, self.body, strict=False))


class Actions:
    def __init__(self) -> None:
        self.all: list[Action] = []

    def __call__(self, line: str) -> Callable[[Function], Function]:
        """`@actions("POST users")` serves `POST /control/users`; the function's first parameter is the simulator."""
        method, path = line.split(" ")

        def keep(function: Function) -> Function:
            keywords = [
                (
                    name,
                    parameter.annotation,
                    msgspec.NODEFAULT if parameter.default is parameter.empty else parameter.default,
                )
                for name, parameter in inspect.signature(function).parameters.items()
                if parameter.kind is parameter.KEYWORD_ONLY
            ]
            body = msgspec.defstruct(function.__name__, keywords, forbid_unknown_fields=True, kw_only=True)
            self.all.append(Action(method=method, path=f"/control/{path}", body=body, run=function))
            return function

        return keep
