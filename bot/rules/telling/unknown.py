"""What is said when nothing in the library answers a question."""

import re
from collections.abc import Sequence

from bot.core.facts import Evidence
from bot.i18n.messages import Words
from bot.rules.telling import said
from bot.rules.telling.ad_cuts import lacking
from bot.rules.telling.questions import Topic, as_typed, names_period
from bot.rules.telling.subjects import has, rest_of
from bot.rules.telling.told import NotYet, Teller, cannot, told
from bot.rules.telling.topics import MISSING
from bot.text.normalize import normalize_text


def unknown(teller: Teller, words: str) -> NotYet:
    """Which file would let it be told, where that is known; else what can be asked."""
    asked = normalize_text(words.replace("’", "'"))
    if file := next((file for shape, file in MISSING if re.search(shape, asked)), None):
        line = Words("Nothing in the library tells that. This would let me: {file}.", file=file)
        return NotYet(answer=teller.copy(teller.say(line)))
    sorry = Words(
        "Nothing in the library answers that, and I don't guess. I can count customers, orders, "
        "sales, returns, late parcels, visits, reviews and what campaigns brought, as far as "
        "your files say it: drop a file here (CSV, Excel) and mention me."
    )
    return NotYet(answer=teller.copy(teller.say(sorry)))


def declined(teller: Teller, topics: Sequence[Topic], words: str, evidence: Evidence) -> NotYet:
    """What can't be told, which file would let it, and the nearest thing that is known."""
    topic = topics[0]
    known = told(evidence, topic.kind)
    whole = known.get(topic.whole)
    lines = [teller.value(fact) for fact in cannot(evidence, topic.kind)]
    if whole and has(whole, topic):
        other_days = names_period(words, but_last_week=topic.weekly)
        lines = [said.not_that(teller, topic, as_typed(rest_of(topic, words), words), other_days)]
        lines.append(teller.say(Words("What I do know: {known}", known=said.sentence(
            teller, topic, whole, evidence))))  # fmt: skip
    if why := lacking(teller, topic, words, evidence):
        lines = [why, *lines[1:]] if whole and has(whole, topic) else [why]
    answer = teller.copy(*(lines or [said.not_that(teller, topic, "", False)]), apart="\n")
    return NotYet(answer=answer)
