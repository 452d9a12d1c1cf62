"""Why may I not? Every refusal in plain words, with what to do about it."""

from typing import Final

from contracts.problems import ProblemBody
from control_bot.domain.asking import Refusal
from control_bot.domain.operations import Operation
from control_bot.domain.words import Words

AWAY: Final = Words(
    en="⚠️ Guildhall does not answer right now. Wait a moment and do it again: it will not happen twice by that. "
    "If it stays like this, tell whoever runs Guildhall.",
    de="⚠️ Guildhall antwortet gerade nicht. Warte einen Moment und versuche es noch einmal: Dadurch geschieht nichts "
    "doppelt. Wenn es so bleibt, sag es denen, die Guildhall betreiben.",
)
BROKEN: Final = Words(
    en="⚠️ Something went wrong on our side; it has been noted. "
    "Please tell whoever runs Guildhall: reference {reference}.",
    de="⚠️ Bei uns ist etwas schiefgegangen; es ist vermerkt. Sag es bitte denen, die Guildhall betreiben: "
    "Kennzeichen {reference}.",
)
NOT_IN_A_SERVER: Final = Words(en="This works only in a Discord server.", de="Das geht nur in einem Discord-Server.")
NO_VOICE_CHANNEL: Final = Words(
    en="Which voice channel? Join one and do it again, or name one in `channel`.",
    de="Welcher Sprachkanal? Tritt einem bei und versuche es noch einmal, oder gib einen in `kanal` an.",
)
NOTHING_RUNS: Final = Words(
    en="Nothing is being recorded here. `/record start` begins; `/recordings` shows what there is.",
    de="Hier wird gerade nichts aufgenommen. `/record start` beginnt; `/recordings` zeigt, was es gibt.",
)
SEVERAL_RUN: Final = Words(
    en="Several voice channels are being recorded: {channels}. Name one in `channel`.",
    de="Mehrere Sprachkanäle werden aufgenommen: {channels}. Gib einen in `kanal` an.",
)
MANAGERS_ONLY: Final = Words(
    en="Only who may manage this Discord server (*Manage Server*) can link it to a space. Ask one of them to do it.",
    de="Nur wer diesen Discord-Server verwalten darf (*Server verwalten*), kann ihn mit einem Space verbinden. "
    "Bitte jemanden von ihnen darum.",
)
NO_SUCH_SPACE: Final = Words(
    en="You have no such space. Choose one of those that are offered while you type.",
    de="So einen Space hast du nicht. Wähle einen von denen, die beim Tippen angeboten werden.",
)

_BY_CODE: Final[dict[str, Words]] = {
    "not_linked": Words(
        en="Guildhall does not know who you are: this Discord account is linked to no account there. "
        "Type `/link`, log in, and do it again.",
        de="Guildhall weiß nicht, wer du bist: Dieses Discord-Konto ist dort mit keinem Konto verbunden. "
        "Tippe `/link`, melde dich an und versuche es noch einmal.",
    ),
    "guild_not_linked": Words(
        en="This Discord server is linked to no space yet. An admin of a space types `/space link` here first.",
        de="Dieser Discord-Server ist noch mit keinem Space verbunden. "
        "Zuerst tippt ein Admin eines Space hier `/space link`.",
    ),
    "guild_taken": Words(
        en="This Discord server is linked to another space. An admin of that space has to unlink it first.",
        de="Dieser Discord-Server ist mit einem anderen Space verbunden. "
        "Ein Admin jenes Space muss ihn zuerst davon lösen.",
    ),
    "forbidden": Words(
        en="You may not do this: `/{command}` is for {who}. Ask one of them, or ask an admin for that role.",
        de="Das darfst du nicht: `/{command}` ist für {who}. "
        "Bitte jemanden von ihnen, oder bitte einen Admin um diese Rolle.",
    ),
    "not_found": Words(
        en="There is nothing here that you can see. It was deleted, or you are no member of its space: "
        "ask a member for an invitation.",
        de="Hier ist nichts, was du sehen kannst. Es wurde gelöscht, oder du bist kein Mitglied des Space: "
        "Bitte ein Mitglied um eine Einladung.",
    ),
    "already_recording": Words(
        en="This voice channel is being recorded already; `/record status` shows how it gets on.",
        de="Dieser Sprachkanal wird schon aufgenommen; `/record status` zeigt, wie es läuft.",
    ),
    "not_now": Words(
        en="The recording is in no state for this; `/record status` shows which it is in.",
        de="Der Zustand der Aufnahme lässt das nicht zu; `/record status` zeigt ihn.",
    ),
    "recording_over": Words(
        en="The recording is complete; nothing can be changed about it any more.",
        de="Die Aufnahme ist fertig; daran lässt sich nichts mehr ändern.",
    ),
    "idempotency_key_reused": Words(
        en="This was done already, with other contents. Type the command anew.",
        de="Das wurde schon getan, mit anderem Inhalt. Tippe den Befehl neu ein.",
    ),
    "rate_limited": Words(
        en="That was too much at once. Wait a minute and do it again.",
        de="Das war zu viel auf einmal. Warte eine Minute und versuche es noch einmal.",
    ),
    "no_room": Words(en="There is no room for more: {detail}.", de="Mehr ist nicht möglich: {detail}."),
    "invalid_input": Words(en="This cannot be done like that: {detail}.", de="So geht es nicht: {detail}."),
    "unauthenticated": AWAY,
    "token_expired": AWAY,
}
_OTHERWISE: Final = Words(en="This cannot be done: {title}. {detail}", de="Das geht nicht: {title}. {detail}")


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
