"""What moved, found among the facts of the analyses. Code alone decides what moved, whether that is
confirmed, and in which order it is told."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.facts import Evidence, Fact
from bot.core.parts import NextStep
from bot.i18n.messages import Words
from bot.offline.fact_sentences import (
    DEVICES,
    MOSTLY,
    FactSubject,
    SentenceWriter,
    group_by_subject,
    name_regions,
)

CALLED = ("confirmed", "to watch")
MAX_THEMES, MAX_PRODUCTS = 3, 3


@dataclass(frozen=True)
class Move:
    """One thing that moved: its sentence and, in `cost`, since when and what it has cost."""

    words: str
    is_sure: bool
    subject: str  # of its facts: "trends.total-orders"
    facts: tuple[str, ...]  # the ids of the facts that its sentences state
    cost: str = ""
    pair: tuple[Fact | None, Fact | None] | None = None  # for the picture: before, and now
    compared_with: Words | None = None  # what the first of the pair is called, if not "Before"
    lead: NextStep | None = None


def find_moves(writer: SentenceWriter, evidence: Evidence, series: str | None = None) -> list[Move]:
    """Return what moved, what is confirmed first; of one series alone if it is given."""
    if series:
        facts = tuple(f for f in evidence.facts if f.id.startswith(f"{series}."))
        evidence = Evidence(facts=facts)
    builder = _MoveBuilder(writer, evidence)
    found = [
        *builder.site(),
        *builder.parcels(),
        *builder.sales(),
        *builder.feedback(),
        *builder.advertised(),
    ]
    return sorted(found, key=lambda move: not move.is_sure)


class _MoveBuilder:
    def __init__(self, writer: SentenceWriter, evidence: Evidence) -> None:
        self.writer, self.evidence = writer, evidence
        writer.used = {}

    def build(
        self, one: FactSubject, words: str, *, is_sure: bool, cost: str = "", **more: object
    ) -> Move:
        cited, self.writer.used = tuple(self.writer.used), {}
        subject = f"{one.kind}.{one.key}"
        return Move(words, is_sure, subject, cited, cost, **more)  # type: ignore[arg-type]

    def site(self) -> Iterator[Move]:
        writer = self.writer
        for one in group_by_subject(self.evidence, "funnel", "device-").values():
            if one.word("status") not in CALLED or not one.get("before"):
                continue
            given = {
                "device": one.named(writer.language),
                "rate": writer.of(one, "rate"),
                "before": writer.of(one, "before"),
            }
            if one.key.endswith("view-to-cart"):
                words = Words(
                    "On {device}, {rate} of product visits reach the basket, {before} before.",
                    **given,
                )
            elif one.key.endswith("cart-to-checkout"):
                words = Words(
                    "On {device}, {rate} of baskets reach checkout, {before} before.", **given
                )
            else:
                words = Words(
                    "On {device}, {rate} of checkouts end in a payment, {before} before.", **given
                )
            cost = self._describe_cost(one) if one.get("since") else ""
            pair = (one.get("before"), one.get("rate"))
            sure = one.word("status") == "confirmed"
            said = writer.say(words)
            yield self.build(one, said, is_sure=sure, cost=cost, pair=pair, lead=self._ask_why())

    def _describe_cost(self, one: FactSubject) -> str:
        writer, day = self.writer, self.writer.of(one, "since")
        if not one.get("lost-money"):
            return writer.say(Words("It began about {day}.", day=day))
        low, high = writer.ends(one, "lost-money")
        words = Words(
            "Since {day} it has cost about {money} ({low} to {high}).",
            day=day,
            money=writer.of(one, "lost-money"),
            low=low,
            high=high,
        )
        return writer.say(words)

    def parcels(self) -> Iterator[Move]:
        writer = self.writer
        for one in group_by_subject(self.evidence, "delivery", "late-regions").values():
            words = Words(
                "Parcels to {where}: {late} come late, {rest} elsewhere.",
                where=name_regions(one.about),
                late=writer.of(one, "late"),
                rest=writer.of(one, "rest"),
            )
            yield self.build(
                one,
                writer.say(words),
                is_sure=True,
                pair=(one.get("rest"), one.get("late")),
                compared_with=Words("Elsewhere"),
                lead=self._ask_why(),
            )

    def sales(self) -> Iterator[Move]:
        writer = self.writer
        for one in self._list_series():
            last, expected = writer.of(one, "last"), writer.bare_count(one, "expected")
            given = {
                "what": name_series(one, writer),
                "last": last,
                "expected": expected,
                "change": writer.signed(one, "change"),
            }
            words = Words("{what}: {last} last week, {expected} expected ({change}).", **given)
            if one.number("weeks") > 1:
                words = Words(
                    "{what}: {last} a week over the last three weeks, {expected} expected "
                    "({change}).",
                    **given,
                )
            yield self.build(
                one,
                writer.say(words),
                is_sure=one.word("status") == "confirmed",
                pair=(one.get("expected"), one.get("last")),
                compared_with=Words("Expected"),
                lead=self._offer_email(one) or self._ask_why(),
            )

    def _list_series(self) -> Iterator[FactSubject]:
        """Return the series that moved, each told once, and of single products the surest alone."""
        every, products = group_by_subject(self.evidence, "trends"), 0
        for one in every.values():
            if one.word("status") not in CALLED or one.get("expected") is None:
                continue
            if any(_is_told_by(one, every.get(f"total-{of}")) for of in ("orders", "units")):
                continue
            products += one.key.startswith("product-")
            if not one.key.startswith("product-") or products <= MAX_PRODUCTS:
                yield one

    def _offer_email(self, one: FactSubject) -> NextStep | None:
        """Offer to write about goods that sell better; nobody writes to customers about orders."""
        if not one.key.startswith(("category-", "product-")) or one.number("change") <= 0:
            return None
        named = one.named(self.writer.language)
        brief = Words("Write an e-mail about {what}", what=named)
        label = Words("Draft an e-mail: {what}", what=named)
        return NextStep(label=label, skill="draft", words=self.writer.say(brief))

    def feedback(self) -> Iterator[Move]:
        writer, themes = self.writer, group_by_subject(self.evidence, "feedback").values()
        called = [o for o in themes if o.word("verdict") in CALLED and o.get("share-now")]
        for one in called[:MAX_THEMES]:
            named = one.named(writer.language)
            words = Words(
                "Customers write about {theme}: {now} of their texts, {before} before.",
                theme=named,
                now=writer.of(one, "share-now"),
                before=writer.of(one, "share-before"),
            )
            ask = writer.say(Words("What do customers say about {theme}?", theme=named))
            label = Words("What customers say: {theme}", theme=named)
            yield self.build(
                one,
                writer.say(words),
                is_sure=one.word("verdict") == "confirmed",
                pair=(one.get("share-before"), one.get("share-now")),
                lead=NextStep(label=label, skill="feedback", words=ask, ask=False),
            )

    def advertised(self) -> Iterator[Move]:
        writer = self.writer
        keywords = group_by_subject(self.evidence, "campaigns", "stuck--").values()
        for one in [one for one in keywords if one.word("where") == "sold out"][:1]:
            words = Words(
                "{product} is sold out and still advertised (keyword {keyword}): {spend} "
                "spent so far.",
                keyword=one.about,
                product=one.word("product"),
                spend=writer.of(one, "spend"),
            )
            writer.value(one.get("product"))
            yield self.build(one, writer.say(words), is_sure=True)

    def _ask_why(self) -> NextStep:
        ask = self.writer.say(Words("What blocks sales now?"))
        return NextStep(label=Words("What blocks sales?"), skill="blockers", words=ask, ask=False)


def _is_told_by(one: FactSubject, whole: FactSubject | None) -> bool:
    """Whether a total that moved says the same already: of a series that is nearly all of it, and
    of another total."""
    if whole is None or one.key == whole.key or whole.word("status") not in CALLED:
        return False
    if one.number("change") * whole.number("change") < 0:
        return False
    if one.key.startswith("total-"):
        return whole.key == "total-orders"
    units = {fact.unit for fact in (one.get("last"), whole.get("last")) if fact is not None}
    return len(units) == 1 and one.number("last") >= MOSTLY * whole.number("last")


def name_series(one: FactSubject, writer: SentenceWriter) -> str:
    """Return the name of a series with a capital letter: "Region 33", "Phones", "Candles"."""
    dimension = one.key.removeprefix("small-").removeprefix("new-").split("-")[0]
    places = {
        "region": name_regions(one.about),
        "country": Words("country {name}", name=one.about),
        "source": Words("source {name}", name=one.about),
        "device": DEVICES.get(one.about, Words("device {name}", name=one.about)),
    }
    name = writer.say(places[dimension]) if dimension in places else one.named(writer.language)
    return name[:1].upper() + name[1:]


def describe_break(writer: SentenceWriter, evidence: Evidence) -> str:
    """Say that the orders end before their file does; empty where they don't."""
    ended = group_by_subject(evidence, "trends", "ended").get("ended")
    if ended is None:
        return ""
    words = Words(
        "The orders all but break off on {day}: {came} since, where {usual} are usual. Does the "
        "file end there, or did the shop stop selling?",
        day=writer.of(ended, "since"),
        came=writer.bare(ended, "came"),
        usual=writer.bare(ended, "usual"),
    )
    return writer.say(words)
