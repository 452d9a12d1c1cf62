"""What people read when it worked."""

from typing import Final

from control_bot.domain.words import Words

STARTED: Final = Words(
    en="<#{channel}> is going to be recorded. The panel in this channel shows how it gets on.",
    de="<#{channel}> wird aufgenommen. Die Tafel in diesem Kanal zeigt, wie es läuft.",
)
STOPPED: Final = Words(
    en="The recording has ended; it will be ready in a moment.",
    de="Die Aufnahme ist beendet; gleich ist sie fertig.",
)
PAUSED: Final = Words(
    en="The recording is paused: nothing is written until `/record resume`.",
    de="Die Aufnahme pausiert: Bis `/record resume` wird nichts aufgenommen.",
)
RESUMED: Final = Words(en="The recording goes on.", de="Die Aufnahme geht weiter.")
NOTED: Final = Words(en="Noted at {moment}.", de="Notiert bei {moment}.")
OPTED_OUT: Final = Words(
    en="From now on your voice is not recorded, in {scope}. `/consent` changes that.",
    de="Ab jetzt wird deine Stimme nicht aufgenommen, in {scope}. `/consent` ändert das.",
)
OPTED_IN: Final = Words(
    en="Your voice may be recorded, in {scope}. `/consent` changes that.",
    de="Deine Stimme darf aufgenommen werden, in {scope}. `/consent` ändert das.",
)
ERASED: Final = Words(
    en="What was recorded of your voice is being erased, for good, from {recording}. "
    "Nothing more of it is recorded there.",
    de="Was von deiner Stimme aufgenommen wurde, wird endgültig gelöscht aus {recording}. Mehr davon wird dort nicht "
    "aufgenommen.",
)
THIS_RECORDING: Final = Words(en="this recording", de="dieser Aufnahme")
WHOLE_SPACE: Final = Words(en="every recording of this server", de="jeder Aufnahme dieses Servers")
LINKED_SPACE: Final = Words(
    en="This Discord server is linked to the space **{name}**.",
    de="Dieser Discord-Server ist mit dem Space **{name}** verbunden.",
)
NO_SPACE: Final = Words(
    en="This Discord server is linked to no space. An admin of a space, who may also manage this server, "
    "types `/space link`.",
    de="Dieser Discord-Server ist mit keinem Space verbunden. Ein Admin eines Space, der auch diesen Server "
    "verwalten darf, tippt `/space link`.",
)
LINK_ACCOUNT: Final = Words(
    en="Log in to Guildhall, and say there that this Discord account is yours. Then everything you may do there "
    "you may do here.",
    de="Melde dich bei Guildhall an und sag dort, dass dieses Discord-Konto dir gehört. Was du dort darfst, "
    "darfst du dann auch hier.",
)
LINK_BUTTON: Final = Words(en="Link my account", de="Mein Konto verbinden")
HELP_LINE: Final = Words(en="`/{command}` {description} (for {who})", de="`/{command}` {description} (für {who})")
NOTE_FORM: Final = Words(en="A note on this moment", de="Eine Notiz zu diesem Moment")
NOTES: Final = Words(en="Notes", de="Notizen")
OPT_OUTS: Final = Words(en="{count} do not want to be recorded.", de="{count} möchten nicht aufgenommen werden.")
