"""A figure of advertising by campaign, audience, week …: one by one, in a sentence and a table; and
which column a file lacks for it."""

from collections.abc import Sequence

from bot.core.facts import Evidence
from bot.core.parts import Table
from bot.i18n.messages import Words
from bot.rules.telling.ad_topics import COLUMNS, CUTS, MADE_OF, NAMED
from bot.rules.telling.questions import WORST, Topic
from bot.rules.telling.told import Teller, Told, told
from bot.text.normalize import normalize_text

FEW = 5  # told in the sentence; all stand in the table
LABELS = {
    "spend": Words("Spent"),
    "clicks": Words("Clicks"),
    "orders": Words("Orders"),
    "sales": Words("Sold"),
    "impressions": Words("Times shown"),
    "visits": Words("Visits"),
    "purchases": Words("Orders"),
}


def sentence_of(teller: Teller, topic: Topic, cut: str, found: Sequence[Told], words: str) -> str:
    """The figure of each, the first ones; of weeks, the last ones as they came."""
    shown = found[-FEW:] if cut == "week--" else found[:FEW]
    apart = "\u00a0; " if teller.language == "fr" else "; "
    some = apart.join(f"{_called(teller, one, cut)} ({_value(teller, one, topic.needs[0])})"
                      for one in shown)  # fmt: skip
    given = {"what": topic.figure or "", "cut": NAMED[cut], "some": some}
    if cut == "week--":
        return teller.say(Words("{what} by {cut}: {some}.", **given))
    given["order"] = _order(topic, words)
    if len(found) > FEW:
        return teller.say(Words("{what} by {cut}, {order}: {some}; the table has the others.",
                                **given))  # fmt: skip
    return teller.say(Words("{what} by {cut}, {order}: {some}.", **given))


def _order(topic: Topic, words: str) -> Words:
    if topic.needs[0] in LABELS:  # a count, or money: more of it is not better
        return (
            Words("the lowest first")
            if WORST.search(normalize_text(words))
            else Words("the highest first")
        )
    return (
        Words("the worst first") if WORST.search(normalize_text(words)) else Words("the best first")
    )


def table_of(teller: Teller, topic: Topic, cut: str, found: Sequence[Told]) -> Table:
    measures = (topic.needs[0], *topic.beside)
    heads = [NAMED[cut], *filter(None, [topic.figure]), *(LABELS[name] for name in topic.beside)]
    columns = [teller.say(words) for words in heads]
    rows = [
        [_called(teller, one, cut), *(_value(teller, one, name) or "–" for name in measures)]
        for one in found
    ]
    return teller.table([columns[0][:1].upper() + columns[0][1:], *columns[1:]], rows)


def limits_of(teller: Teller, cut: str, evidence: Evidence) -> list[str]:
    lines = []
    ads = told(evidence, "campaigns", "ads").get("ads")
    if cut == "week--":
        lines.append(Words("Whole weeks, Monday to Sunday; each is named by its Monday."))
    elif cut in CUTS and ads is not None and ads.get("since"):
        lines.append(Words("Advertising is read from {since} to {until}.",
                           since=teller.of(ads, "since"),
                           until=teller.of(ads, "until")))  # fmt: skip
    lines.append(Words("A small one may be first or last by chance: ask what blocks sales, and I "
                       "tell which surely sell worse."))  # fmt: skip
    return [teller.say(words) for words in lines]


def lacking(teller: Teller, topic: Topic, words: str, evidence: Evidence) -> str:
    """Why a figure of advertising is not told: the column that the file lacks, or that it can't be
    cut so; empty where that is not why."""
    whole = told(evidence, "campaigns").get("ads")
    if topic.kind != "campaigns" or topic.whole != "ads" or whole is None:
        return ""
    file = next(iter(whole.facts.values())).file
    if any(not whole.get(measure) for measure in topic.needs):
        parts = [part for need in topic.needs for part in MADE_OF.get(need, (need,))]
        missing = [part for part in dict.fromkeys(parts) if not whole.get(part)]
        if not missing:
            return teller.say(Words("{file} counts none in these days, so that can't be told.",
                                    file=file))  # fmt: skip
        return teller.say(Words("{file} does not say {what}, so that can't be told. Import a report"
                                " with a column for it.", file=file,
                                what=COLUMNS[missing[0]]))  # fmt: skip
    cut = topic.cut(words)
    if cut is None:
        return ""
    if cut == "week--":
        return teller.say(Words("{file} has no two whole weeks of advertising, so I can't tell it "
                                "by week.", file=file))  # fmt: skip
    return teller.say(Words("{file} tells of no two of that ({cut}), so I can't tell it one by one."
                            " Import a report with a column for it.", file=file,
                            cut=NAMED[cut]))  # fmt: skip


def _called(teller: Teller, one: Told, cut: str) -> str:
    """Its name; of a week, its Monday."""
    if cut not in CUTS:
        return teller.name(one)
    if cut != "week--":
        return one.about
    fact = next(iter(one.facts.values())).model_copy(update={"value": one.about, "unit": None})
    return fact.spelled(teller.language)


def _value(teller: Teller, one: Told, measure: str) -> str:
    cents = measure in ("cost-per-click", "cost-per-order", "spend", "sales")
    return teller.money(one, measure) if cents else teller.of(one, measure)
