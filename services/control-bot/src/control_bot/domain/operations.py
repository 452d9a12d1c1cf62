"""What can be done, each thing defined once: the slash command, its options and its HTTP call are made from this."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

import msgspec

from contracts.media import Choice
from control_bot.domain.words import Words

TITLE_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 2000
ERASE: Final = "erase"
"""To opt out of a recording, and to have one's track of it erased."""


class Who(Enum):
    """Who may do it; the service decides, this is for people to read."""

    EVERYBODY = Words(en="everybody", de="alle")
    MEMBER = Words(en="members of the space", de="Mitglieder des Space")
    MODERATOR = Words(
        en="moderators of the space, and whoever may manage this Discord server",
        de="Moderatoren des Space und alle, die diesen Discord-Server verwalten dürfen",
    )
    ADMIN = Words(
        en="admins of the space who may also manage this Discord server",
        de="Admins des Space, die auch diesen Discord-Server verwalten dürfen",
    )


class Place(Enum):
    """Where a parameter stands in the HTTP call."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


class Takes(Enum):
    """What a person gives for an option."""

    TEXT = "text"
    CHOICE = "choice"
    VOICE_CHANNEL = "voice channel"
    SPACE = "space"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What a person types; its name in English is the key under which handlers find it."""

    name: Words
    description: Words
    takes: Takes = Takes.TEXT
    required: bool = False
    chars_max: int | None = None
    choices: Mapping[str, Words] = {}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the HTTP call. Without an option the bot knows the value by itself."""

    field: str
    place: Place
    option: Option | None = None


class Call(msgspec.Struct, frozen=True):
    """The HTTP call that does the same: `path` as the service's OpenAPI document writes it."""

    service: str
    method: str
    path: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that people can do. Without a call the bot does it alone."""

    command: str
    description: Words
    who: Who
    call: Call | None = None
    parameters: tuple[Parameter, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """Required ones first, as Discord wants them."""
        given = [each.option for each in self.parameters if each.option is not None]
        return tuple(sorted(given, key=lambda option: not option.required))


class Request(msgspec.Struct, frozen=True):
    """An operation's HTTP call, ready to be made."""

    service: str
    method: str
    path: str
    params: dict[str, str]
    body: dict[str, Any] | None


def request_of(operation: Operation, values: Mapping[str, Any]) -> Request:
    """The call with these values by field; what is None is left out. Unknown fields are a bug."""
    call = operation.call
    if call is None or (strange := values.keys() - {each.field for each in operation.parameters}):
        raise ValueError(f"/{operation.command} makes no call, or none with {values}")
    del strange
    placed: dict[Place, dict[str, Any]] = {place: {} for place in Place}
    for parameter in operation.parameters:
        if values.get(parameter.field) is not None:
            placed[parameter.place][parameter.field] = values[parameter.field]
    path = call.path.format(**{name: quote(str(value), safe="") for name, value in placed[Place.PATH].items()})
    takes_body = any(each.place is Place.BODY for each in operation.parameters)
    params = {name: str(value) for name, value in placed[Place.QUERY].items()}
    return Request(call.service, call.method, path, params, placed[Place.BODY] if takes_body else None)


_WHICH: Final = Parameter(
    field="recording_id",
    place=Place.PATH,
    option=Option(
        name=Words(en="channel", de="kanal"),
        description=Words(
            en="The voice channel that is recorded; only needed when there are several",
            de="Der Sprachkanal, der aufgenommen wird; nur nötig, wenn es mehrere sind",
        ),
        takes=Takes.VOICE_CHANNEL,
    ),
)
_GUILD: Final = Parameter(field="guild_id", place=Place.QUERY)

START: Final = Operation(
    command="record start",
    description=Words(en="Record a voice channel", de="Einen Sprachkanal aufnehmen"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings"),
    parameters=(
        Parameter(field="guild_id", place=Place.BODY),
        Parameter(
            field="voice_channel_id",
            place=Place.BODY,
            option=Option(
                name=Words(en="channel", de="kanal"),
                description=Words(
                    en="The voice channel; yours, when you leave this out",
                    de="Der Sprachkanal; deiner, wenn du nichts angibst",
                ),
                takes=Takes.VOICE_CHANNEL,
            ),
        ),
        Parameter(field="text_channel_id", place=Place.BODY),
        Parameter(
            field="title",
            place=Place.BODY,
            option=Option(
                name=Words(en="title", de="titel"),
                description=Words(en="What it is about", de="Worum es geht"),
                chars_max=TITLE_CHARS_MAX,
            ),
        ),
    ),
)
STOP: Final = Operation(
    command="record stop",
    description=Words(en="End the recording", de="Die Aufnahme beenden"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/stop"),
    parameters=(_WHICH,),
)
PAUSE: Final = Operation(
    command="record pause",
    description=Words(en="Write nothing until it is resumed", de="Nichts aufnehmen, bis es weitergeht"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/pause"),
    parameters=(_WHICH,),
)
RESUME: Final = Operation(
    command="record resume",
    description=Words(en="Go on after a pause", de="Nach einer Pause weitermachen"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/resume"),
    parameters=(_WHICH,),
)
NOTE: Final = Operation(
    command="record note",
    description=Words(en="Remark on this moment", de="Diesen Moment mit einer Notiz festhalten"),
    who=Who.MEMBER,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/notes"),
    parameters=(
        _WHICH,
        Parameter(
            field="text",
            place=Place.BODY,
            option=Option(
                name=Words(en="text", de="text"),
                description=Words(en="What to remember", de="Was man sich merken soll"),
                required=True,
                chars_max=NOTE_CHARS_MAX,
            ),
        ),
    ),
)
STATUS: Final = Operation(
    command="record status",
    description=Words(en="How the recording is getting on", de="Wie es um die Aufnahme steht"),
    who=Who.MEMBER,
    call=Call("media", "GET", "/api/v1/recordings/{recording_id}"),
    parameters=(_WHICH,),
)
RECORDINGS: Final = Operation(
    command="recordings",
    description=Words(en="The newest recordings of this server", de="Die neuesten Aufnahmen dieses Servers"),
    who=Who.MEMBER,
    call=Call("media", "GET", "/api/v1/recordings"),
    parameters=(_GUILD, Parameter(field="limit", place=Place.QUERY)),
)
CONSENT: Final = Operation(
    command="consent",
    description=Words(en="Whether your voice may be recorded", de="Ob deine Stimme aufgenommen werden darf"),
    who=Who.EVERYBODY,
    call=Call("media", "PUT", "/api/v1/recordings/{recording_id}/consent"),
    parameters=(
        _WHICH,
        Parameter(
            field="choice",
            place=Place.BODY,
            option=Option(
                name=Words(en="choice", de="wahl"),
                description=Words(en="What you want", de="Was du möchtest"),
                takes=Takes.CHOICE,
                required=True,
                choices={
                    Choice.OPTED_OUT: Words(en="Do not record me", de="Nimm mich nicht auf"),
                    Choice.OPTED_IN: Words(en="You may record me", de="Du darfst mich aufnehmen"),
                    ERASE: Words(
                        en="Do not record me, and erase what there is of me",
                        de="Nimm mich nicht auf, und lösche, was von mir da ist",
                    ),
                },
            ),
        ),
        Parameter(field="erase", place=Place.BODY),
        Parameter(
            field="whole_space",
            place=Place.BODY,
            option=Option(
                name=Words(en="for", de="für"),
                description=Words(
                    en="This recording, when you leave this out", de="Diese Aufnahme, wenn du nichts angibst"
                ),
                takes=Takes.CHOICE,
                choices={
                    "recording": Words(en="This recording", de="Diese Aufnahme"),
                    "space": Words(en="Every recording of this server", de="Jede Aufnahme dieses Servers"),
                },
            ),
        ),
    ),
)
SPACE_LINK: Final = Operation(
    command="space link",
    description=Words(
        en="Link this Discord server to one of your spaces",
        de="Diesen Discord-Server mit einem deiner Spaces verbinden",
    ),
    who=Who.ADMIN,
    call=Call("messaging", "PATCH", "/api/v1/spaces/{space_id}"),
    parameters=(
        Parameter(
            field="space_id",
            place=Place.PATH,
            option=Option(
                name=Words(en="space", de="space"),
                description=Words(en="Choose from your spaces", de="Wähle einen deiner Spaces"),
                takes=Takes.SPACE,
                required=True,
            ),
        ),
        Parameter(field="guild_id", place=Place.BODY),
    ),
)
SPACE_LIST: Final = Operation(
    command="space list",
    description=Words(en="Your spaces", de="Deine Spaces"),
    who=Who.EVERYBODY,
    call=Call("messaging", "GET", "/api/v1/spaces"),
)
SPACE_STATUS: Final = Operation(
    command="space status",
    description=Words(
        en="Which space this Discord server is linked to", de="Mit welchem Space dieser Discord-Server verbunden ist"
    ),
    who=Who.EVERYBODY,
    call=Call("messaging", "GET", "/internal/spaces"),
    parameters=(_GUILD,),
)
LINK: Final = Operation(
    command="link",
    description=Words(en="Say that this Discord account is yours", de="Sagen, dass dieses Discord-Konto dir gehört"),
    who=Who.EVERYBODY,
)
HELP: Final = Operation(
    command="help",
    description=Words(en="What can be done, and by whom", de="Was man tun kann, und wer"),
    who=Who.EVERYBODY,
)

OPERATIONS: Final = (
    START,
    STOP,
    PAUSE,
    RESUME,
    NOTE,
    STATUS,
    RECORDINGS,
    CONSENT,
    SPACE_LINK,
    SPACE_STATUS,
    LINK,
    HELP,
)
"""Those that are slash commands."""
GROUPS: Final[dict[str, Words]] = {
    "record": Words(en="Recordings of voice channels", de="Aufnahmen von Sprachkanälen"),
    "space": Words(en="The space of this Discord server", de="Der Space dieses Discord-Servers"),
}
