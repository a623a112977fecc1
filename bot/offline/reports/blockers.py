"""What blocks sales, without an AI: on the site, in parcels, returns and advertising."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from bot.core.charts import ChartPicture
from bot.core.fact_sentences import CONFIRMED, NO_CELL, FactSubject, join_copies
from bot.core.parts import Copy, NextStep, Table
from bot.data.analyses.findings import COVERED, name_covered_days, tell_earlier_days
from bot.i18n.messages import Words, quote_name
from bot.offline.report_builder import ReportBuilder

MAX_BLOCKERS, MAX_LEADS, MAX_WATCHED = 10, 4, 2
UNKNOWN_COST = Decimal(-1)
WORSE = ("worse_return", "worse_cost", "worse_no_order", "worse_clicks")
COMPARED_MEASURES = ("return", "cost-per-order", "orders-per-click")


@dataclass(frozen=True)
class Blocker:
    """One thing in the way: what happens and what it costs, by which measure."""

    fact_subject: FactSubject
    effect: Copy
    price: Copy
    measure: str = ""
    leads: tuple[NextStep, ...] = ()

    @property
    def money(self) -> Decimal:
        return self.fact_subject.number(self.measure) if self.price.text else UNKNOWN_COST


def list_falls(builder: ReportBuilder) -> list[FactSubject]:
    """Return the steps that fewer pass for sure, without those that fell only because another
    did."""
    return [
        one
        for one in builder.subjects("funnel").values()
        if one.status == CONFIRMED and one.number("change") < 0 and not one.get("through")
    ]


async def write_report(builder: ReportBuilder) -> BaseModel:
    sources = builder.texts["sources"]
    await builder.look_up(*sources, "trends")
    if not any(builder.subjects(kind) for kind in builder.kinds):
        return builder.report_missing()
    every = [
        *_find_steps(builder),
        *_find_late_parcels(builder),
        *_find_returns(builder),
        *_find_advertised(builder),
        *_find_keywords(builder),
    ]
    found = sorted(every, key=lambda blocker: -blocker.money)[:MAX_BLOCKERS]
    names = ", ".join(_name_source(builder, kind) for kind in sources if builder.subjects(kind))
    nothing = builder.state("nothing", names=names) if names else builder.state("no_source")
    details = [_write_details(builder, blocker) for blocker in found]
    points = [
        join_copies([_end(blocker.effect), detail])
        for blocker, detail in zip(found[1:], details[1:], strict=True)
    ]
    return await builder.build(
        found[0].effect if found else nothing,
        [*details[:1], *points],
        table=_build_table(builder, found),
        chart=_draw(builder, found[0].fact_subject) if found else None,
        limits=[
            *_list_limits(builder, found),
            *tell_earlier_days(builder, builder.evidence, list(sources)),
        ],
        read_as=builder.words("read_as", names=names) if names else None,
        leads=list({o.words: o for blocker in found for o in blocker.leads}.values())[:MAX_LEADS],
        keep=[blocker.fact_subject.get(name) for blocker in found for name in ("product", "best")],
    )


def _name_source(builder: ReportBuilder, kind: str) -> str:
    """Return what was looked at, with its days: "the site (14–27 Nov 2026)"."""
    name = builder.say(builder.words(f"sources.{kind}"))
    days = name_covered_days(builder, builder.evidence, kind) if kind in COVERED else ""
    return f"{name} ({days})" if days else name


def _find_steps(builder: ReportBuilder) -> Iterator[Blocker]:
    for one in list_falls(builder):
        is_on_phones = one.key.endswith("checkout-to-purchase") and one.about == "mobile"
        theme = builder.words("on_phones" if is_on_phones else "on_site")
        test = builder.step("test", step=one.named(builder.language))
        leads = (builder.step("feedback", theme=theme), test)
        fall, price = builder.write(one, "fall"), builder.write(one, "lost")
        yield Blocker(one, fall, price, "lost-money", leads)


def _find_late_parcels(builder: ReportBuilder) -> Iterator[Blocker]:
    """Yield a group of regions; else single regions; else all parcels."""
    every = builder.subjects("delivery")
    sure = [one for one in every.values() if one.status == CONFIRMED]
    regions = [one for one in sure if one.key.startswith("region-")]
    late = [one for one in regions if one.number("late") > one.number("rest")]
    whole = [one for one in sure if one.key == "all"]
    theme, letter = builder.words("parcels"), builder.words("late_letter")
    note = builder.step("note", theme=theme, letter=letter)
    leads = (note, builder.step("feedback", theme=theme))
    for one in [every["late-regions"]] if "late-regions" in every else late or whole:
        effect = builder.write(one, "late" if one.key == "all" else "late_regions")
        yield Blocker(one, effect, builder.write(one, "touched"), "late-worth", leads)


def _find_returns(builder: ReportBuilder) -> Iterator[Blocker]:
    for one in builder.subjects("trends", "returns-").values():
        if one.status == CONFIRMED and one.number("rate") > one.number("rest"):
            effect = builder.write(one, "returns_reason", "returns", what=quote_name(one.about))
            yield Blocker(one, effect, Copy(text=""))


def _find_advertised(builder: ReportBuilder) -> Iterator[Blocker]:
    for one in builder.subjects("campaigns", "worse--").values():
        if one.status == CONFIRMED:
            cut = builder.words(f"dimensions.{one.word('dimension')}")
            lead = builder.step("return" if one.get("return") else "cost", cut=cut)
            effect, price = _write_worse(builder, one), builder.write(one, "excess")
            yield Blocker(one, effect, price, "excess", (lead,))


def _write_worse(builder: ReportBuilder, one: FactSubject) -> Copy:
    name = builder.words(f"advertised.{one.word('dimension')}", name=quote_name(one.about))
    return builder.write(one, *WORSE, what=name)


def _find_keywords(builder: ReportBuilder) -> Iterator[Blocker]:
    """Yield lines of advertising. Only what was spent without an order is a cost."""
    labels = {k: Words(label) for k, label in builder.texts["keyword_labels"].items()}
    for one in builder.subjects("campaigns", "stuck--").values():
        where, product = one.word("where"), one.word("product") or one.about
        named = {"keyword": quote_name(one.about), "product": quote_name(product)}
        name = builder.words(f"keywords.{where}", **named)
        effect = builder.wrap("line", what=name, value=builder.tell_labels(one, labels))
        price, leads = Copy(text=""), list[NextStep]()
        if where == "sold out":
            price = builder.write(one, "sold_out_spend")
            letter = builder.words("sold_out_letter", product=product)
            leads.append(builder.step("note", theme=builder.words("sold_out"), letter=letter))
        elif where == "unbought" and one.word("orders") == "0":
            price = builder.write(one, "wasted")
        yield Blocker(one, effect, price, "spend", tuple(leads))


def _end(copy: Copy) -> Copy:
    return copy.model_copy(update={"text": f"{copy.text}."})


def _write_details(builder: ReportBuilder, blocker: Blocker) -> Copy:
    """Say since when a blocker is there, and what it costs."""
    some = (builder.write(blocker.fact_subject, "since"), blocker.price)
    return join_copies(_end(one) for one in some if one.text)


def _build_table(builder: ReportBuilder, found: Sequence[Blocker]) -> Table | None:
    rows, facts = [], list[str]()
    for blocker in found:
        since = blocker.fact_subject.get("since")
        cells = (builder.spell(since) if since else NO_CELL, blocker.price.text or NO_CELL)
        rows.append((blocker.effect.text, *cells))
        facts += [*blocker.effect.facts, *blocker.price.facts, *([since.id] if since else [])]
    columns = tuple(builder.say(Words(title)) for title in builder.texts["columns"].values())
    return Table(columns=columns, rows=tuple(rows), facts=tuple(facts)) if rows else None


def _draw(builder: ReportBuilder, first: FactSubject) -> ChartPicture | None:
    """A chart of the first blocker by week, or beside the others of its kind."""
    if not first.key.startswith("worse--"):
        return builder.draw_line(first, "%")
    measure = next((name for name in COMPARED_MEASURES if first.get(name)), "")
    alike = builder.subjects("campaigns", f"{first.word('dimension')}--").values()
    ranked = sorted(alike, key=lambda one: one.number(measure), reverse=measure != "return")
    strong = next((one for one in ranked if one.about == first.about), None)
    if not measure:
        return None
    cut = builder.words(f"dimensions.{first.word('dimension')}")
    title = builder.words(f"charts.{measure}", cut=cut)
    return builder.draw_bars(title, ranked, measure, strong=strong)


def _list_limits(builder: ReportBuilder, found: Sequence[Blocker]) -> Iterator[Copy]:
    costs = {"any", *(blocker.measure for blocker in found if blocker.price.text)}
    yield from (builder.state(f"limits.{k}") for k in builder.texts["limits"] if k in costs)
    worse = builder.subjects("campaigns", "worse--").values()
    unsure = [o for o in worse if o.status != CONFIRMED and o.word("dimension") != "product"]
    for one in unsure[:MAX_WATCHED]:
        yield builder.wrap("watched", names=_write_worse(builder, one))
    compared = builder.subjects("campaigns", "compared").get("compared")
    if compared is not None and compared.status != "compared":
        yield builder.state("not_compared", file=compared.facts["status"].file)
    yield builder.write(compared, "too_few")
