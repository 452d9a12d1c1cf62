"""Why may I not? Every refusal in plain words, with what to do about it."""

from typing import Final

from contracts.problems import ProblemBody
from control_bot.domain.invocation import Refusal
from control_bot.domain.localized import LocalizedText
from control_bot.domain.operations import Operation

AWAY: Final = LocalizedText(
    en="⚠️ Guildhall is not answering right now. Wait a moment and try again: nothing will happen twice. "
    "If this continues, tell the people who run Guildhall.",
    de="⚠️ Guildhall antwortet gerade nicht. Warte einen Moment und versuche es noch einmal: Es wird nichts doppelt "
    "ausgeführt. Wenn das so bleibt, sag den Leuten Bescheid, die Guildhall betreiben.",
)
BROKEN: Final = LocalizedText(
    en="⚠️ Something went wrong on our side; it was logged. "
    "Please tell the people who run Guildhall: reference {reference}.",
    de="⚠️ Bei uns ist etwas schiefgegangen; es wurde protokolliert. Sag bitte den Leuten Bescheid, die Guildhall "
    "betreiben: Kennung {reference}.",
)
NOT_IN_A_SERVER: Final = LocalizedText(
    en="This works only in a Discord server.", de="Das geht nur in einem Discord-Server."
)
NO_VOICE_CHANNEL: Final = LocalizedText(
    en="Which voice channel? Join one and try again, or choose one in `channel`.",
    de="Welcher Sprachkanal? Tritt einem bei und versuche es noch einmal, oder wähle einen in `kanal` aus.",
)
NOTHING_RUNS: Final = LocalizedText(
    en="Nothing is being recorded here. `/record start` starts a recording; `/recordings` lists the existing ones.",
    de="Hier wird gerade nichts aufgenommen. `/record start` startet eine Aufnahme; `/recordings` listet die "
    "vorhandenen auf.",
)
SEVERAL_RUN: Final = LocalizedText(
    en="Several voice channels are being recorded: {channels}. Choose one in `channel`.",
    de="Mehrere Sprachkanäle werden aufgenommen: {channels}. Wähle einen in `kanal` aus.",
)
MANAGERS_ONLY: Final = LocalizedText(
    en="Only people who can manage this Discord server (*Manage Server*) can link it to a space. Ask one of them.",
    de="Nur wer diesen Discord-Server verwalten darf (*Server verwalten*), kann ihn mit einem Space verbinden. "
    "Bitte jemanden mit diesem Recht darum.",
)
NO_SUCH_SPACE: Final = LocalizedText(
    en="You have no such space. Choose one of the suggestions that appear while you type.",
    de="Du hast keinen solchen Space. Wähle einen der Vorschläge, die beim Tippen erscheinen.",
)

_BY_CODE: Final[dict[str, LocalizedText]] = {
    "not_linked": LocalizedText(
        en="Guildhall does not know who you are: this Discord account is not linked to an account there. "
        "Type `/link`, log in and try again.",
        de="Guildhall weiß nicht, wer du bist: Dieses Discord-Konto ist dort mit keinem Konto verbunden. "
        "Tippe `/link`, melde dich an und versuche es noch einmal.",
    ),
    "guild_not_linked": LocalizedText(
        en="This Discord server is not linked to a space yet. "
        "First, an admin of a space has to type `/space link` here.",
        de="Dieser Discord-Server ist noch mit keinem Space verbunden. "
        "Zuerst muss ein Admin eines Space hier `/space link` eingeben.",
    ),
    "guild_taken": LocalizedText(
        en="This Discord server is linked to another space. An admin of that space has to unlink it first.",
        de="Dieser Discord-Server ist mit einem anderen Space verbunden. "
        "Ein Admin dieses anderen Space muss die Verbindung zuerst lösen.",
    ),
    "forbidden": LocalizedText(
        en="You may not do this: `/{command}` is for {who}. Ask one of them, or ask an admin for that role.",
        de="Das darfst du nicht: `/{command}` ist für {who}. "
        "Bitte jemanden mit diesem Recht darum, oder bitte einen Admin um diese Rolle.",
    ),
    "not_found": LocalizedText(
        en="There is nothing here that you can see. It was deleted, or you are not a member of its space: "
        "ask a member for an invitation.",
        de="Hier gibt es nichts, was du sehen kannst. Es wurde gelöscht, oder du bist nicht Mitglied des Space: "
        "Bitte ein Mitglied um eine Einladung.",
    ),
    "already_recording": LocalizedText(
        en="This voice channel is already being recorded; `/record status` shows the progress.",
        de="Dieser Sprachkanal wird schon aufgenommen; `/record status` zeigt den Verlauf.",
    ),
    "not_now": LocalizedText(
        en="The recording's state does not allow this now; `/record status` shows the state.",
        de="Der Status der Aufnahme lässt das gerade nicht zu; `/record status` zeigt ihn.",
    ),
    "recording_over": LocalizedText(
        en="The recording is complete and can no longer be changed.",
        de="Die Aufnahme ist fertig und lässt sich nicht mehr ändern.",
    ),
    "idempotency_key_reused": LocalizedText(
        en="This was already done with different values. Type the command again.",
        de="Das wurde schon mit anderen Angaben ausgeführt. Gib den Befehl noch einmal ein.",
    ),
    "rate_limited": LocalizedText(
        en="That was too much at once. Wait a minute and try again.",
        de="Das war zu viel auf einmal. Warte eine Minute und versuche es noch einmal.",
    ),
    "no_room": LocalizedText(en="There is no room for more: {detail}.", de="Dafür ist kein Platz mehr: {detail}."),
    "invalid_input": LocalizedText(en="This is not possible: {detail}.", de="Das geht so nicht: {detail}."),
    "unauthenticated": AWAY,
    "token_expired": AWAY,
}
_OTHERWISE: Final = LocalizedText(en="This is not possible: {title}. {detail}", de="Das geht nicht: {title}. {detail}")


def explain(problem: ProblemBody, operation: Operation) -> Refusal:
    """A service's refusal, for the person who wanted the operation."""
    wrong = "; ".join(f"{each.pointer.lstrip('/')} {each.message}" for each in problem.errors)
    return Refusal(
        _BY_CODE.get(problem.code, _OTHERWISE),
        code=problem.code,
        command=operation.command,
        who=operation.who.value,
        title=problem.title,
        detail=wrong or problem.detail or problem.title,
    )
