"""What people read when it worked."""

from typing import Final

from control_bot.domain.localized import LocalizedText

STARTED: Final = LocalizedText(
    en="The recording of <#{channel}> is about to start. The panel in this channel shows its progress.",
    de="Die Aufnahme von <#{channel}> startet gleich. Das Panel in diesem Kanal zeigt den Verlauf.",
)
STARTED_WITHOUT_PANEL: Final = LocalizedText(
    en="The recording of <#{channel}> is about to start. I may not post a panel in this channel: that needs *View "
    "Channel*, *Send Messages* and *Embed Links*. `/record status` shows the progress.",
    de="Die Aufnahme von <#{channel}> startet gleich. In diesem Kanal darf ich kein Panel anzeigen: Dafür brauche ich "
    "*Kanal ansehen*, *Nachrichten senden* und *Links einbetten*. `/record status` zeigt den Verlauf.",
)
STOPPED: Final = LocalizedText(
    en="The recording has ended and will be ready in a moment.",
    de="Die Aufnahme ist beendet und gleich fertig.",
)
PAUSED: Final = LocalizedText(
    en="The recording is paused: nothing is recorded until `/record resume`.",
    de="Die Aufnahme ist pausiert: Bis `/record resume` wird nichts aufgenommen.",
)
RESUMED: Final = LocalizedText(en="The recording goes on.", de="Die Aufnahme geht weiter.")
NOTED: Final = LocalizedText(en="Noted at {moment}.", de="Notiert bei {moment}.")
OPTED_OUT: Final = LocalizedText(
    en="From now on your voice is not recorded in {scope}. You can change that with `/consent`.",
    de="Ab jetzt wird deine Stimme in {scope} nicht aufgenommen. Mit `/consent` änderst du das.",
)
OPTED_IN: Final = LocalizedText(
    en="Your voice may be recorded in {scope}. You can change that with `/consent`.",
    de="Deine Stimme darf in {scope} aufgenommen werden. Mit `/consent` änderst du das.",
)
ERASED: Final = LocalizedText(
    en="Your voice is being erased for good from {recording}. It is no longer recorded there.",
    de="Deine Stimme wird endgültig gelöscht aus {recording}. Dort wird sie auch nicht mehr aufgenommen.",
)
THIS_RECORDING: Final = LocalizedText(en="this recording", de="dieser Aufnahme")
WHOLE_SPACE: Final = LocalizedText(en="every recording of this server", de="jeder Aufnahme dieses Servers")
LINKED_SPACE: Final = LocalizedText(
    en="This Discord server is linked to the space **{name}**.",
    de="Dieser Discord-Server ist mit dem Space **{name}** verbunden.",
)
NO_SPACE: Final = LocalizedText(
    en="This Discord server is not linked to a space. An admin of a space who can also manage this server "
    "can link it with `/space link`.",
    de="Dieser Discord-Server ist mit keinem Space verbunden. Ein Admin eines Space, der auch diesen Server "
    "verwalten darf, kann ihn mit `/space link` verbinden.",
)
LINK_ACCOUNT: Final = LocalizedText(
    en="Log in to Guildhall and confirm there that this Discord account is yours. Then you can do everything here "
    "that you can do there.",
    de="Melde dich bei Guildhall an und bestätige dort, dass dieses Discord-Konto dir gehört. Was du dort darfst, "
    "darfst du dann auch hier.",
)
LINK_BUTTON: Final = LocalizedText(en="Link my account", de="Mein Konto verbinden")
HELP_LINE: Final = LocalizedText(
    en="`/{command}` {description} (for {who})", de="`/{command}` {description} (für {who})"
)
NOTE_FORM: Final = LocalizedText(en="A note on this moment", de="Eine Notiz zu diesem Moment")
NOTES: Final = LocalizedText(en="Notes", de="Notizen")
OPT_OUTS: Final = LocalizedText(
    en="{count} do not want to be recorded.", de="{count} möchten nicht aufgenommen werden."
)
