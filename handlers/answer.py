"""Answer a question from the team's own data, or say what it can't tell."""

import re
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field

from bot.desk import Desk
from bot.evidence import Evidence
from bot.fold import fold
from bot.parts import Copy
from bot.request import Question, Request
from bot.telling import questions
from bot.telling.questions import (
    BEST,
    Topic,
    as_typed,
    asked,
    covers,
    is_named,
    names_in,
    names_period,
    respelt,
)
from bot.telling.told import AGE, CANNOT, NotYet, Teller, Told, cannot, how_to_read, told
from bot.telling.topics import TOPICS
from bot.words import Words

TITLE = "Answer"
HINT = "how many loyal customers do we have?"
ASKED_BY = (
    r"^\W*(?:and |et |so |alors )?(?:how (?:many|much|often|is|are|was|were|did|do|does|high)\b"
    r"|(?:what|which|who|when|where|why)\b|what's\b|who's\b"
    r"|(?:is|are|was|were|did|do|does|has|have) (?:the|our|we|it|there|any|they|my)\b"
    r"|combien\b|quel(?:le)?s?\b|qui\b|quand\b|où\b|pourquoi\b|comment\b|de combien\b"
    r"|(?:à|de|en|dans|sur|pour) quel(?:le)?s?\b|est-ce qu|qu'est-ce qu|que (?:vaut|valent)\b"
    r"|y a-t-il\b|a-t-on\b|avons-nous\b"
    r"|(?:our |nos |notre |le )?(?:best[- ]?sellers?|meilleures? ventes?|average (?:order|basket)"
    r"|panier moyen)\b(?! (?:e-?mail|newsletter|banner|page)))"
)
MOST_NAMED = 3
PEOPLE = ("confirmed", "to watch", "follows", "steady", "chance")
STEPS = {
    "view-to-cart": Words("from a product to the cart"),
    "cart-to-checkout": Words("from the cart to the checkout"),
    "checkout-to-purchase": Words("from the checkout to the order"),
}
VERDICTS = {
    "confirmed": Words("confirmed"),
    "to watch": Words("to watch"),
    "follows": Words("it follows from something else"),
}
WHY = ("why", "pourquoi")
RANKS = re.compile(
    rf"{BEST.pattern}|\b(?:which|who|quels?|quelles?|qui)\b.*\b(?:segment|group|categor)"
)


class Said(BaseModel):
    answer: Copy = Field(title="Answer")


class Output(Said):
    how_to_read: Copy = Field(title="How to read this")


async def handle(request: Request, desk: Desk) -> BaseModel | Question:
    words = request.brief.words
    if not words.strip():
        return desk.ask(Words("What do you want to know? For example: how many loyal customers do "
                              "we have?"))  # fmt: skip
    teller = Teller(request.language)
    topics = _topics(words, request)
    if not topics and (respelling := respelt(words)) != fold(words):
        words, topics = respelling, _topics(respelling, request)
    timeless = {"since": None, "until": None}
    whenever = request.model_copy(update={"brief": request.brief.model_copy(update=timeless)})
    for topic in topics:
        evidence = await desk.look_up(topic.kind, of=None if topic.period else whenever)
        if found := _found(topic, words, request, evidence):
            return await _answered(teller, topic, found, request, desk)
    if not topics:
        desk.keep()
        return _unknown(teller)
    return _declined(teller, topics, request, desk)


def _topics(words: str, request: Request) -> list[Topic]:
    brief = request.brief
    meant = questions.can_mean
    return [t for t in asked(words, TOPICS) if meant(t, words, brief.product, brief.since)]


def _found(topic: Topic, words: str, request: Request, evidence: Evidence) -> list[Told]:
    """The subjects that the question is about; none when one of its words names nothing known."""
    known = told(evidence, topic.kind)
    if topic.kind == "product":
        one = known.get(request.brief.product or "")
        return [one] if one and _has(one, topic) and not _rest(topic, words, one) else []
    rest = _rest(topic, words)
    other_days = names_period(words, but_last_week=topic.weekly)
    if other_days and not (topic.period and request.brief.since):
        return []
    if not rest:
        return list(_whole(topic, words, known))
    product = f"-{request.brief.product}" if request.brief.product else "?"
    named = [one for one in _groups(topic, known) if one.key.endswith(product) or covers(one, rest)]
    plain = sorted(named, key=lambda one: (len(one.key.split("--")), len(one.about)))
    return plain[:1]


def _rest(topic: Topic, words: str, product: Told | None = None) -> list[str]:
    rest = names_in(topic.rest(fold(words.replace("’", "'"))) or "")
    name = product.word("name") if product else ""
    return [word for word in rest if not is_named(word, name)]


def _whole(topic: Topic, words: str, known: dict[str, Told]) -> Iterator[Told]:
    """Everything together; or, asked for the best or where there is no whole, the first few."""
    whole = known.get(topic.whole)
    best = BEST.search(fold(words)) and topic.groups
    if whole and _has(whole, topic) and not best:
        yield whole
        return
    ranked = sorted(_groups(topic, known), key=lambda one: -one.number(topic.needs[0]))
    kinds = {next(g for g in topic.groups if one.key.startswith(g)) for one in ranked}
    if len(kinds) == 1:  # several sorts of things don't make one list
        yield from ranked[:MOST_NAMED]


def _groups(topic: Topic, known: dict[str, Told]) -> list[Told]:
    return [
        one
        for key, one in known.items()
        if key not in (topic.whole, CANNOT, AGE)
        and one.about
        and any(key.startswith(group) for group in topic.groups)
        and _has(one, topic)
    ]


def _has(one: Told, topic: Topic) -> bool:
    return all(one.get(measure) for measure in topic.needs)


async def _answered(
    teller: Teller, topic: Topic, found: Sequence[Told], request: Request, desk: Desk
) -> BaseModel:
    words, evidence = request.brief.words, desk.evidence
    if len(found) > 1 and not RANKS.search(fold(words)):
        lines = [_listed(teller, topic, found)]
    else:
        lines = [_sentence(teller, topic, one, evidence) for one in found[:1]]
        lines += [_others(teller, topic, found[1:])] if len(found) > 1 else []
    if fold(words).lstrip().startswith(WHY):
        lines.append(teller.say(Words("What lies behind it, these figures don't say.")))
    answer = teller.copy(*lines)
    kinds = [] if topic.kind == "product" else [topic.kind]
    read = how_to_read(teller, evidence, kinds, *_sources(teller, found, topic))
    desk.keep(*teller.ever.values())
    said = await desk.write(Said, by_rules=Said(answer=answer))
    return Output(**said.model_dump(), how_to_read=read)


def _sentence(teller: Teller, topic: Topic, one: Told, evidence: Evidence) -> str:
    words = topic.says if one.key == topic.whole or not topic.says_of else topic.says_of
    if one.get("rate") and one.key.startswith("total-"):
        words = topic.says
    return teller.say(Words(words.text, **_gaps(teller, words, one, evidence)))


def _gaps(teller: Teller, words: Words, one: Told, evidence: Evidence) -> dict[str, str | Words]:
    """What fills a sentence: measures by name, the subject's name, the verdict, the week."""
    gaps: dict[str, str | Words] = {}
    for measure in one.facts:
        gap = f"{measure.replace('-', '_')}{'_' if measure == 'return' else ''}"
        if f"{{{gap}}}" in words.text:
            gaps[gap] = teller.of(one, measure)
    gaps["name"] = one.word("name") if one.kind == "product" else teller.name(one)
    if "{verdict}" in words.text:
        gaps["verdict"] = VERDICTS.get(one.word("status"), Words("nothing out of the ordinary"))
        teller.value(one.get("status"))
    if "{week}" in words.text:
        gaps["week"] = teller.value(evidence.get("trends.tested.week"))
    if "{step}" in words.text:
        gaps["step"] = next((w for key, w in STEPS.items() if one.key.endswith(key)), "")
    return gaps


def _others(teller: Teller, topic: Topic, rest: Sequence[Told]) -> str:
    return teller.say(Words("Then come {others}.", others=_briefly(teller, topic, rest)))


def _listed(teller: Teller, topic: Topic, some: Sequence[Told]) -> str:
    few = _briefly(teller, topic, some)
    return teller.say(Words("Not for everybody together, but by group, the highest first: {few}.",
                            few=few))  # fmt: skip


def _briefly(teller: Teller, topic: Topic, some: Sequence[Told]) -> str:
    shape = topic.each or topic.says
    return ("\u00a0; " if teller.language == "fr" else "; ").join(
        teller.say(Words(shape.text, **_gaps(teller, shape, one, Evidence()))) for one in some
    )


def _sources(teller: Teller, found: Sequence[Told], topic: Topic) -> list[str]:
    fact = found[0].facts[topic.needs[0]]
    lines = [Words("Counted in {file}, up to {day}.", file=fact.file,
                   day=fact.as_of)]  # fmt: skip
    if topic.needs[0] == "return":
        lines.append(Words("Sales are those that the advertising reports say it brought; some "
                           "would have come without it."))  # fmt: skip
    if rule := found[0].get("rule"):
        lines.append(Words("{name}: {rule}.", name=teller.name(found[0]),
                           rule=teller.value(rule)))  # fmt: skip
    return [teller.say(line) for line in lines]


def _declined(teller: Teller, topics: Sequence[Topic], request: Request, desk: Desk) -> BaseModel:
    """What can't be told, which file would let it, and the nearest thing that is known."""
    topic, words = topics[0], request.brief.words
    known = told(desk.evidence, topic.kind)
    whole = known.get(topic.whole)
    lines = [teller.value(fact) for fact in cannot(desk.evidence, topic.kind)]
    if whole and _has(whole, topic):
        other_days = names_period(words, but_last_week=topic.weekly)
        lines = [_not_that(teller, topic, as_typed(_rest(topic, words), words), other_days)]
        lines.append(teller.say(Words("What I do know: {known}", known=_sentence(
            teller, topic, whole, desk.evidence))))  # fmt: skip
    answer = teller.copy(*(lines or [_not_that(teller, topic, "", False)]), apart="\n")
    desk.keep(*teller.ever.values())
    return NotYet(answer=answer)


def _not_that(teller: Teller, topic: Topic, rest: str, period: bool) -> str:
    if rest:
        return teller.say(Words("Nothing in the library tells it for “{what}”. This would let me: "
                                "{file}.", what=rest, file=topic.file))  # fmt: skip
    if period:
        return teller.say(Words("I can't tell it for the days you ask about."))
    return teller.say(Words("Nothing in the library tells that. This would let me: {file}.",
                            file=topic.file))  # fmt: skip


def _unknown(teller: Teller) -> NotYet:
    sorry = Words(
        "Nothing in the library answers that, and I don't guess. I can count customers, orders, "
        "sales, returns, late parcels, visits, reviews and what campaigns brought, as far as "
        "your files say it: drop a file here (CSV, Excel) and mention me."
    )
    return NotYet(answer=teller.copy(teller.say(sorry)))
