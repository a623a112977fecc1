"""What the audiences of an answer are called, and what each leads to."""

from collections.abc import Mapping, Sequence

from bot.core.audience_rule import PLACE_LIST_SEPARATOR
from bot.core.parts import NextStep
from bot.i18n.messages import Country, Words, format_value, quote_name
from bot.rules.telling.approach import NAMES
from bot.rules.telling.told import Teller, Told


def name_of(teller: Teller, every: Mapping[str, Told], one: Told, *, in_brief: bool = False) -> str:
    """What it is called; in a brief without quotation marks, which hold what a text must say."""
    words = NAMES[one.key]
    thing = teller.of(one, "thing") if one.key == "niche" else thing_of(teller, every)
    if "{" in words.text:
        words = Words(words.text, thing=thing if in_brief else quote_name(thing))
    if one.key == "yours" or not (places := every["all"].word("place")):
        return teller.say(words)
    teller.value(every["all"].get("place"))
    where = [
        format_value(Country(name=place), teller.language)
        for place in places.split(PLACE_LIST_SEPARATOR)
    ]
    return f"{teller.say(words)} ({', '.join(where)})"


def thing_of(teller: Teller, every: Mapping[str, Told]) -> str:
    """What it is about; nothing when it is about all that is sold."""
    return teller.of(every["all"], "subject")


def leads_of(
    teller: Teller, every: Mapping[str, Told], shown: Sequence[Told], asked: str
) -> list[NextStep]:
    """Copy for the first two, the rules of the first and the last to change, a test."""
    found = []
    thing = every["all"].word("most-bought") or thing_of(teller, every)  # a text needs one product
    for one in shown[:2]:
        name, called = name_of(teller, every, one), name_of(teller, every, one, in_brief=True)
        words = Words("E-mail to: {audience}", audience=called)
        if thing:
            words = Words("E-mail about {thing}, to: {audience}", thing=thing, audience=called)
        form = {"audience": called, "rule": one.word("rule")}
        label = Words("Draft copy for {audience}", audience=name)
        if one.key == "yours":
            label = Words("Draft copy for them")
        found.append(NextStep(label=label, skill="draft", words=teller.say(words), form=form))
    niches = [one for one in shown if one.key == "niche"]
    for one in {one.key: one for one in (shown[0], *niches)}.values():
        name = name_of(teller, every, one)
        label = Words("Edit the rule: {audience}", audience=name)
        form = {"rule": one.word("rule")}
        found.append(NextStep(label=label, skill="targeting", words=asked or name, form=form))
    first = name_of(teller, every, shown[0], in_brief=True)
    test = Words("Plan a test: an e-mail to {audience}", audience=first)
    form = {"audience": first, "rule": shown[0].word("rule")}
    plan = NextStep(
        label=Words("Plan a test"), skill="experiment", words=teller.say(test), form=form
    )
    found.append(plan)
    return found
