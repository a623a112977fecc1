"""What audiences are called, what each should hear, how many there are and why them."""

from collections.abc import Sequence
from decimal import Decimal

from bot.core.audience_rule import AudienceRule, join_with_or
from bot.core.brief import Brief
from bot.core.facts import ALL_BUT_PATTERN, Evidence
from bot.core.parts import NextStep
from bot.i18n.messages import Words, quote_name
from bot.rules.telling.told import NotYet, Teller, Told, nothing_yet

NAMES = {
    "buyers": Words("Buyers of {thing}"),
    "alike": Words("People like the buyers of {thing}"),
    "loyal": Words("Best and loyal customers"),
    "drifting": Words("Customers drifting away"),
    "lapsed": Words("Customers lost from sight"),
    "newcomers": Words("Newcomers"),
    "niche": Words("The niche around {thing}"),
    "there": Words("All customers"),
    "yours": Words("Your rule"),
}
SAY = {  # what each should hear
    "buyers": Words("say what goes with what they have"),
    "alike": Words("say what it is for: they don't have it"),
    "loyal": Words("tell them before everybody else; no price cut"),
    "drifting": Words("say what is new since they were last here, in one message"),
    "lapsed": Words("ask what they need now, once; who stays silent is left in peace"),
    "newcomers": Words("say what goes with their first order"),
    "niche": Words("show these things in use, and never mention what they bought"),
    "there": Words("say what delivery to them costs and how long it takes"),
    "yours": Words("say one thing that is true for all of them, and leave the rest out"),
}
REACH = {"by-email": Words("by e-mail"), "by-sms": Words("by SMS"), "by-ads": Words("for ads")}


def best_way(one: Told) -> str | None:
    """The way that reaches most of them, of a person's own rule the one it names; None when nobody
    may be reached."""
    if one.key == "yours":
        way = f"by-{AudienceRule.model_validate_json(one.word('rule')).purpose}"
        return way if _many(one, way) else None
    ways = [measure for measure in REACH if _many(one, measure)]
    return max(ways, key=lambda way: _many(one, way)) if ways else None


def _many(one: Told, way: str) -> Decimal:
    """How many may be reached so; of "all but under 20", all."""
    return one.number("customers") if ALL_BUT_PATTERN.fullmatch(one.word(way)) else one.number(way)


def reach(teller: Teller, one: Told) -> str:
    """How many there are, and how many of them may be written to."""
    fits, way = teller.of(one, "customers"), best_way(one)
    if way is None:
        return teller.say(Words("{fits} customers", fits=fits))
    return teller.say(
        Words("{fits} customers, {n} {way}", fits=fits, n=teller.of(one, way), way=REACH[way])
    )


def why(teller: Teller, one: Told, *, sized: bool = True) -> str:
    """Its size unless that was just said, and what such people did before, beside the others."""
    told_size = sized or not one.get("bought-share")
    lines = [_size(teller, one)] if told_size or one.key == "niche" else []
    if one.get("bought-share") is None:
        lines.append(teller.say(Words("Too few of them bought before to say what to expect.")))
        return " ".join(lines)
    given = {"share": teller.of(one, "bought-share"), "others": teller.of(one, "others-share")}
    more = one.number("times-all") >= 1
    told = Words("{share} bought, no sure difference from others ({others}).",
                 **given)  # fmt: skip
    if one.word("verdict") == "confirmed":
        told = Words("{share} bought, less often than others ({others}, confirmed).",
                     **given)  # fmt: skip
        if more:
            times = teller.bare(one, "times-all")
            told = Words("{share} bought, {times} times as often as others (confirmed).",
                         times=times, share=given["share"])  # fmt: skip
            if not sized:
                told = Words("{times} times as often as others (confirmed).", times=times)
    return " ".join([*lines, teller.say(told), *_power(teller, one)])


def _size(teller: Teller, one: Told) -> str:
    """How many they are; of a niche, what makes it one. The ways to reach them are in the table."""
    fits = teller.of(one, "customers")
    if one.key != "niche":
        return teller.say(Words("{fits} customers.", fits=fits))
    return teller.say(Words(
        "{fits} customers with {least} or more of {n} things bought together {lift} times as often "
        "as by chance.", fits=fits, least=teller.of(one, "bought-at-least"),
        n=teller.of(one, "things"), lift=teller.bare(one, "lift")))  # fmt: skip


def _power(teller: Teller, one: Told) -> list[str]:
    """Whether a test on a niche would show anything."""
    if one.key != "niche":
        return []
    if not one.get("smallest-effect"):
        return [teller.say(Words("Too small for a test."))]
    return [
        teller.say(
            Words(
                "A test would show a rise of {effect} or more.",
                effect=teller.of(one, "smallest-effect"),
            )
        )
    ]


def arguments(teller: Teller, shown: Sequence[Told]) -> list[str]:
    """What to say to each, by the way that reaches most, said once where it is the same for all.
    They are named by their number."""
    ways = [best_way(one) for one in shown]
    if len(ways) < 2 or len(set(ways)) > 1 or ways[0] is None:
        each = enumerate(zip(shown, ways, strict=True), 1)
        return [_argument(teller, n, one, way) for n, (one, way) in each]
    first = Words("{way}, like the others: {argument}", way=REACH[ways[0]],
                  argument=teller.say(SAY[shown[0].key]))  # fmt: skip
    rest = [_argument(teller, n, one, None) for n, one in enumerate(shown[1:], 2)]
    return [_line(1, teller.say(first)), *rest]


def _argument(teller: Teller, n: int, one: Told, way: str | None) -> str:
    said = teller.say(SAY[one.key])
    if way is not None:
        said = teller.say(Words("{way}: {argument}", way=REACH[way], argument=said))
    return _line(n, said)


def _line(n: int, said: str) -> str:
    return f"{n}. {said[:1].upper()}{said[1:]}."


def nobody(teller: Teller, evidence: Evidence, brief: Brief) -> NotYet:
    """Why there is no audience; a rule that somebody filled in can be changed from there."""
    said = nothing_yet(teller, evidence, ["audiences"])
    if not brief.rule:
        return said
    name = teller.say(NAMES["yours"])
    label = Words("Edit the rule: {audience}", audience=name)
    form, asked = {"rule": brief.rule}, brief.words or name
    lead = NextStep(label=label, skill="targeting", words=asked, form=form)
    return said.model_copy(update={"leads": [lead]})


def expected(teller: Teller, whole: Told, one: Told) -> str:
    """How many of them will buy as things are, and for how much."""
    if not one.get("expected-buyers-low"):
        return ""
    low, high = teller.ends(one, "expected-buyers")
    given = {"low": low, "high": high, "days": teller.of(whole, "days")}
    sales = teller.ends(one, "expected-sales")
    if not all(sales):
        return teller.say(Words("As things are: {low} to {high} buyers within {days}.", **given))
    return teller.say(Words(
        "As things are: {low} to {high} buyers within {days}, worth {least} to {most}.",
        least=sales[0], most=sales[1], **given))  # fmt: skip


def interval(teller: Teller, one: Told) -> str:
    """The share of such people that bought, with its ends, as a cell."""
    if not one.get("bought-share"):
        return "–"
    low, high = teller.ends(one, "bought-share")
    share = teller.of(one, "bought-share")
    return teller.say(Words("{share} ({low} to {high})", share=share, low=low, high=high))


def foreseen(teller: Teller, one: Told) -> str:
    """How many of them will buy if nothing changes, and for how much, as a cell."""
    low, high = teller.ends(one, "expected-buyers")
    least, most = teller.ends(one, "expected-sales")
    if not low:
        return "–"
    if not least:
        return teller.say(Words("{low} to {high} buyers", low=low, high=high))
    return teller.say(Words("{low} to {high} buyers, {least} to {most}", low=low, high=high,
                            least=least, most=most))  # fmt: skip


def risks(teller: Teller, shown: Sequence[Told], names: Sequence[str]) -> list[str]:
    """What to mind: nobody may be written to, some are in several, who buys anyway, what a test on
    them can show."""
    lines = []
    if not any(best_way(one) for one in shown):
        lines.append(_unreached(shown))
    if len(shown) > 1:
        lines.append(Words("One person can be in several of these: write to each once."))
    named = list(zip(shown, names, strict=True))
    known = [(one, name) for one, name in named if one.get("smallest-effect")]
    best = min(known, key=lambda pair: pair[0].number("smallest-effect"), default=None)
    for one, name in named:
        if one.key == "loyal" and one.get("bought-share"):
            share = teller.of(one, "bought-share")
            said = Words("{audience}: {share} bought anyway; a discount would be given away.",
                         audience=name, share=share)  # fmt: skip
            if best and best[0] is one:  # both in one line: it is named once
                said = Words("{audience}: {share} bought anyway, a discount would be given away; a "
                             "test with half left out shows rises from {effect}.", audience=name,
                             share=share, effect=teller.of(one, "smallest-effect"))  # fmt: skip
                best = None
            lines.append(said)
    if best is not None:
        lines.append(Words("Best to test on: {audience}; with half left out, rises from {effect} "
                           "show.", audience=best[1],
                           effect=teller.of(best[0], "smallest-effect")))  # fmt: skip
    elif not known and any(one.get("bought-share") for one in shown):
        lines.append(Words("All are too few for a test: only a doubling would show."))
    return [teller.say(line) for line in lines]


def _unreached(shown: Sequence[Told]) -> Words:
    """Why nobody may be written to: too few fit, too few agreed, or nothing says who did."""
    if not any(one.number("customers") for one in shown):
        return Words("Too few people fit to be counted or written to: ask less of them in the "
                     "rule.")  # fmt: skip
    if any(one.get(way) for one in shown for way in REACH):
        return Words("Too few of them agreed to be written to: ask less of them in the rule.")
    return Words("Nobody can be written to yet: import a file that says who agreed.")


def _meaning(teller: Teller, whole: Told) -> list[Words]:
    """What a word of the question stands for: all products whose names say it."""
    if not whole.get("products"):
        return []
    names = [quote_name(teller.of(whole, f"product-{n}")) for n in (1, 2, 3)
             if whole.get(f"product-{n}")]  # fmt: skip
    return [Words("{word} stands for {n} products, those whose names say it; most people bought "
                  "{names}.", word=quote_name(teller.of(whole, "subject")),
                  n=teller.of(whole, "products"), names=join_with_or(names))]  # fmt: skip


def limits(teller: Teller, whole: Told, shown: Sequence[Told]) -> list[str]:
    """What the choice does not show, and what to do about it."""
    lines = _meaning(teller, whole)
    if any(one.get("bought-share") for one in shown):
        lines += [
            Words("The shares are what the same rule would have picked {days} ago, and what those "
                  "people bought since, with whatever was sent to them: not what one more "
                  "message adds.",
                  days=teller.of(whole, "days")),
            Words("Seasons differ: what was bought in those days may not be what is bought in the "
                  "next ones."),
        ]  # fmt: skip
    lines.append(Words("Only people who agreed are ever written to or exported, and groups too "
                       "small to hide anybody are not shown."))  # fmt: skip
    lines.append(Words("To know what a message adds, leave a part of the audience out, by lot."))
    return [teller.say(line) for line in lines]
