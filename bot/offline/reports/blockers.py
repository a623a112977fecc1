"""What blocks sales, without an AI: on the site, in parcels, returns and advertising."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from bot.core.charts import (
    COLOURS,
    Bar,
    ChartPicture,
    build_bar_chart,
    build_line_chart,
    parse_points,
)
from bot.core.facts import Evidence
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
FACT_KINDS = ("funnel", "delivery", "campaigns", "trends")
SOURCE_LABELS = {  # kind of facts → what it makes visible
    "funnel": Words("the site"),
    "delivery": Words("the parcels"),
    "campaigns": Words("the advertising"),
}
MAX_BLOCKERS = 10
MAX_LEADS = 4


@dataclass(frozen=True)
class Blocker:
    """One thing in the way. `describe` says what happens, `cost` is the measure that has its price
    and `describe_cost` its words. `leads` are the next steps."""

    subject: FactSubject
    name: Words
    describe: Callable[[SentenceWriter], Words]
    cost: str = ""
    describe_cost: Callable[[SentenceWriter], Words] | None = None
    leads: tuple[NextStep, ...] = ()

    @property
    def money(self) -> Decimal:
        """What it costs; less than nothing where that is not known."""
        return self.subject.number(self.cost) if self.cost else Decimal(-1)


def list_blockers(evidence: Evidence, writer: SentenceWriter) -> list[Blocker]:
    """Return all that is confirmed, the costliest first; what has no price comes last."""
    returned = group_by_subject(evidence, "trends", "returns-").values()
    campaigns = group_by_subject(evidence, "campaigns", "stuck--").values()
    found = [
        *(_build_step(writer, one) for one in list_falls(evidence)),
        *_build_parcels(writer, group_by_subject(evidence, "delivery")),
        *(
            _build_returns(writer, one)
            for one in returned
            if one.word("status") == CONFIRMED and one.number("rate") > one.number("rest")
        ),
        *(_build_advertised(writer, one) for one in ad_performance.list_worse(evidence)),
        *(_build_keyword(writer, one) for one in campaigns),
    ]
    return sorted(found, key=lambda blocker: -blocker.money)[:MAX_BLOCKERS]


def _lead_to_feedback(writer: SentenceWriter, theme: Words) -> NextStep:
    ask = Words("what do customers say about {theme}?", theme=theme)
    label = Words("What customers say: {theme}", theme=theme)
    return NextStep(label=label, skill="feedback", words=writer.say(ask), ask=False)


def _lead_to_letter(writer: SentenceWriter, theme: Words, letter: Words) -> NextStep:
    label = Words("Draft a note to customers: {theme}", theme=theme)
    return NextStep(label=label, skill="draft", words=writer.say(letter))


def _build_step(writer: SentenceWriter, one: FactSubject) -> Blocker:
    on_phones = one.key.endswith("checkout-to-purchase") and one.about == "mobile"
    theme = Words("paying on the phone") if on_phones else Words("the website")
    test = Words("Plan a test of this step: {step}", step=name_step(one))
    plan = NextStep(label=Words("Plan a test"), skill="experiment", words=writer.say(test))

    def describe_cost(writer: SentenceWriter) -> Words:
        low, high = writer.ends(one, "lost-money")
        money = writer.of(one, "lost-money")
        return Words("about {money} lost ({low} to {high})", money=money, low=low, high=high)

    return Blocker(
        one,
        name_step(one),
        lambda writer: Words(
            "{rate} get through, {before} before",
            rate=writer.of(one, "rate"),
            before=writer.of(one, "before"),
        ),
        cost="lost-money" if one.get("lost-money") else "",
        describe_cost=describe_cost,
        leads=(_lead_to_feedback(writer, theme), plan),
    )


def _build_parcels(writer: SentenceWriter, every: dict[str, FactSubject]) -> list[Blocker]:
    """Return groups of regions; else single regions; else all parcels."""
    late = [every["late-regions"]] if "late-regions" in every else []
    late = late or [
        one
        for key, one in every.items()
        if key.startswith("region-")
        and one.word("status") == CONFIRMED
        and one.number("late") > one.number("rest")
    ]
    whole = every.get("all")
    if not late and whole and whole.word("verdict") == CONFIRMED:
        late = [whole]
    return [_build_late(writer, one) for one in late]


def _build_late(writer: SentenceWriter, one: FactSubject) -> Blocker:
    is_everywhere, theme = one.key == "all", Words("late parcels")
    name = Words("Late parcels, {regions}", regions=name_regions(one.about))
    letter = Words("E-mail to customers whose parcel is late: what we do about it")

    def describe(writer: SentenceWriter) -> Words:
        late = writer.of(one, "late")
        if is_everywhere:
            return Words(
                "{late} come late, {usual} before", late=late, usual=writer.of(one, "before")
            )
        return Words("{late} come late, {usual} elsewhere", late=late, usual=writer.of(one, "rest"))

    return Blocker(
        one,
        Words("Late parcels") if is_everywhere else name,
        describe,
        cost="late-worth" if one.get("late-worth") else "",
        describe_cost=lambda writer: Words(
            "orders worth {money} came late", money=writer.of(one, "late-worth")
        ),
        leads=(_lead_to_letter(writer, theme, letter), _lead_to_feedback(writer, theme)),
    )


def _build_returns(writer: SentenceWriter, one: FactSubject) -> Blocker:
    def describe(writer: SentenceWriter) -> Words:
        values = {"rate": writer.of(one, "rate"), "rest": writer.of(one, "rest")}
        if not one.get("reason"):
            return Words("{rate} come back, {rest} of the other products", **values)
        reason = writer.of(one, "reason")
        return Words(
            "{rate} come back, {rest} of the other products; reason most given: {reason}",
            reason=reason,
            **values,
        )

    return Blocker(one, Words("Returns of {name}", name=quote_name(one.about)), describe)


def _build_advertised(writer: SentenceWriter, one: FactSubject) -> Blocker:
    return Blocker(
        one,
        ad_performance.name_advertised(one),
        lambda writer: ad_performance.describe_worse(writer, one),
        cost="excess" if one.get("excess") else "",
        describe_cost=lambda writer: ad_performance.describe_excess(writer, one),
        leads=(ad_performance.build_lead(writer, one),),
    )


def _build_keyword(writer: SentenceWriter, one: FactSubject) -> Blocker:
    """A line of advertising. Only what was spent without an order is a cost."""
    where = one.word("where")
    is_wasted = where == "sold out" or (
        where == "unbought" and one.get("orders") is not None and one.word("orders") == "0"
    )
    leads: tuple[NextStep, ...] = ()
    if where == "sold out":
        product = one.word("product") or one.about
        letter = Words(
            "E-mail: {product} is sold out, leave your address to hear when it is back",
            product=product,
        )
        leads = (_lead_to_letter(writer, Words("sold out, when is it back"), letter),)

    def describe_cost(writer: SentenceWriter) -> Words:
        money = writer.of(one, "spend")
        if where == "sold out":
            return Words("{money} spent while it is sold out", money=money)
        return Words("{money} spent for nothing", money=money)

    return Blocker(
        one,
        ad_performance.name_keyword(one),
        lambda writer: ad_performance.describe_keyword(writer, one),
        cost="spend" if is_wasted and one.get("spend") else "",
        describe_cost=describe_cost,
        leads=leads,
    )


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    evidence = await ctx.look_up(*FACT_KINDS)
    writer = SentenceWriter(request.language)
    if not any(group_by_subject(evidence, kind).keys() - {CANNOT, AGE} for kind in FACT_KINDS):
        return report_missing_data(writer, evidence, FACT_KINDS)
    found = list_blockers(evidence, writer)
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
        line = Words("{name}: {effect}", name=first.name, effect=first.describe(writer))
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
    said = []
    if blocker.subject.get("since"):
        said.append(writer.say(Words("since {day}", day=writer.of(blocker.subject, "since"))))
    if blocker.cost and blocker.describe_cost:
        said.append(writer.say(blocker.describe_cost(writer)))
    return writer.copy(*(f"{_capitalize(line)}." for line in said))


def _write_blocker(writer: SentenceWriter, blocker: Blocker) -> Copy:
    values = {"name": _capitalize(writer.say(blocker.name)), "effect": blocker.describe(writer)}
    line = Words("{name}: {effect}.", **values)
    if blocker.subject.get("since"):
        since = writer.of(blocker.subject, "since")
        line = Words("{name}, since {since}: {effect}.", since=since, **values)
    cost = (
        writer.say(blocker.describe_cost(writer)) if blocker.cost and blocker.describe_cost else ""
    )
    return writer.copy(writer.say(line), f"{_capitalize(cost)}." if cost else "")


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _build_table(writer: SentenceWriter, found: Sequence[Blocker]) -> Table:
    headings = [Words("What"), Words("Since"), Words("What happens"), Words("Cost")]
    rows = []
    for blocker in found:
        cost = blocker.describe_cost(writer) if blocker.cost and blocker.describe_cost else None
        rows.append(
            [
                _capitalize(writer.say(blocker.name)),
                writer.of(blocker.subject, "since") or "–",
                writer.say(blocker.describe(writer)),
                writer.say(cost) if cost else "–",
            ]
        )
    return writer.table([writer.say(words) for words in headings], rows)


def _build_picture(
    writer: SentenceWriter,
    title: str,
    found: Sequence[Blocker],
    evidence: Evidence,
    ctx: OfflineContext,
) -> ChartPicture | None:
    """A chart of the first blocker by week or beside the others of its kind, else of all costs."""
    subject, colours = found[0].subject, ctx.brand.colours or COLOURS
    language = writer.language
    if points := parse_points(subject.word("points")):
        writer.of(subject, "points")
        named = (writer.say(Words("% that get through")), writer.say(Words("before")))
        return build_line_chart(
            title, points, language=language, unit="%", named=named, colours=colours
        )
    if subject.key.startswith(ad_performance.WORSE):
        return ad_performance.build_picture(writer, title, subject, evidence, colours)
    priced = [blocker for blocker in found if blocker.cost]
    bars = [
        Bar(writer.say(b.name), float(b.money), spelled=writer.of(b.subject, b.cost))
        for b in priced
    ]
    return (
        build_bar_chart(title, bars, language=language, colours=colours) if len(bars) > 1 else None
    )


def _list_limits(writer: SentenceWriter, found: Sequence[Blocker], evidence: Evidence) -> list[str]:
    costs = {blocker.cost for blocker in found}
    lines = [Words("These are the things that are sure. None of the figures says why.")]
    if "lost-money" in costs:
        lines.append(
            Words(
                "Lost is what would have come had as many got through as before; the "
                "truth very probably lies between the two amounts in brackets. What "
                "falls only along with another is not counted again."
            )
        )
    if "late-worth" in costs:
        lines.append(
            Words("Orders that came late are not lost: their worth says how much is touched.")
        )
    if (tested := group_by_subject(evidence, "funnel").get("tested")) is not None:
        lines.append(
            Words(
                "{n} steps on the site were tested; those that may have moved by chance "
                "are left out.",
                n=writer.of(tested, "steps"),
            )
        )
    return [writer.say(words) for words in lines] + ad_performance.list_limits(writer, evidence)


def _list_leads(found: Sequence[Blocker]) -> list[NextStep]:
    """Return the next steps of the costliest blockers, each once."""
    leads = {lead.words: lead for blocker in found for lead in blocker.leads}
    return list(leads.values())[:MAX_LEADS]
