"""What moved, found among the facts of the analyses, each as one sentence and what it leads to."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.facts import Evidence, Fact
from bot.core.parts import NextStep
from bot.i18n.messages import Words
from bot.rules.telling.moved import called
from bot.rules.telling.told import MOSTLY, Teller, Told, regions_named, told

STANDS = ("confirmed", "to watch")
MOST_THEMES, MOST_PRODUCTS = 3, 3


@dataclass(frozen=True)
class Move:
    """One thing that moved, in words, and what it leads to."""

    words: str
    sure: bool
    subject: str  # of its facts: "trends.total-orders"
    # For the picture: what it is held against, and now; what the first is called, if not "before".
    pair: tuple[Fact | None, Fact | None] | None = None
    beside: Words | None = None
    lead: NextStep | None = None


def moves(teller: Teller, evidence: Evidence, series: str | None = None) -> list[Move]:
    """The confirmed ones first, as far as their section goes; of one series alone if asked."""
    if series:
        evidence = Evidence(facts=tuple(f for f in evidence.facts if f.id.startswith(f"{series}.")))
    found = [*_site(teller, evidence), *_parcels(teller, evidence), *_sales(teller, evidence)]
    found += [*_said(teller, evidence), *_stuck(teller, evidence)]
    return sorted(found, key=lambda move: not move.sure)


def _standing(evidence: Evidence) -> Iterator[Told]:
    """The series that moved, each told once, and of single products the surest alone: hundreds
    come and go, and a list of them is read by nobody."""
    every, products = told(evidence, "trends"), 0
    for one in every.values():
        if one.word("status") not in STANDS or one.get("expected") is None:
            continue
        if any(_said_by(one, every.get(f"total-{of}")) for of in ("orders", "units")):
            continue
        products += one.key.startswith("product-")
        if not one.key.startswith("product-") or products <= MOST_PRODUCTS:
            yield one


def _said_by(one: Told, whole: Told | None) -> bool:
    """Whether a total that moved says the same already: of a series that is nearly all of it, and
    of another total."""
    if whole is None or one.key == whole.key or whole.word("status") not in STANDS:
        return False
    if one.number("change") * whole.number("change") < 0:
        return False
    if one.key.startswith("total-"):
        return whole.key == "total-orders"
    same = (one.get("last"), whole.get("last"))
    units = {fact.unit for fact in same if fact is not None}
    return len(units) == 1 and one.number("last") >= MOSTLY * whole.number("last")


def _sales(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    for one in _standing(evidence):
        last, expected = teller.of(one, "last"), teller.bare_count(one, "expected")
        given = {"what": called(one, teller), "last": last, "expected": expected,
                 "change": teller.signed(one, "change")}  # fmt: skip
        words = Words("{what}: {last} last week, {expected} expected ({change}).", **given)
        if one.number("weeks") > 1:
            words = Words("{what}: {last} a week over the last three weeks, {expected} expected "
                          "({change}).", **given)  # fmt: skip
        goods = one.key.startswith(("category-", "product-"))
        rising = goods and one.number("change") > 0  # nobody writes to customers about "orders"
        brief = Words("Write an e-mail about {what}", what=one.named(teller.language))
        label = Words("Draft an e-mail: {what}", what=one.named(teller.language))
        lead = NextStep(label=label, skill="draft", words=teller.say(brief))
        pair = (one.get("expected"), one.get("last"))
        sure = one.word("status") == "confirmed"
        lead = lead if rising else _why(teller)
        found.append(Move(teller.say(words), sure, _id(one), pair, Words("Expected"), lead))
    return found


def _site(teller: Teller, evidence: Evidence) -> list[Move]:
    steps = [o for o in told(evidence, "funnel", "device-").values() if o.get("before")]
    found = []
    for one in steps:
        if one.word("status") not in STANDS:
            continue
        said = [_step(teller, one)]
        if one.get("since"):
            said.append(_since(teller, one))
        sure, pair = one.word("status") == "confirmed", (one.get("before"), one.get("rate"))
        found.append(Move(" ".join(said), sure, _id(one), pair, lead=_why(teller)))
    return found


def _since(teller: Teller, one: Told) -> str:
    """Since when, and what it has cost since."""
    day = teller.of(one, "since")
    if not one.get("lost-money"):
        return teller.say(Words("It began about {day}.", day=day))
    low, high = teller.ends(one, "lost-money")
    return teller.say(Words("Since {day} it has cost about {money} ({low} to {high}).", day=day,
                            money=teller.of(one, "lost-money"), low=low, high=high))  # fmt: skip


def _step(teller: Teller, one: Told) -> str:
    how = {
        "device": one.named(teller.language),
        "rate": teller.of(one, "rate"),
        "before": teller.of(one, "before"),
    }
    if one.key.endswith("view-to-cart"):
        words = Words(
            "On {device}, {rate} of product visits reach the basket, {before} before.", **how
        )
    elif one.key.endswith("cart-to-checkout"):
        words = Words("On {device}, {rate} of baskets reach checkout, {before} before.", **how)
    else:
        words = Words("On {device}, {rate} of checkouts end in a payment, {before} before.", **how)
    return teller.say(words)


def _parcels(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    for one in told(evidence, "delivery", "late-regions").values():
        words = Words("Parcels to {where}: {late} come late, {rest} elsewhere.",
                      where=regions_named(one.about), late=teller.of(one, "late"),
                      rest=teller.of(one, "rest"))  # fmt: skip
        pair = (one.get("rest"), one.get("late"))
        lead = _why(teller)
        found.append(Move(teller.say(words), True, _id(one), pair, Words("Elsewhere"), lead))
    return found


def _said(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    stands = [o for o in told(evidence, "feedback").values()
              if o.word("verdict") in STANDS and o.get("share-now")]  # fmt: skip
    for one in stands[:MOST_THEMES]:
        sure = one.word("verdict") == "confirmed"
        words = Words("Customers write about {theme}: {now} of their texts, {before} before.",
                      theme=one.named(teller.language), now=teller.of(one, "share-now"),
                      before=teller.of(one, "share-before"))  # fmt: skip
        ask = Words("What do customers say about {theme}?", theme=one.named(teller.language))
        label = Words("What customers say: {theme}", theme=one.named(teller.language))
        lead = NextStep(label=label, skill="feedback", words=teller.say(ask), ask=False)
        pair = (one.get("share-before"), one.get("share-now"))
        found.append(Move(teller.say(words), sure, _id(one), pair, lead=lead))
    return found


def _stuck(teller: Teller, evidence: Evidence) -> list[Move]:
    gone = [o for o in told(evidence, "campaigns", "stuck--").values()
            if o.word("where") == "sold out"]  # fmt: skip
    found = []
    for one in gone[:1]:
        words = Words("{product} is sold out and still advertised (keyword {keyword}): {spend} "
                      "spent so far.", keyword=one.about, product=one.word("product"),
                      spend=teller.of(one, "spend"))  # fmt: skip
        teller.value(one.get("product"))
        found.append(Move(teller.say(words), True, _id(one)))
    return found


def _id(one: Told) -> str:
    return f"{one.kind}.{one.key}"


def _why(teller: Teller) -> NextStep:
    ask = Words("What blocks sales now?")
    return NextStep(
        label=Words("What blocks sales?"), skill="blockers", words=teller.say(ask), ask=False
    )
