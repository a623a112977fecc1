"""A test to come in sentences: from what rate, for what effect, how many people, how long."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.audience_rule import AudienceRule
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.i18n.messages import Words
from bot.rules.telling.tested import ON_SITE, base_of_group, guard, opens_of_group, too_few
from bot.rules.telling.told import DEVICES, Teller, Told

LONGEST = 8  # weeks: beyond, people forget and come back as somebody else
STEPS = {
    "view-to-cart": Words("from a product to the cart"),
    "cart-to-checkout": Words("from the cart to the checkout"),
    "checkout-to-purchase": Words("from the checkout to the order"),
}
WAYS = tuple(STEPS)
STARTS = {"basket": 1, "checkout": 2}  # the first of these steps that a test there measures
BASES = {
    "visit": Words("{base} of all visits end in a purchase"),
    "product": Words("{base} of all visits end in a purchase"),
    "basket": Words("{base} of the visits with something in the cart end in a purchase"),
    "checkout": Words("{base} of the visits at the checkout end in a purchase"),
    "subject": Words("{base} of the e-mails delivered are opened"),
    "letter": Words("{base} of the e-mails delivered are clicked"),
    "audience": Words("{base} of such customers order within four weeks"),
}
COUNTS = {
    "visit": Words("what counts is whether a visit ends in a purchase"),
    "product": Words("what counts is whether a visit ends in a purchase"),
    "basket": Words("what counts is whether a visit with something in the cart ends in a purchase"),
    "checkout": Words("what counts is whether a visit at the checkout ends in a purchase"),
    "subject": Words("what counts is whether the e-mail is opened"),
    "letter": Words("what counts is whether the e-mail is clicked"),
    "audience": Words("what counts is whether a customer orders within four weeks"),
}
SPLITS = {
    "site": Words("Split visitors in two by chance, by person and not by visit"),
    "mail": Words("Split the addresses in two by chance, and send both at the same hour"),
    "audience": Words(
        "Split these customers in two by chance; one half gets what is tested, the other does not"
    ),
}


@dataclass(frozen=True)
class Planned:
    """`lifts` from the least, `weeks` from the shortest; `chosen` is the one that is proposed."""

    place: str
    start: Told
    lifts: list[Told]
    weeks: list[Told]
    chances: Told
    product: str  # its title, when only its visits count

    @property
    def chosen(self) -> Told:
        """What was asked for, else the least that can be seen in time, else the largest."""
        if asked := self.start.get("asked"):
            return next((o for o in self.lifts if o.number("lift") == asked.value), self.lifts[-1])
        return next((o for o in self.lifts if self._fits(o)), self.lifts[-1])

    @property
    def in_time(self) -> bool:
        return self._fits(self.chosen)

    def _fits(self, one: Told) -> bool:
        """Whether it ends in a bearable time, and of a group there are enough."""
        size = self.start.get("size")
        enough = size is None or one.number("in-all") <= self.start.number("size")
        return enough and _in_time(one)


def _in_time(one: Told) -> bool:
    return not one.get("weeks") or one.number("weeks") <= LONGEST


def planned_in(every: Mapping[str, Told], product: str) -> Planned | None:
    place = next((key for key, one in every.items() if one.get("base")), None)
    if place is None:
        return None
    start = every[place]
    lifts = [one for key, one in every.items() if key.startswith(f"{place}-lift-")]
    weeks = [one for key, one in every.items() if key.startswith(f"{place}-weeks-")]
    only = product if start.get("product") else ""
    if not lifts:
        return None
    return Planned(place, start, lifts, weeks, every["chance"], only)


def headline(teller: Teller, plan: Planned) -> str:
    one = plan.chosen
    if plan.start.get("size") and not plan.in_time:
        return too_few(teller, plan.start)
    filled: dict[str, object] = {
        "base": teller.of(plan.start, "base"), "rate": teller.of(one, "rate"),
        "lift": teller.of(one, "lift"), "n": teller.of(one, "people"),
    }  # fmt: skip
    if not one.get("weeks"):
        return teller.say(Words("To see a rise from {base} to {rate} ({lift} more), the test needs"
                                " {n} people in each variant.", params=filled))  # fmt: skip
    filled["weeks"] = weeks_of(teller, one)
    if plan.in_time:
        return teller.say(Words("To see a rise from {base} to {rate} ({lift} more), the test needs"
                                " {n} people in each variant: about {weeks}.",
                                params=filled))  # fmt: skip
    return teller.say(Words("Too few people come for this test: even a rise from {base} to {rate}"
                            " ({lift} more) needs {n} in each variant, about {weeks}.",
                            params=filled))  # fmt: skip


def weeks_of(teller: Teller, one: Told) -> Words:
    teller.of(one, "weeks")
    return Words.count("{n} week", "{n} weeks", int(one.number("weeks")))


def starting_from(teller: Teller, plan: Planned) -> str:
    """The rate there is and how many come, and where both are from."""
    base = teller.of(plan.start, "base")
    if plan.start.get("size") and plan.place == "audience":
        return base_of_group(teller, plan.start)
    if plan.start.get("size"):
        return opens_of_group(teller, plan.start)
    rate = BASES[plan.place].model_copy(update={"params": {"base": base}})
    if plan.product:
        rate = Words("{base} of the visits that see {product} put it into the cart", base=base,
                     product=plan.product)  # fmt: skip
    if not plan.start.get("weekly"):
        return teller.say(Words("It starts from: {rate}.", rate=rate))
    if not plan.start.get("first-day"):
        return teller.say(Words("It starts from: {rate}; {n} come a week.", rate=rate,
                                n=teller.of(plan.start, "weekly")))  # fmt: skip
    return teller.say(Words("It starts from: {rate}; {n} come a week ({first} to {last}).",
                            rate=rate, n=teller.of(plan.start, "weekly"),
                            first=teller.of(plan.start, "first-day"),
                            last=teller.of(plan.start, "last-day")))  # fmt: skip


def seen_in_time(teller: Teller, plan: Planned) -> str:
    """The least rise that a test of a bearable length shows."""
    kept = [one for one in plan.weeks if one.number("weeks") == LONGEST // 2] or plan.weeks[-1:]
    if not plan.in_time:
        kept = plan.weeks[-1:]
    if not kept:
        return ""
    return teller.say(Words("In {weeks} it would show a rise of {lift} or more; anything smaller"
                            " would look like chance.", weeks=weeks_of(teller, kept[0]),
                            lift=teller.of(kept[0], "smallest-lift")))  # fmt: skip


def moving_ground(teller: Teller, plan: Planned, funnel: Mapping[str, Told]) -> str:
    """What has just fallen on the way that the test would measure."""
    way = WAYS[STARTS.get(plan.place, 0) :]
    if plan.product:
        way = WAYS[:1]
    fallen = [
        (one, step) for one in funnel.values() for step in way
        if one.word("status") == "confirmed" and one.number("change") < 0 and one.get("since")
        and one.key.startswith("device-") and one.key.endswith(step)
    ]  # fmt: skip
    if plan.place not in ON_SITE or not fallen:
        return ""
    worst, step = min(fallen, key=lambda pair: float(pair[0].number("change")))
    return teller.say(Words("Mend this first, or the test stands on moving ground: since {day} only"
                            " {now} of the visits on {device} get {step}, {before} before.",
                            day=teller.of(worst, "since"), now=teller.of(worst, "rate"),
                            device=DEVICES.get(worst.about, worst.about), step=STEPS[step],
                            before=teller.of(worst, "before")))  # fmt: skip


def steps(teller: Teller, plan: Planned, asked: str | None = None) -> list[str]:
    """`asked` is where it was asked for: of a subject line both halves get the e-mail."""
    kind = "site" if plan.place in ON_SITE else "mail"
    if plan.place == "audience" and asked != "subject":
        kind = "audience"
    counts = COUNTS[plan.place]
    if plan.product:
        counts = Words("what counts is whether who sees {product} puts it into the cart",
                       product=plan.product)  # fmt: skip
    length: Words = Words("End it when both variants have their people, and not before")
    if plan.start.get("guard"):
        length = Words("Say before it starts on which day the opens are counted, and read them then"
                       " and not before")  # fmt: skip
    elif plan.start.get("size"):
        length = Words("End it four weeks after the last of them was reached, and not before")
    if plan.chosen.get("weeks") and plan.in_time:
        length = Words("Let it run {weeks}, whole weeks, and read it then and not before",
                       weeks=weeks_of(teller, plan.chosen))  # fmt: skip
    first = Words("Write down before it starts: {counts}", counts=counts)
    check = Words("Look first whether both variants got the same number of people: if not, the test"
                  " is broken, whatever it says")  # fmt: skip
    lines = [first, SPLITS[kind], length, check, *guard(teller, plan.start)]
    return [f"{n}. {teller.say(step)}." for n, step in enumerate(lines, 1)]


def table(teller: Teller, plan: Planned) -> Table:
    columns = [Words("Rise"), Words("From"), Words("To"), Words("People in each variant"),
               Words("In all"), Words("Length")]  # fmt: skip
    rows = [
        [
            f"+{teller.of(one, 'lift')}",
            teller.of(plan.start, "base"),
            *(teller.of(one, measure) for measure in ("rate", "people", "in-all")),
            teller.say(weeks_of(teller, one)) if one.get("weeks") else "–",
        ]
        for one in plan.lifts
    ]
    return teller.table(map(teller.say, columns), rows)


def _rule(teller: Teller, start: Told, rule: Fact, whom: str, titles: Mapping[str, str]) -> Words:
    """Who is in the group, word for word."""
    said: Words | str = teller.value(rule)
    name = teller.name(start) or whom
    if str(rule.value).startswith("{"):
        known = AudienceRule.model_validate_json(str(rule.value))
        said, name = known.describe_conditions(titles), whom or name
        for measure in known.figures:
            teller.of(start, measure)
    return Words("{name}: {rule}.", name=name[:1].upper() + name[1:], rule=said)


def limits(
    teller: Teller, plan: Planned, whom: str = "", titles: Mapping[str, str] | None = None
) -> list[str]:
    """`whom` is what the group is called, `titles` what the products in its rule are."""
    lines = [
        Words("Planned so that {power} of such tests see a rise of this size where there is one,"
              " and {alpha} see one where there is none.", power=teller.of(plan.chances, "power"),
              alpha=teller.of(plan.chances, "alpha")),
        Words("It counts on all of these customers, and on two variants.")
        if plan.start.get("size")
        else Words("It counts on as many people as came lately, and on two variants."),
    ]  # fmt: skip
    if rule := plan.start.get("rule"):
        lines.append(_rule(teller, plan.start, rule, whom, titles or {}))
    if plan.start.facts["base"].source.file == "brief" and plan.place != "audience":
        lines.append(Words("The rate of today is the one in your words; no file was held against"
                           " it."))  # fmt: skip
    if plan.place == "subject":
        lines.append(Words("Some mail programs open every e-mail by themselves: that lifts both "
                           "variants alike, and hides a part of the difference."))  # fmt: skip
    if plan.place in ON_SITE:
        lines.append(Words("Visits are counted, not people: somebody who comes back counts again,"
                           " so a test by person takes a little longer."))  # fmt: skip
    return [teller.say(line) for line in lines]
