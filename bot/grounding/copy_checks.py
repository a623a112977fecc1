"""All checks of a draft that code can make, the gravest first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.checks import Check, CheckLevel, sort_checks
from bot.core.facts import ONE_CUSTOMER_NOTICE, Evidence, Fact
from bot.core.parts import Hook, Part
from bot.core.request import Brief, SkillRequest
from bot.grounding.calculations import list_proofs
from bot.grounding.channel_form import check_form, check_text
from bot.grounding.citations import check_citations, check_quotes
from bot.grounding.figure_checks import UNSOURCED, check_figures
from bot.grounding.legal import STATED_WORDS, check_law
from bot.grounding.numbers import read_figures
from bot.grounding.price_cuts import UNKNOWN_PRICE, check_price_cuts
from bot.grounding.sources import Sources, TextPart, list_text_parts, read_fact
from bot.grounding.style import check_brand_rules
from bot.grounding.units import agrees, is_bare, load_units
from bot.i18n.messages import Money, Words

CALCULATION_HINT = (
    "(if it follows from facts, keep it and add its calculation to the `facts` of its part: "
    "“f12 - f3”, “14.49 / 3”)"
)
STYLE_RULES = ("length", "cliché", "echo", "call to action")  # of which the writer is told, too
MAX_UNUSED = 4  # figures of the brief that are named one by one
STOCK_OF_BRIEF = Words(
    "The brief says that it is back, but the catalogue has none in stock ({source})."
)
STOCK_TO_COME = Words(
    "The brief says that it is back on {day}. Today the catalogue has none in stock ({source})."
)


def check_draft(
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    *,
    request: SkillRequest,
    brand: Brand,
    channel: Channel | None,
    today: date,
    periods: Sequence[tuple[date, date]] | None = None,
) -> tuple[Check, ...]:
    """Return the findings on copy. Without a channel, no channel's form is asked for. `periods` are
    those of the legal sales."""
    texts = list_text_parts(parts, hooks)
    sources = Sources(evidence, request.brief, brand)
    found = [*check_quotes(texts, sources), *check_citations(texts, sources)]
    if evidence.of_one_customer:
        found.append(Check(rule="one customer", level="block", words=ONE_CUSTOMER_NOTICE))
    found += check_text(texts, request)
    found += check_figures(texts, sources, today=today)
    found = merge_price_cuts(found, tuple(check_price_cuts(texts, sources)))
    found += check_law(texts, sources, request=request, brand=brand, today=today, periods=periods)
    found += check_brand_rules(texts, request=request, brand=brand)
    if channel is not None:
        found += check_form(texts, brand=brand, channel=channel)
    found += find_unused_figures(texts, sources)
    found += check_stock_of_brief(request.brief, sources, today)
    return sort_checks(found)


def list_faults(checks: Iterable[Check]) -> list[str]:
    """Turn findings into sentences for the writer: those that block, those that warn, and those on
    style, which a writer can improve.
    What only people can settle is left out: what a person stated, a cut whose price before is not
    known, and a stock that the brief denies. A figure without a source may be kept with a
    calculation."""
    for_people = (STATED_WORDS.text, UNKNOWN_PRICE.text, STOCK_OF_BRIEF.text)
    faults = []
    for check in checks:
        is_marked = check.level == "warn" and check.words.text not in for_people
        is_style = check.level == "info" and check.rule in STYLE_RULES
        if check.level == "block" or is_marked or is_style:
            where = f"{check.part}: " if check.part else ""
            hint = f" {CALCULATION_HINT}" if check.words.text == UNSOURCED.text else ""
            faults.append(where + check.words.to("en") + hint)
    return faults


def merge_price_cuts(found: Sequence[Check], cuts: Sequence[Check]) -> list[Check]:
    """Add the findings on price cuts. The same figure is named once: by the finding that tells the
    right one, or that says which price has to be known."""
    kept = list(found)
    for cut in cuts:
        same = [
            check
            for check in kept
            if check.level == "block" and (cut.quote or "") in (check.quote or "")
        ]
        figures = [check for check in same if check.rule in ("figure", "price")]
        if cut.level == "block" or (figures and cut.level == "warn"):
            kept = [check for check in kept if check not in figures]
            kept.append(cut.model_copy(update={"level": "block", "override": True}))
        elif not same:
            kept.append(cut)
    return kept


def recheck_price_cuts(
    checks: Sequence[Check],
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    brief: Brief,
) -> tuple[Check, ...]:
    """Return the findings with those on price cuts made anew, once a lowest price is known."""
    kept = [check for check in checks if check.rule != "price cut"]
    cuts = check_price_cuts(list_text_parts(parts, hooks), Sources(evidence, brief))
    return sort_checks((*kept, *cuts))


def find_unused_figures(texts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield the figures, dates and codes of the brief that the draft does not have: an offer
    without its limit is untrue. A number without a unit limits nothing."""
    delivered = [text.text for text in texts if text.is_delivered]
    whole = "\n".join(delivered).lower()
    figures = [one for text in delivered for one in read_figures(text)]
    stated = [f for f in sources.evidence.facts if f.stated_by and f.source.file == "brief"]
    unused = [
        fact
        for fact in stated
        if fact.label not in ("claim", "link")
        and str(fact.value).lower() not in whole
        and not all(is_bare(known) for known in read_fact(fact).figures)
        and not any(agrees(one, known) for one in figures for known in read_fact(fact).figures)
    ]
    for fact in unused[:MAX_UNUSED]:
        words = Words("Not used from the brief: {quote}", quote=_show_stated(fact))
        yield Check(rule="brief", level="info", words=words, fact=fact.id)


def _show_stated(fact: Fact) -> str | Money:
    if isinstance(fact.value, str):
        return fact.value
    if fact.unit in load_units().money:
        return Money(amount=fact.value, currency=fact.unit or "")
    return f"{fact.value} {fact.unit or ''}".strip()


def check_stock_of_brief(brief: Brief, sources: Sources, today: date) -> Iterator[Check]:
    """A brief that says that something is back, and a catalogue that has none. Only people know
    which of them is right; a day to come contradicts nothing."""
    if brief.goal != "back in stock":
        return
    for known in sources.known:
        is_meant = not brief.product or known.product == brief.product
        if known.fact.label == "stock" and known.fact.value == 0 and is_meant:
            is_to_come = brief.since is not None and brief.since > today
            words = STOCK_TO_COME.with_params(day=brief.since) if is_to_come else STOCK_OF_BRIEF
            words = words.with_params(source=known.fact.source.words())
            level: CheckLevel = "info" if is_to_come else "warn"
            yield Check(rule="stock", level=level, words=words, fact=known.fact.id)
            return


def list_sources(parts: Sequence[Part], evidence: Evidence) -> list[tuple[str, Fact]]:
    """Return which facts a draft stands on, as (part's key, fact): those that a part cites, and
    those of its figures."""
    sources, found = Sources(evidence), list[tuple[str, Fact]]()
    for text in list_text_parts(parts):
        facts = [evidence.get(id) for id in text.cites]
        known = [sources.find_figure(one, text.cites) for one in read_figures(text.text)]
        facts += [one.fact for one in known if one is not None]
        facts += list_proofs(text.text, evidence.facts)
        found += [(text.key, fact) for fact in facts if fact is not None]
    return list({(key, fact.id): (key, fact) for key, fact in found}.values())
