"""How the figures that a question asks for are said: one, the best of several, a list by group."""

from collections.abc import Sequence

from bot.core.facts import Evidence
from bot.i18n.messages import Words
from bot.rules.telling.questions import Topic
from bot.rules.telling.told import Teller, Told

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


def sentence(teller: Teller, topic: Topic, one: Told, evidence: Evidence) -> str:
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


def others(teller: Teller, topic: Topic, rest: Sequence[Told]) -> str:
    return teller.say(Words("Then come {others}.", others=_briefly(teller, topic, rest)))


def listed(teller: Teller, topic: Topic, some: Sequence[Told]) -> str:
    few = _briefly(teller, topic, some)
    return teller.say(Words("Not for everybody together, but by group, the highest first: {few}.",
                            few=few))  # fmt: skip


def _briefly(teller: Teller, topic: Topic, some: Sequence[Told]) -> str:
    shape = topic.each or topic.says
    return ("\u00a0; " if teller.language == "fr" else "; ").join(
        teller.say(Words(shape.text, **_gaps(teller, shape, one, Evidence()))) for one in some
    )


def sources(teller: Teller, found: Sequence[Told], topic: Topic) -> list[str]:
    fact, of_product = found[0].facts[topic.needs[0]], topic.kind == "product"
    file = fact.source.without_line.words() if of_product else fact.file
    lines = [Words("Counted in {file}, up to {day}.", file=file, day=fact.as_of)]
    if topic.needs[0] == "return":
        lines.append(Words("Sales are those that the advertising reports say it brought; some "
                           "would have come without it."))  # fmt: skip
    if rule := found[0].get("rule"):
        lines.append(Words("{name}: {rule}.", name=teller.name(found[0]),
                           rule=teller.value(rule)))  # fmt: skip
    return [teller.say(line) for line in lines]


def not_that(teller: Teller, topic: Topic, rest: str, period: bool) -> str:
    if rest:
        return teller.say(Words("I can't tell it for “{what}”: nothing that is counted there is "
                                "called so.", what=rest))  # fmt: skip
    if period:
        return teller.say(Words("I can't tell it for the days you ask about."))
    return teller.say(Words("Nothing in the library tells that. This would let me: {file}.",
                            file=topic.file))  # fmt: skip
