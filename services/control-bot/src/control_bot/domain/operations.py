"""What can be done, each thing defined once: the slash command, its options and its HTTP call are made from this."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

import msgspec

from contracts.media import Choice
from control_bot.domain.localized import LocalizedText

TITLE_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 2000
ERASE: Final = "erase"
"""To opt out of a recording, and to have one's track of it erased."""


class Who(Enum):
    """Who may do it; the service decides, this is for people to read."""

    EVERYBODY = LocalizedText(en="everybody", de="alle")
    MEMBER = LocalizedText(en="members of the space", de="Mitglieder des Space")
    MODERATOR = LocalizedText(
        en="moderators of the space, and everyone who can manage this Discord server",
        de="Moderatoren des Space und alle, die diesen Discord-Server verwalten dürfen",
    )
    ADMIN = LocalizedText(
        en="admins of the space who may also manage this Discord server",
        de="Admins des Space, die auch diesen Discord-Server verwalten dürfen",
    )


class ParameterLocation(Enum):
    """Where a parameter stands in the HTTP call."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


class OptionType(Enum):
    """What a person gives for an option."""

    TEXT = "text"
    CHOICE = "choice"
    VOICE_CHANNEL = "voice channel"
    SPACE = "space"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What a person types; its name in English is the key under which handlers find it."""

    name: LocalizedText
    description: LocalizedText
    takes: OptionType = OptionType.TEXT
    required: bool = False
    chars_max: int | None = None
    choices: Mapping[str, LocalizedText] = {}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the HTTP call. Without an option the bot knows the value by itself."""

    field: str
    place: ParameterLocation
    option: Option | None = None


class Call(msgspec.Struct, frozen=True):
    """The HTTP call that does the same: `path` as the service's OpenAPI document writes it."""

    service: str
    method: str
    path: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that people can do. Without a call the bot does it alone."""

    command: str
    description: LocalizedText
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
    placed: dict[ParameterLocation, dict[str, Any]] = {place: {} for place in ParameterLocation}
    for parameter in operation.parameters:
        if values.get(parameter.field) is not None:
            placed[parameter.place][parameter.field] = values[parameter.field]
    path = call.path.format(
        **{name: quote(str(value), safe="") for name, value in placed[ParameterLocation.PATH].items()}
    )
    takes_body = any(each.place is ParameterLocation.BODY for each in operation.parameters)
    params = {name: str(value) for name, value in placed[ParameterLocation.QUERY].items()}
    return Request(call.service, call.method, path, params, placed[ParameterLocation.BODY] if takes_body else None)


_WHICH: Final = Parameter(
    field="recording_id",
    place=ParameterLocation.PATH,
    option=Option(
        name=LocalizedText(en="channel", de="kanal"),
        description=LocalizedText(
            en="The voice channel being recorded; only needed if there are several",
            de="Der Sprachkanal, der aufgenommen wird; nur nötig, wenn es mehrere gibt",
        ),
        takes=OptionType.VOICE_CHANNEL,
    ),
)
_GUILD: Final = Parameter(field="guild_id", place=ParameterLocation.QUERY)

START: Final = Operation(
    command="record start",
    description=LocalizedText(en="Record a voice channel", de="Einen Sprachkanal aufnehmen"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings"),
    parameters=(
        Parameter(field="guild_id", place=ParameterLocation.BODY),
        Parameter(
            field="voice_channel_id",
            place=ParameterLocation.BODY,
            option=Option(
                name=LocalizedText(en="channel", de="kanal"),
                description=LocalizedText(
                    en="The voice channel; the one you are in, if you leave this out",
                    de="Der Sprachkanal; ohne Angabe der, in dem du bist",
                ),
                takes=OptionType.VOICE_CHANNEL,
            ),
        ),
        Parameter(field="text_channel_id", place=ParameterLocation.BODY),
        Parameter(
            field="title",
            place=ParameterLocation.BODY,
            option=Option(
                name=LocalizedText(en="title", de="titel"),
                description=LocalizedText(en="What the recording is about", de="Worum es in der Aufnahme geht"),
                chars_max=TITLE_CHARS_MAX,
            ),
        ),
    ),
)
STOP: Final = Operation(
    command="record stop",
    description=LocalizedText(en="Stop the recording", de="Die Aufnahme beenden"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/stop"),
    parameters=(_WHICH,),
)
PAUSE: Final = Operation(
    command="record pause",
    description=LocalizedText(en="Pause the recording", de="Die Aufnahme pausieren"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/pause"),
    parameters=(_WHICH,),
)
RESUME: Final = Operation(
    command="record resume",
    description=LocalizedText(en="Resume the recording", de="Die Aufnahme fortsetzen"),
    who=Who.MODERATOR,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/resume"),
    parameters=(_WHICH,),
)
NOTE: Final = Operation(
    command="record note",
    description=LocalizedText(en="Add a note to this moment", de="Eine Notiz zu diesem Moment hinzufügen"),
    who=Who.MEMBER,
    call=Call("media", "POST", "/api/v1/recordings/{recording_id}/notes"),
    parameters=(
        _WHICH,
        Parameter(
            field="text",
            place=ParameterLocation.BODY,
            option=Option(
                name=LocalizedText(en="text", de="text"),
                description=LocalizedText(en="The text of the note", de="Der Text der Notiz"),
                required=True,
                chars_max=NOTE_CHARS_MAX,
            ),
        ),
    ),
)
STATUS: Final = Operation(
    command="record status",
    description=LocalizedText(en="Show the state of the recording", de="Den Stand der Aufnahme anzeigen"),
    who=Who.MEMBER,
    call=Call("media", "GET", "/api/v1/recordings/{recording_id}"),
    parameters=(_WHICH,),
)
RECORDINGS: Final = Operation(
    command="recordings",
    description=LocalizedText(
        en="List the newest recordings of this server", de="Die neuesten Aufnahmen dieses Servers auflisten"
    ),
    who=Who.MEMBER,
    call=Call("media", "GET", "/api/v1/recordings"),
    parameters=(_GUILD, Parameter(field="limit", place=ParameterLocation.QUERY)),
)
CONSENT: Final = Operation(
    command="consent",
    description=LocalizedText(
        en="Choose whether your voice may be recorded", de="Festlegen, ob deine Stimme aufgenommen werden darf"
    ),
    who=Who.EVERYBODY,
    call=Call("media", "PUT", "/api/v1/recordings/{recording_id}/consent"),
    parameters=(
        _WHICH,
        Parameter(
            field="choice",
            place=ParameterLocation.BODY,
            option=Option(
                name=LocalizedText(en="choice", de="wahl"),
                description=LocalizedText(en="Your choice", de="Deine Wahl"),
                takes=OptionType.CHOICE,
                required=True,
                choices={
                    Choice.OPTED_OUT: LocalizedText(en="Do not record me", de="Nimm mich nicht auf"),
                    Choice.OPTED_IN: LocalizedText(en="You may record me", de="Du darfst mich aufnehmen"),
                    ERASE: LocalizedText(
                        en="Do not record me, and erase my track",
                        de="Nimm mich nicht auf und lösche meine Spur",
                    ),
                },
            ),
        ),
        Parameter(field="erase", place=ParameterLocation.BODY),
        Parameter(
            field="whole_space",
            place=ParameterLocation.BODY,
            option=Option(
                name=LocalizedText(en="for", de="für"),
                description=LocalizedText(en="This recording, if you leave this out", de="Ohne Angabe: diese Aufnahme"),
                takes=OptionType.CHOICE,
                choices={
                    "recording": LocalizedText(en="This recording", de="Diese Aufnahme"),
                    "space": LocalizedText(en="Every recording of this server", de="Jede Aufnahme dieses Servers"),
                },
            ),
        ),
    ),
)
SPACE_LINK: Final = Operation(
    command="space link",
    description=LocalizedText(
        en="Link this Discord server to one of your spaces",
        de="Diesen Discord-Server mit einem deiner Spaces verbinden",
    ),
    who=Who.ADMIN,
    call=Call("messaging", "PATCH", "/api/v1/spaces/{space_id}"),
    parameters=(
        Parameter(
            field="space_id",
            place=ParameterLocation.PATH,
            option=Option(
                name=LocalizedText(en="space", de="space"),
                description=LocalizedText(en="Choose from your spaces", de="Wähle einen deiner Spaces"),
                takes=OptionType.SPACE,
                required=True,
            ),
        ),
        Parameter(field="guild_id", place=ParameterLocation.BODY),
    ),
)
SPACE_LIST: Final = Operation(
    command="space list",
    description=LocalizedText(en="Your spaces", de="Deine Spaces"),
    who=Who.EVERYBODY,
    call=Call("messaging", "GET", "/api/v1/spaces"),
)
SPACE_STATUS: Final = Operation(
    command="space status",
    description=LocalizedText(
        en="Which space this Discord server is linked to", de="Mit welchem Space dieser Discord-Server verbunden ist"
    ),
    who=Who.EVERYBODY,
    call=Call("messaging", "GET", "/internal/spaces"),
    parameters=(_GUILD,),
)
LINK: Final = Operation(
    command="link",
    description=LocalizedText(
        en="Link this Discord account to your account here", de="Dieses Discord-Konto mit deinem Konto hier verbinden"
    ),
    who=Who.EVERYBODY,
)
HELP: Final = Operation(
    command="help",
    description=LocalizedText(en="List all commands", de="Alle Befehle auflisten"),
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
GROUPS: Final[dict[str, LocalizedText]] = {
    "record": LocalizedText(en="Recordings of voice channels", de="Aufnahmen von Sprachkanälen"),
    "space": LocalizedText(en="The space of this Discord server", de="Der Space dieses Discord-Servers"),
}
