"""What a digest says of the past: whether what it called last time went on, how what was sent did,
what waits and what was done."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.facts import Evidence
from bot.core.parts import NextStep
from bot.i18n.messages import Words
from bot.rules.telling.told import Teller, Told, regions_named, told

STANDS = ("confirmed", "to watch")
MEASURED = {  # kind → its measure, and the ones that say how sure it is
    "delivery": ("late", "status"),
    "funnel": ("rate", "status"),
    "feedback": ("share-now", "verdict"),
    "trends": ("change", "status"),
}
NOTHING_NEWER = Words("I can't say yet whether what I told you last time went on: no newer rows "
                      "have come in.")  # fmt: skip
BESIDES = ("campaigns", "experiments")  # told as well, and not graded
MOST, MOST_SENT = 4, 3
WORK = ("drafted", "approved", "sent-back", "rejected", "delivered")
RATES = {
    "open-rate": Words("opened"),
    "click-rate": Words("clicked"),
    "order-rate": Words("ordered"),
}


@dataclass(frozen=True)
class Call:
    """One thing that the last digest called, and what is known of it now."""

    then: Told
    now: Told | None
    kind: str

    @property
    def measure(self) -> str:
        return MEASURED[self.kind][0]

    @property
    def sure(self) -> bool:
        """Whether it was called confirmed then."""
        return self.then.word(MEASURED[self.kind][1]) == "confirmed"

    @property
    def newer(self) -> bool:
        """Whether rows have come in since."""
        known, was = self.now and self.now.get(self.measure), self.then.get(self.measure)
        return bool(known and was and known.as_of > was.as_of)

    @property
    def went_on(self) -> bool:
        """Still called, and in the same direction where there is one."""
        assert self.now is not None
        same = self.now.number("change") * self.then.number("change") >= 0
        return self.now.word(MEASURED[self.kind][1]) in STANDS and same


def calls(evidence: Evidence) -> Iterator[Call]:
    """What was called last time, kind by kind in the order of MEASURED."""
    for key, then in told(evidence, "before").items():
        kind, _, subject = key.partition("--")
        if kind in MEASURED and then.get(MEASURED[kind][0]) is not None:
            yield Call(then, told(evidence, kind).get(subject), kind)


def graded(teller: Teller, evidence: Evidence) -> list[str]:
    """A line for each thing called last time: it went on, or it did not. Where nothing newer came
    in, that is said; nothing when nothing was called."""
    known = sorted(
        calls(evidence), key=lambda call: (not call.sure, list(MEASURED).index(call.kind))
    )
    if known and not _fresh(evidence, known):
        return [teller.say(NOTHING_NEWER)]
    return [_graded(teller, call) for call in known if call.newer][:MOST]


def _fresh(evidence: Evidence, known: list[Call]) -> bool:
    """Whether any rows have come in since, though it may be none that these tell of."""
    told_of = max(fact.as_of for call in known for fact in call.then.facts.values())
    every = (fact for kind in (*MEASURED, *BESIDES) for fact in evidence.of(kind))
    rows = (fact for fact in every if fact.id.split(".")[1:2] != ["cannot"])
    return any(fact.as_of > told_of for fact in rows)


def _graded(teller: Teller, call: Call) -> str:
    assert call.now is not None
    figures = {"now": teller.of(call.now, call.measure), "was": teller.of(call.then, call.measure)}
    by_kind = {
        "delivery": Words("{now} of parcels late, {was} last time", **figures),
        "funnel": Words("{now} get through, {was} last time", **figures),
        "feedback": Words("{now} of what customers write, {was} last time", **figures),
        "trends": Words("{now} compared with what was expected, {was} last time", **figures),
    }
    how = Words("called confirmed") if call.sure else Words("called to watch")
    filled = {"what": _name(teller, call), "how": how, "figures": by_kind[call.kind]}
    if call.went_on:
        return "– " + teller.say(Words("{what}, {how}: it went on, {figures}.", **filled))
    return "– " + teller.say(Words("{what}, {how}: it did not go on, {figures}.", **filled))


def _name(teller: Teller, call: Call) -> str:
    if call.kind == "delivery":
        return teller.say(Words("Late parcels, {regions}", regions=regions_named(call.then.about)))
    name = call.then.named(teller.language)
    if call.kind == "funnel":
        return teller.say(Words("The path to purchase on {device}", device=name))
    return name[:1].upper() + name[1:]


def sent(teller: Teller, evidence: Evidence) -> tuple[list[str], list[NextStep]]:
    """Each campaign that results came back for, against its comparable median, chance named; and
    what the newest leads to."""
    every = told(evidence, "sent")
    none = every.pop("all", None)
    lines = ["– " + _sent(teller, one) for one in list(every.values())[:MOST_SENT]]
    if none and (n := int(none.number("without"))):
        teller.of(none, "without")
        lines.append("– " + teller.say(Words.count("{n} campaign went out without results so far.",
                                                   "{n} campaigns went out without results so far.",
                                                   n)))  # fmt: skip
    return lines, [lead for one in list(every.values())[:1] for lead in _leads(teller, one)]


def _sent(teller: Teller, one: Told) -> str:
    teller.value(one.get("name"))
    said = [_rate(teller, one)]
    if one.get("sales"):
        sold = Words("It brought {orders}, {sales}.", orders=teller.of(one, "orders"),
                     sales=teller.of(one, "sales"))  # fmt: skip
        said.append(teller.say(sold))
    return " ".join(said)


def _rate(teller: Teller, one: Told) -> str:
    """The first rate that was counted and can be held against others."""
    rate = next((rate for rate in RATES if one.get(f"{rate}-median")), None)
    if rate is None:
        few = Words("{name}: too few comparable campaigns to say whether it did well.",
                    name=one.about)  # fmt: skip
        return teller.say(few)
    filled = {
        "name": one.about,
        "own": teller.of(one, rate),
        "verb": RATES[rate],
        "median": teller.of(one, f"{rate}-median"),
    }
    if one.word(f"{rate}-chance") == "yes":
        words = Words("{name}: {own} {verb}, {median} in the middle of comparable ones; chance "
                      "explains what lies between.", **filled)  # fmt: skip
    elif one.number(rate) > one.number(f"{rate}-median"):
        words = Words("{name}: {own} {verb}, {median} in the middle of comparable ones: better "
                      "than chance explains.", **filled)  # fmt: skip
    else:
        words = Words("{name}: {own} {verb}, {median} in the middle of comparable ones: worse "
                      "than chance explains.", **filled)  # fmt: skip
    return teller.say(words)


def _leads(teller: Teller, one: Told) -> Iterator[NextStep]:
    yield NextStep(label=Words("Adjust what we sent"), skill="draft", words=one.word("asked"))
    plan = Words("Plan a test of the subject line for: {what}", what=one.about)
    yield NextStep(
        label=Words("Plan a test"), skill="experiment", words=teller.say(plan), ask=False
    )


def waiting(teller: Teller, evidence: Evidence) -> list[str]:
    """The queue: how many drafts wait for approval, and how long the oldest has."""
    queue = told(evidence, "work").get("queue")
    if queue is None:
        return []
    n = int(queue.number("waiting"))
    teller.of(queue, "waiting")
    if not n:
        return []
    count = Words.count("{n} draft waits for approval", "{n} drafts wait for approval", n)
    old = Words("the oldest was made {days} ago", days=teller.of(queue, "oldest"))
    if not queue.number("oldest"):
        old = Words("the oldest was made today")
    return [teller.say(Words("{count}; {old}.", count=count, old=old))]


def done(teller: Teller, evidence: Evidence) -> list[str]:
    """What the intern did in seven days."""
    week = told(evidence, "work").get("week")
    if week is None:
        return []
    counted = [teller.say(words) for name, words in _work(week).items() if teller.of(week, name)
               and week.number(name)]  # fmt: skip
    return [teller.say(Words("In seven days: {what}.", what=", ".join(counted)))] if counted else []


def _work(week: Told) -> dict[str, Words]:
    n = {name: int(week.number(name)) for name in WORK}
    return {
        "drafted": Words.count("{n} draft made", "{n} drafts made", n["drafted"]),
        "approved": Words.count("{n} approved", "{n} approved", n["approved"]),
        "sent-back": Words.count("{n} sent back", "{n} sent back", n["sent-back"]),
        "rejected": Words.count("{n} rejected", "{n} rejected", n["rejected"]),
        "delivered": Words.count("{n} gone out", "{n} gone out", n["delivered"]),
    }
