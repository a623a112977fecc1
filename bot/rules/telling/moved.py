"""What moved in sales and what comes back, cut to what is asked; found in facts."""

from collections.abc import Sequence

from bot.core.facts import Evidence
from bot.i18n.messages import Words
from bot.rules.about import speaks_of
from bot.rules.telling.path import step_of
from bot.rules.telling.told import DEVICES, Teller, Told, regions_named, told

SURE, MAYBE = "confirmed", "to watch"
MOST = 4


class Moved:
    """`series` are those that the words name, else all, what is sure first; `small` those named
    that sell too little; `new` what was hardly sold before; `back` the products that come back
    more or less than others; `falls` the steps on the site that got worse, when nothing is
    named."""

    def __init__(self, evidence: Evidence, words: str) -> None:
        every = told(evidence, "trends")
        self.tested, self.ended = every.get("tested"), every.get("ended")
        whole = [one for one in every.values() if one.get("change")]
        named = [one for one in whole if names(words, one)]
        new = [one for key, one in every.items() if key.startswith("new-")]
        small = [one for key, one in every.items() if key.startswith("small-")]
        self.small = [one for one in small if names(words, one)]
        self.focus = bool(named or self.small)
        self.new = [one for one in new if not self.focus or names(words, one)]
        self.series = sorted(named if self.focus else whole, key=_weight)
        self.first = self.series[0] if self.series else None
        back = [one for key, one in every.items() if key.startswith("returns-")]
        of_named = [one for one in back if names(words, one)]
        self.asked_back = bool(of_named) and not self.focus  # a product that comes back is named
        if self.asked_back:
            self.series, self.first, self.new = [], None, []
        self.back = of_named if self.focus or of_named else back[:MOST]
        path = [] if self.focus or self.asked_back else list(told(evidence, "funnel").values())
        self.falls = [
            one
            for one in path
            if one.word("status") == SURE and one.number("change") < 0 and not one.get("through")
        ]

    def having(self, status: str) -> list[Told]:
        return [one for one in self.series if one.word("status") == status][:MOST]

    @property
    def gone(self) -> list[Told]:
        """Products that sold nothing at all in the last week, where more was expected."""
        moved = (*self.having(SURE), *self.having(MAYBE))
        return [o for o in moved if o.key.startswith("product-") and not o.number("last")]

    @property
    def goods(self) -> list[Told]:
        """Categories and products that moved for sure: what can be written about."""
        return [o for o in self.having(SURE) if o.key.startswith(("category-", "product-"))]

    def returned(self, status: str) -> list[Told]:
        return [one for one in self.back if one.word("status") == status]


def broken_off(teller: Teller, evidence: Evidence) -> str:
    """That the orders end before their file does; nothing where they don't."""
    ended = told(evidence, "trends", "ended").get("ended")
    if ended is None:
        return ""
    return teller.say(Words("The orders all but break off on {day}: {came} since, where {usual} "
                            "are usual. Does the file end there, or did the shop stop selling?",
                            day=teller.of(ended, "since"), came=teller.bare(ended, "came"),
                            usual=teller.bare(ended, "usual")))  # fmt: skip


def _weight(one: Told) -> tuple[bool, bool, bool, float]:
    """What is sure first, then what may be; totals after what they are made of, and the orders
    before the others; then by how far it lies from what was expected."""
    status, total = one.word("status"), one.key.startswith("total-") - (one.key == "total-orders")
    gap = abs(one.number("last") - one.number("expected"))
    return status != SURE, status != MAYBE, bool(total), -float(gap)


def called(one: Told, teller: Teller) -> str:
    """A series by its name, with a capital: "Region 33", "Phones", "Candles"."""
    dimension = one.key.removeprefix("small-").removeprefix("new-").split("-")[0]
    places = {
        "region": regions_named(one.about),
        "country": Words("country {name}", name=one.about),
        "source": Words("source {name}", name=one.about),
        "device": DEVICES.get(one.about, Words("device {name}", name=one.about)),
    }
    name = teller.say(places[dimension]) if dimension in places else one.named(teller.language)
    return name[:1].upper() + name[1:]


def comes_back(teller: Teller, one: Told) -> str:
    """How much of a product comes back, and why, as those who sent it back say."""
    given = {"name": one.about, "rate": teller.of(one, "rate"), "rest": teller.of(one, "rest")}
    if not one.get("reason"):
        return teller.say(Words("{name}: {rate} come back, {rest} of the other products.", **given))
    return teller.say(Words("{name}: {rate} come back, {rest} of the other products; reason most "
                            "given: {reason}.", reason=teller.of(one, "reason"),
                            **given))  # fmt: skip


def names(words: str, one: Told) -> bool:
    """Whether words name it, in either language."""
    return any(speaks_of(words, one.named(language)) for language in ("en", "fr"))


def new(teller: Teller, found: Moved) -> list[str]:
    """What was hardly sold before: a line for each week that something began in."""
    weeks: dict[str, list[str]] = {}
    for one in found.new[:MOST]:
        said = Words("{name} ({last} a week)", name=one.about, last=teller.of(one, "last"))
        weeks.setdefault(teller.of(one, "since"), []).append(teller.say(said))
    return [
        teller.say(Words("New since about the week of {since}, hardly sold before: {names}.",
                         since=since, names=", ".join(names)))
        for since, names in weeks.items()
    ]  # fmt: skip


def small(teller: Teller, one: Told) -> str:
    return teller.say(Words("{name} sells fewer than {least} a week: what moves there is chance.",
                            name=called(one, teller), least=teller.of(one, "least")))  # fmt: skip


def leave(teller: Teller, found: Moved) -> Words:
    """What to do where nothing is to be done."""
    if found.first is not None and found.first.word("status") == MAYBE:
        return Words("{name}: look again next week, before you act on it.",
                     name=called(found.first, teller))  # fmt: skip
    return Words("Leave things as they are, and look again next week.")


def how_much(teller: Teller, one: Told, sure: Words | None) -> Words | str:
    """The change, and how sure it is where that is to be said."""
    change = teller.signed(one, "change")
    return Words("{figure}, {sure}", figure=change, sure=sure) if sure else change


def sent_back(teller: Teller, some: Sequence[Told], *, sure: bool = True) -> list[str]:
    """Those that come back more than others, or less, in one line where they are held against the
    same; how sure that is where the heading doesn't say."""
    lines: dict[tuple[bool, str], list[Told]] = {}
    for one in some:
        more = one.number("rate") > one.number("rest")
        lines.setdefault((more, teller.of(one, "rest")), []).append(one)
    said = []
    for (more, rest), of in lines.items():
        names = ", ".join(f"{one.about} ({teller.of(one, 'rate')})" for one in of)
        beside: Words | str = rest
        if sure:
            status = of[0].word("status")
            beside = Words("{figure}, {sure}", figure=rest, sure=Words(status))
        said.append(
            Words("Sent back more often than other products ({rest}): {names}.",
                  rest=beside, names=names)
            if more
            else Words("Sent back less often than other products ({rest}): {names}.",
                       rest=beside, names=names)
        )  # fmt: skip
    return [teller.say(words) for words in said]


def fall(teller: Teller, one: Told) -> str:
    """A step of the path to purchase that got worse meanwhile."""
    given = {"step": step_of(one), "rate": teller.of(one, "rate"),
             "before": teller.of(one, "before")}  # fmt: skip
    if not one.get("lost-buyers"):
        return teller.say(Words("Meanwhile on the site ({step}): {rate} get through, {before} "
                                "before (confirmed).", **given))  # fmt: skip
    return teller.say(Words("Meanwhile on the site ({step}): {rate} get through, {before} before "
                            "(confirmed). About {orders} are missing.",
                            orders=teller.of(one, "lost-buyers"), **given))  # fmt: skip
