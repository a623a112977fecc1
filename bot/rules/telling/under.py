"""A question in the thread of a digest: what moved of what its words name, said again with what is
known of it. It speaks of nothing that the digest would not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep
from bot.i18n.messages import Words
from bot.rules.about import IDLE, speaks_of
from bot.rules.telling.moves import Move, moves
from bot.rules.telling.told import AGE, CANNOT, Teller, how_to_read
from bot.text.normalize import normalize_text, tokenize, word_set

KINDS = {  # of a digest's sections
    "sales": ("trends",),
    "site": ("funnel", "delivery"),
    "feedback": ("feedback",),
    "campaigns": ("campaigns",),
}
WHY = re.compile(r"\b(?:why|how come|pourquoi|explain|expliqu\w+|the reason|la raison|la cause)\b")
SINCE = re.compile(
    r"\b(?:since when|when did|how long|depuis (?:quand|combien)|quand est-ce|a partir de quand)\b"
)
COST = re.compile(r"\b(?:costs?|los[et]|losing|coute\w*|perd\w*)\b")
ELSE = re.compile(
    r"\b(?:how (?:sure|bad|serious)|are you sure|is it (?:bad|serious|sure)|que faire|on fait quoi"
    r"|what (?:should|can|do) we do|(?:c'est|est-ce) (?:grave|sur|certain))\b"
)
PHONE = re.compile(r"\b(?:phones?|smartphones?|telephones?|portables?)\b")
EMPTY = word_set(
    "this that does much happen happened going start started begin began down fall fell drop moved "
    "dropped move change changed exactly money cela nous vous elles cette passe arrive argent fait "
    "combien commence debute baisse bouge change sont avons notre votre exactement faire quand"
)
MOST = 3
COULD_TELL = {  # files by what they tell
    "funnel": Words("visits to the site"),
    "feedback": Words("what customers write"),
    "campaigns": Words("campaign results"),
}


@dataclass(frozen=True)
class Under:
    """What is said, what it stands on and what it leads to."""

    answer: Copy
    how_to_read: Copy
    leads: list[NextStep]
    facts: list[Fact]


def kinds(sections: Sequence[str]) -> list[str]:
    return [kind for section in sections for kind in KINDS.get(section, ())]


def under(teller: Teller, evidence: Evidence, words: str) -> Under | None:
    """What the words ask about; what matters most where they only ask why, since when or how much.
    None where they ask for something else."""
    every, asked = moves(teller, evidence), normalize_text(words.replace("’", "'"))
    rest = asked
    for shape in (WHY, SINCE, COST, ELSE):
        rest = shape.sub(" ", rest)
    named = [move for move in every if _named(rest, move)]
    if not named and rest != asked and not _content(rest):
        named = every[:1]
    if not named:
        return None
    subjects = {move.subject for move in named[:MOST]}
    facts = [f for f in teller.ever.values() if f.id.rsplit(".", 1)[0] in subjects]
    lines = [_said(teller, move) for move in named[:MOST]]
    lines += _not_known(teller, asked, {f.id.rsplit(".", 1)[-1] for f in facts})
    answer = Copy(text=("\n" if len(subjects) > 1 else " ").join(lines),
                  facts=tuple(fact.id for fact in facts))  # fmt: skip
    teller.used = {}
    read = how_to_read(teller, evidence, (), *_sources(teller, facts), gaps=False)
    leads = {move.lead.label.text: move.lead for move in reversed(named[:MOST]) if move.lead}
    return Under(answer, read, list(leads.values())[::-1], facts)


def beside(teller: Teller, evidence: Evidence, kinds: Sequence[str]) -> Under:
    """When somebody asks why: figures say what. What moved lately as well, and which files that are
    not there could tell more."""
    found = moves(teller, evidence)[:MOST]
    lines = [teller.say(Words("These figures show what happened, not why."))]
    if found:
        lines.append(teller.say(Words("What moved lately, which may or may not have to do with "
                                      "it:")))  # fmt: skip
    elif any(_is_there(evidence, kind) for kind in kinds):
        lines.append(teller.say(Words("Nothing in the library moved beyond what is usual.")))
    subjects = {move.subject for move in found}
    facts = [f for f in teller.ever.values() if f.id.rsplit(".", 1)[0] in subjects]
    lines += [_said(teller, move) for move in found]
    missing = [teller.say(words) for kind, words in COULD_TELL.items()
               if kind in kinds and not _is_there(evidence, kind)]  # fmt: skip
    if missing:
        lines.append(teller.say(Words("What could tell more, once it is here: {files}.",
                                      files=", ".join(missing))))  # fmt: skip
    answer = Copy(text="\n".join(lines), facts=tuple(fact.id for fact in facts))
    teller.used = {}
    read = how_to_read(teller, evidence, (), *_sources(teller, facts),
                       teller.say(Words("That two things moved in the same days proves no cause: a "
                                        "test would.")), gaps=False)  # fmt: skip
    leads = {move.lead.label.text: move.lead for move in reversed(found) if move.lead}
    return Under(answer, read, list(leads.values())[::-1], facts)


def _is_there(evidence: Evidence, kind: str) -> bool:
    return any(f.id.split(".")[1] not in (CANNOT, AGE) for f in evidence.of(kind))


def goes_on(words: str) -> bool:
    """Whether they ask why or since when: of what was told, whatever else it is called."""
    asked = normalize_text(words.replace("’", "'"))
    return bool(WHY.search(asked) or SINCE.search(asked))


def _content(rest: str) -> set[str]:
    """What is asked about besides, which no move speaks of."""
    return {word for word in tokenize(rest) if len(word) > 3 and word not in IDLE | EMPTY}


def _named(asked: str, move: Move) -> bool:
    phone = "device-mobile" in move.subject and PHONE.search(asked)
    return bool(phone) or speaks_of(asked, move.words)


def _said(teller: Teller, move: Move) -> str:
    how = Words("Confirmed") if move.sure else Words("To watch")
    return teller.say(Words("{how}: {what}", how=how, what=move.words))


def _not_known(teller: Teller, asked: str, measures: set[str]) -> list[str]:
    """What was asked and these figures don't say."""
    said = []
    if SINCE.search(asked) and "since" not in measures:
        said.append(Words("Since when, these figures don't say."))
    if COST.search(asked) and not measures & {"lost-money", "spend"}:
        said.append(Words("What it costs, these figures don't say."))
    if WHY.search(asked):
        said.append(Words("What lies behind it, these figures don't say."))
    return [teller.say(words) for words in said]


def _sources(teller: Teller, facts: Sequence[Fact]) -> list[str]:
    counted = {(fact.source, fact.as_of): fact for fact in facts}
    return [
        teller.say(Words("Counted in {file}, up to {day}.", file=fact.file, day=fact.as_of))
        for fact in counted.values()
    ]
