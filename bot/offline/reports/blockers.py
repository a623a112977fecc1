"""What blocks sales, without an AI: on the site, in parcels, returns and advertising."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from bot.core.charts import (
    COLOURS,
    ChartPicture,
    build_line_chart,
    parse_points,
)
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words, quote_name
from bot.offline import ad_performance
from bot.offline.build_report import build_offline_report
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    AGE,
    CANNOT,
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    name_regions,
    report_missing_data,
)
from bot.offline.funnel_steps import list_falls, name_step

CONFIRMED = "confirmed"
SOURCE_LABELS = {  # kind of facts → what it makes visible
    "funnel": Words("the site"),
    "delivery": Words("the parcels"),
    "campaigns": Words("the advertising"),
}
FACT_KINDS = (*SOURCE_LABELS, "trends")
MAX_BLOCKERS, MAX_LEADS = 10, 4
UNKNOWN_COST = Decimal(-1)


@dataclass(frozen=True)
class Blocker:
    """One thing in the way: what happens and what it costs, with the facts that both stand on."""

    subject: FactSubject
    name: Words
    effect: Words
    price: Words | None
    money: Decimal
    leads: tuple[NextStep, ...]
    cited: Mapping[str, Fact]


@dataclass(frozen=True)
class BlockerFinder:
    """Finds all that is confirmed."""

    writer: SentenceWriter
    evidence: Evidence

    def find(self) -> list[Blocker]:
        """Return the blockers, the costliest first; what has no known price comes last."""
        returned = group_by_subject(self.evidence, "trends", "returns-").values()
        keywords = group_by_subject(self.evidence, "campaigns", "stuck--").values()
        often = [one for one in returned if one.word("status") == CONFIRMED]
        found = [
            *map(self._build_step, list_falls(self.evidence)),
            *map(self._build_late, self._list_late()),
            *(self._build_returns(o) for o in often if o.number("rate") > o.number("rest")),
            *map(self._build_advertised, ad_performance.list_worse(self.evidence)),
            *map(self._build_keyword, keywords),
        ]
        return sorted(found, key=lambda blocker: -blocker.money)[:MAX_BLOCKERS]

    def _build(
        self,
        subject: FactSubject,
        name: Words,
        effect: Words,
        *leads: NextStep,
        price: Words | None = None,
        cost: str = "",
    ) -> Blocker:
        since = subject.get("since")
        self.writer.value(since)
        cited = dict(self.writer.used)
        self.writer.used.clear()
        money = subject.number(cost) if price else UNKNOWN_COST
        return Blocker(subject, name, effect, price, money, leads, cited)

    def _build_step(self, one: FactSubject) -> Blocker:
        on_phones = one.key.endswith("checkout-to-purchase") and one.about == "mobile"
        theme = Words("paying on the phone") if on_phones else Words("the website")
        test = Words("Plan a test of this step: {step}", step=name_step(one))
        plan = NextStep(label=Words("Plan a test"), skill="experiment", words=self.writer.say(test))
        rates = {"rate": self.writer.of(one, "rate"), "before": self.writer.of(one, "before")}
        effect = Words("{rate} get through, {before} before", **rates)
        price = None
        if one.get("lost-money"):
            low, high = self.writer.ends(one, "lost-money")
            money = self.writer.of(one, "lost-money")
            price = Words("about {money} lost ({low} to {high})", money=money, low=low, high=high)
        feedback = self._ask_feedback(theme)
        return self._build(
            one, name_step(one), effect, feedback, plan, price=price, cost="lost-money"
        )

    def _list_late(self) -> list[FactSubject]:
        """Return a group of regions; else single regions; else all parcels."""
        every = group_by_subject(self.evidence, "delivery")
        if "late-regions" in every:
            return [every["late-regions"]]
        late = [
            one
            for key, one in every.items()
            if key.startswith("region-")
            and one.word("status") == CONFIRMED
            and one.number("late") > one.number("rest")
        ]
        whole = every.get("all")
        is_late = whole is not None and whole.word("verdict") == CONFIRMED
        return late or ([whole] if whole and is_late else [])

    def _build_late(self, one: FactSubject) -> Blocker:
        late, theme = self.writer.of(one, "late"), Words("late parcels")
        if one.key == "all":
            name, before = Words("Late parcels"), self.writer.of(one, "before")
            effect = Words("{late} come late, {usual} before", late=late, usual=before)
        else:
            name = Words("Late parcels, {regions}", regions=name_regions(one.about))
            rest = self.writer.of(one, "rest")
            effect = Words("{late} come late, {usual} elsewhere", late=late, usual=rest)
        price = None
        if money := self.writer.of(one, "late-worth"):
            price = Words("orders worth {money} came late", money=money)
        text = Words("E-mail to customers whose parcel is late: what we do about it")
        leads = (self._draft_letter(theme, text), self._ask_feedback(theme))
        return self._build(one, name, effect, *leads, price=price, cost="late-worth")

    def _build_returns(self, one: FactSubject) -> Blocker:
        values = {measure: self.writer.of(one, measure) for measure in ("rate", "rest", "reason")}
        effect = Words("{rate} come back, {rest} of the other products", **values)
        if values["reason"]:
            effect = Words(
                "{rate} come back, {rest} of the other products; reason most given: {reason}",
                **values,
            )
        return self._build(one, Words("Returns of {name}", name=quote_name(one.about)), effect)

    def _build_advertised(self, one: FactSubject) -> Blocker:
        effect = ad_performance.describe_worse(self.writer, one)
        price = ad_performance.describe_excess(self.writer, one) if one.get("excess") else None
        lead, name = (
            ad_performance.build_lead(self.writer, one),
            ad_performance.name_advertised(one),
        )
        return self._build(one, name, effect, lead, price=price, cost="excess")

    def _build_keyword(self, one: FactSubject) -> Blocker:
        """A line of advertising. Only what was spent without an order is a cost."""
        effect, where = ad_performance.describe_keyword(self.writer, one), one.word("where")
        price: Words | None = None
        leads: tuple[NextStep, ...] = ()
        if one.get("spend") and where == "sold out":
            money, product = self.writer.of(one, "spend"), one.word("product") or one.about
            price = Words("{money} spent while it is sold out", money=money)
            text = Words(
                "E-mail: {product} is sold out, leave your address to hear when it is back",
                product=product,
            )
            leads = (self._draft_letter(Words("sold out, when is it back"), text),)
        elif one.get("spend") and where == "unbought" and one.word("orders") == "0":
            price = Words("{money} spent for nothing", money=self.writer.of(one, "spend"))
        name = ad_performance.name_keyword(one)
        return self._build(one, name, effect, *leads, price=price, cost="spend")

    def _ask_feedback(self, theme: Words) -> NextStep:
        ask = self.writer.say(Words("what do customers say about {theme}?", theme=theme))
        label = Words("What customers say: {theme}", theme=theme)
        return NextStep(label=label, skill="feedback", words=ask, ask=False)

    def _draft_letter(self, theme: Words, text: Words) -> NextStep:
        label = Words("Draft a note to customers: {theme}", theme=theme)
        return NextStep(label=label, skill="draft", words=self.writer.say(text))


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    evidence = await ctx.look_up(*FACT_KINDS)
    writer = SentenceWriter(request.language)
    if not any(group_by_subject(evidence, kind).keys() - {CANNOT, AGE} for kind in FACT_KINDS):
        return report_missing_data(writer, evidence, FACT_KINDS)
    found = BlockerFinder(writer, evidence).find()
    seen = [
        label
        for kind, label in SOURCE_LABELS.items()
        if group_by_subject(evidence, kind).keys() - {CANNOT, AGE}
    ]
    headline = _write_headline(writer, found, seen)
    points = [_write_rest(writer, found[0])] if found else []
    points += [_write_blocker(writer, blocker) for blocker in found[1:]]
    drawn = _build_picture(writer, headline.text, found, evidence, ctx) if found else None
    picture = await ctx.draw(drawn) if drawn else None
    table = _build_table(writer, found) if found else None
    limits = _list_limits(writer, found, evidence)
    how_to_read = explain_reading(writer, evidence, FACT_KINDS, *limits)
    named = [b.subject.get(name) for b in found for name in ("product", "best")]
    ctx.keep_facts(*writer.ever.values(), *named)
    return build_offline_report(
        writer,
        request,
        headline=headline,
        points=points,
        picture=picture,
        table=table,
        how_to_read=how_to_read,
        read_as=Words("looked at: {names}", names=", ".join(writer.say(one) for one in seen))
        if seen
        else None,
        leads=_list_leads(found),
    )


def _write_headline(
    writer: SentenceWriter, found: Sequence[Blocker], seen: Sequence[Words]
) -> Copy:
    """Name the first blocker, or say that there is none, unless no file could show one."""
    if found:
        first = found[0]
        writer.used.update(first.cited)
        line = Words("{name}: {effect}", name=first.name, effect=first.effect)
        return writer.copy(_capitalize(writer.say(line)))
    if not seen:
        line = Words(
            "I can't see yet what blocks sales: orders alone don't tell it. Import visits, "
            "delivery dates or advertising results."
        )
    elif len(seen) < len(SOURCE_LABELS):
        names = ", ".join(writer.say(words) for words in seen)
        line = Words(
            "Nothing blocks sales for sure in what I can see so far: {names}.", names=names
        )
    else:
        line = Words(
            "Nothing blocks sales for sure: no step on the site, no region's "
            "parcels and no advertising stands out."
        )
    return writer.copy(writer.say(line))


def _write_rest(writer: SentenceWriter, blocker: Blocker) -> Copy:
    """Since when the first blocker is there, and what it costs."""
    writer.used.update(blocker.cited)
    since, said = writer.of(blocker.subject, "since"), []
    if since:
        said.append(writer.say(Words("since {day}", day=since)))
    if blocker.price:
        said.append(writer.say(blocker.price))
    return writer.copy(*(f"{_capitalize(line)}." for line in said))


def _write_blocker(writer: SentenceWriter, blocker: Blocker) -> Copy:
    writer.used.update(blocker.cited)
    values = {"name": _capitalize(writer.say(blocker.name)), "effect": blocker.effect}
    line = Words("{name}: {effect}.", **values)
    if since := writer.of(blocker.subject, "since"):
        line = Words("{name}, since {since}: {effect}.", since=since, **values)
    price = f"{_capitalize(writer.say(blocker.price))}." if blocker.price else ""
    return writer.copy(writer.say(line), price)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _build_table(writer: SentenceWriter, found: Sequence[Blocker]) -> Table:
    headings = [Words("What"), Words("Since"), Words("What happens"), Words("Cost")]
    rows = []
    for blocker in found:
        writer.used.update(blocker.cited)
        since = writer.of(blocker.subject, "since") or "–"
        price = writer.say(blocker.price) if blocker.price else "–"
        name = _capitalize(writer.say(blocker.name))
        rows.append([name, since, writer.say(blocker.effect), price])
    return writer.table([writer.say(words) for words in headings], rows)


def _build_picture(
    writer: SentenceWriter,
    title: str,
    found: Sequence[Blocker],
    evidence: Evidence,
    ctx: OfflineContext,
) -> ChartPicture | None:
    """A chart of the first blocker by week, or beside the others of its kind."""
    subject, colours = found[0].subject, ctx.brand.colours or COLOURS
    if points := parse_points(subject.word("points")):
        writer.of(subject, "points")
        named = (writer.say(Words("% that get through")), writer.say(Words("before")))
        return build_line_chart(
            title, points, language=writer.language, unit="%", named=named, colours=colours
        )
    if subject.key.startswith(ad_performance.WORSE):
        return ad_performance.build_picture(writer, title, subject, evidence, colours)
    return None


def _list_limits(writer: SentenceWriter, found: Sequence[Blocker], evidence: Evidence) -> list[str]:
    lines = [Words("These are the things that are sure. None of the figures says why.")]
    if any(blocker.subject.get("lost-money") for blocker in found):
        lines.append(
            Words(
                "Lost is what would have come had as many got through as before; the "
                "truth very probably lies between the two amounts in brackets. What "
                "falls only along with another is not counted again."
            )
        )
    if any(blocker.subject.get("late-worth") for blocker in found):
        lines.append(
            Words("Orders that came late are not lost: their worth says how much is touched.")
        )
    return [writer.say(words) for words in lines] + ad_performance.list_limits(writer, evidence)


def _list_leads(found: Sequence[Blocker]) -> list[NextStep]:
    """Return the next steps of the costliest blockers, each once."""
    leads = {lead.words: lead for blocker in found for lead in blocker.leads}
    return list(leads.values())[:MAX_LEADS]
