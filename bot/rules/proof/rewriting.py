"""Holds what an AI made of an analysis against the facts and against the version by rules.

Everything that an AI could add is looked for: figures, quotations, causes, subjects, figures given
to another subject, a rise that was a fall, a "confirmed" that is to be watched.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import BaseModel

from bot.config.brand import Brand
from bot.core.facts import Evidence, Fact
from bot.core.parts import split_output
from bot.core.request import SkillRequest
from bot.rules.proof import plain, prove
from bot.rules.proof.bearers import Bearers, swapped
from bot.rules.proof.directions import crowned, oversure, turned, unmoved
from bot.rules.proof.liberties import liberties
from bot.rules.proof.strangers import Vocabulary, strangers
from bot.rules.proof.ties import tied
from bot.text.normalize import normalize_text

_OFFERS = re.compile(
    r"(?:\d|percent|pour ?cents?|\bhalf|moiti[ée])[\s\u00a0\u202f]?%?[\s\u00a0\u202f]?"
    r"(?:off\b|discount|(?:de )?(?:r[ée]duction|remise|rabais)|price\b|prix\b)",
    re.IGNORECASE,
)
# What may stand instead, by what is told.
MEND = {
    "why": ", or tell the two side by side, as two sentences or with “and”",
    "which customers they are": ", or call them as the version by rules does",
    "the most ever": ", or give the figure alone",
    "how many": ", or give the figure of the facts beside it",
    "how many times": ", or give the two figures",
    "how long": ", or give it as the facts do",
    "than whom": ", or give both figures",
    "what will come": ", or say what to do and not what comes of it",
    "what brings what about": ", or say what was seen, with its figures",
    "what customers do": ", or say what they bought or wrote, as the facts do",
}
_OF_WORK = frozenset({"fix_first", "next", "say", "what_to_do"})  # parts that tell what to do
_MARKS = re.compile(r"<[!@#][^>\s]*|https?:|!\[|@(?:here|channel|everyone)\b")


def faults(
    written: BaseModel,
    by_rules: BaseModel,
    evidence: Evidence,
    *,
    more: Sequence[Fact] = (),
    request: SkillRequest,
    brand: Brand,
    today: date | None = None,
) -> list[str]:
    """What is wrong with a rewriting, in words for its writer; none when it may go out. `more` are
    facts that say how a subject moved and how sure that is, and need not be cited."""
    day = today or max((fact.as_of for fact in evidence.facts), default=date.min)
    parts, hooks = split_output(written)
    checks = prove(parts, hooks, evidence, request=request, brand=brand, today=day)
    found = [f"{c.part}: {c.words.to('en')}" for c in checks if c.level == "block"]
    texts = [part.text for part in split_output(by_rules)[0]]
    known = evidence.plus(more).facts
    vocabulary = Vocabulary(evidence.facts, texts, language=request.language)
    bearers = Bearers(known, texts, language=request.language)
    for part in parts:
        if part.kind == "copy" and part.text not in texts:
            wrong = _wrong(part.text, vocabulary, bearers, texts, works=part.key in _OF_WORK)
            found += [f"{part.key}: {sentence}" for sentence in wrong]
    return found


def _wrong(
    text: str, vocabulary: Vocabulary, bearers: Bearers, by_rules: Sequence[str], *, works: bool
) -> Iterator[str]:
    for match in _MARKS.finditer(text):
        if normalize_text(match[0]) not in vocabulary.ours:
            yield f"no links and no mentions: take out “{match[0]}”"
    for match in _OFFERS.finditer(text):  # a share that is known becomes no price cut
        if not any(normalize_text(match[0]) in normalize_text(line) for line in by_rules):
            yield f"the version by rules offers nothing: take out “{match[0]}”"
    for named in strangers(text, vocabulary, works=works):
        yield (
            f"no fact and no line of the version by rules names “{named.text}”: leave it out, or "
            "say it in their words or in plain words of how much, which way and how sure"
        )
    stretches = [*plain.stretches(text, vocabulary.language, works=works)]
    for one, two in tied(stretches, vocabulary.groups, vocabulary.language):
        yield (
            f"nothing says that “{one}” and “{two}” belong together: keep them apart, each in a "
            "sentence of its own"
        )
    for stretch in stretches:
        for said, what in liberties(
            stretch, text, vocabulary.groups, vocabulary.rules, vocabulary.language
        ):
            instead = MEND.get(what, "")
            yield f"“{said}” tells {what}, and nothing bears it out: leave it out{instead}"
    for figure, near, owner in swapped(text, bearers):
        yield f"{figure.text} is not a figure of “{near}” but of “{owner}”"
    for said, what in turned(text, bearers):
        yield f"“{said}” is the wrong way round: {what}"
    for said in unmoved(text, bearers):
        if not any(normalize_text(said) in normalize_text(line) for line in by_rules):
            yield f"“{said}”: no fact says that this moved. Leave it out, or give its two figures"
    for said, name in crowned(text, bearers):
        if any(normalize_text(said) in normalize_text(line) for line in by_rules):
            continue
        yield f"“{said}”: {name} is broken, and says nothing of its variants. Leave it out"
    for name in oversure(text, bearers, by_rules):
        yield f"“{name}” is not confirmed: say “to watch”, or what the facts say"
