"""Which subjects of the library a question is about: everything, what it names, or the best."""

import re
from collections.abc import Iterator

from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.rules.telling.questions import BEST, WORST, Topic, covers, is_named, names_in, names_period
from bot.rules.telling.told import AGE, CANNOT, Told, told
from bot.text.normalize import normalize_text

MOST_NAMED = 3
EACH = re.compile(
    r"\b(?:by|per|par|each|chaque) (?:product|article|item|categor|produit|region|keyword)"
)


def found(topic: Topic, words: str, request: SkillRequest, evidence: Evidence) -> list[Told]:
    """The subjects that the question is about; none when one of its words names nothing known."""
    known = told(evidence, topic.kind)
    if topic.kind == "product":
        one = known.get(request.brief.product or "")
        return [one] if one and has(one, topic) and not rest_of(topic, words, one) else []
    rest = rest_of(topic, words)
    other_days = names_period(words, but_last_week=topic.weekly)
    if other_days and not (topic.period and request.brief.since):
        return []
    if cut := topic.cut(words):
        return [] if rest else _each(topic, cut, words, known)
    if not rest:
        return list(_whole(topic, words, known))
    product = f"-{request.brief.product}" if request.brief.product else "?"
    named = [one for one in _groups(topic, known) if one.key.endswith(product) or covers(one, rest)]
    plain = sorted(named, key=lambda one: (len(one.key.split("--")), len(one.about)))
    return plain[:1]


def rest_of(topic: Topic, words: str, product: Told | None = None) -> list[str]:
    rest = names_in(topic.rest(normalize_text(words.replace("’", "'"))) or "")
    name = product.word("name") if product else ""
    return [word for word in rest if not is_named(word, name)]


def _whole(topic: Topic, words: str, known: dict[str, Told]) -> Iterator[Told]:
    """Everything together; or, asked for the best or where there is no whole, the first few."""
    whole = known.get(topic.whole)
    said = normalize_text(words)
    best = (BEST.search(said) or EACH.search(said)) and topic.groups
    if whole and has(whole, topic) and not best:
        yield whole
        return
    ranked = sorted(_groups(topic, known), key=lambda one: -one.number(topic.needs[0]))
    kinds = {next(g for g in topic.groups if one.key.startswith(g)) for one in ranked}
    if len(kinds) == 1:  # several sorts of things don't make one list
        yield from ranked[:MOST_NAMED]


def _each(topic: Topic, cut: str, words: str, known: dict[str, Told]) -> list[Told]:
    """All that a question cuts by, the best first, or the worst where that is asked; weeks as they
    came. One alone is no cut."""
    some = [one for key, one in known.items() if key.startswith(cut) and has(one, topic)]
    if len(some) < 2:
        return []
    if cut == "week--":
        return sorted(some, key=lambda one: one.key)
    worst = WORST.search(normalize_text(words))
    return sorted(
        some, key=lambda one: one.number(topic.needs[0]), reverse=topic.low == bool(worst)
    )


def _groups(topic: Topic, known: dict[str, Told]) -> list[Told]:
    return [
        one
        for key, one in known.items()
        if key not in (topic.whole, CANNOT, AGE)
        and one.about
        and any(key.startswith(group) for group in topic.groups)
        and has(one, topic)
    ]


def has(one: Told, topic: Topic) -> bool:
    return all(one.get(measure) for measure in topic.needs)
