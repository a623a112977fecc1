"""All checks of a draft that code can make, the gravest first."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from bot.config.brand import Brand
from bot.core.audience_words import join_with_or
from bot.core.channels import Channel
from bot.core.checks import Check, CheckLevel, sort_checks
from bot.core.facts import ONE_CUSTOMER_NOTICE, Evidence
from bot.core.parts import Hook, Part
from bot.core.readers import list_currencies, list_reader_countries
from bot.core.request import Brief, SkillRequest
from bot.grounding.channel_form import STOP_MISSING, check_form, check_text
from bot.grounding.figure_checks import UNSOURCED, check_figures, format_person
from bot.grounding.legal import STATED_WORDS, check_law
from bot.grounding.numbers import read_figures
from bot.grounding.price_cuts import MANY_CUT, NEW_CUT, RANGE_CUT, UNKNOWN_PRICE, check_price_cuts
from bot.grounding.sources import (
    Sources,
    TextPart,
    find_quotations,
    list_text_parts,
    read_fact,
)
from bot.grounding.style import check_brand_rules
from bot.grounding.units import agrees, is_bare, load_units
from bot.i18n.messages import Country, Money, Words
from bot.text.links import Link, find_links, is_allowed_host, normalize_address
from bot.text.normalize import collapse_spaces

MENTION = re.compile(r"<[@!#][^>]*>|(?<![\w.])@(?:channel|here|everyone)\b")
CALCULATION_HINT = (
    "(if it follows from facts, keep it and add its calculation to the `facts` of its part: "
    "“f12 - f3”, “14.49 / 3”)"
)
NO_QUOTATION = Words("“{quote}” is in no source, letter for letter.")
HINTS = {
    UNSOURCED.text: CALCULATION_HINT,
    NO_QUOTATION.text: "(words of your own, such as a translation, stand without quotation marks)",
}
STYLE_RULES = ("length", "cliché", "echo", "call to action")  # of which the writer is told, too
MAX_UNUSED = 4  # figures of the brief that are named one by one
NONE_IN_STOCK = Words("The catalogue has none in stock ({source}).")
NOT_BACK_YET = Words(
    "The brief says that it is back on {day}. Today the catalogue has none in stock ({source})."
)
FOREIGN_CURRENCY = Words("Prices are in {currency}, and the text is for {countries}.")


def check_draft(
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    *,
    request: SkillRequest,
    brand: Brand,
    channel: Channel | None,
    today: date,
) -> tuple[Check, ...]:
    """Return the findings on copy."""
    texts = list_text_parts(parts, hooks)
    sources = Sources(evidence, request.brief, brand)
    found = [*_check_quotes(texts, sources), *_check_citations(texts, sources)]
    if evidence.of_one_customer:
        found.append(Check(rule="one customer", level="block", words=ONE_CUSTOMER_NOTICE))
    found += check_text(texts, request)
    found += check_figures(texts, sources, today=today)
    found = merge_price_cuts(found, tuple(check_price_cuts(texts, sources)))
    found += check_law(texts, sources, request=request, brand=brand, today=today)
    found += check_brand_rules(texts, request=request, brand=brand)
    if channel is not None:
        found += check_form(texts, request=request, brand=brand, channel=channel)
    found += find_unused_figures(texts, sources)
    found += check_stock(texts, request.brief, sources, channel, today)
    found += check_currency(texts, request.brief, today)
    return sort_checks(found)


def list_faults(checks: Iterable[Check]) -> list[str]:
    """Turn findings that block, that warn, or are on style into sentences for the writer. What only
    people can settle is left out: what a person stated, a cut whose price before or after is not
    known, an empty stock, how to stop abroad. A figure without a source may be kept with a
    calculation."""
    unsettled = (STATED_WORDS, UNKNOWN_PRICE, NEW_CUT, MANY_CUT, RANGE_CUT, NONE_IN_STOCK)
    for_people = {words.text for words in unsettled}
    faults = []
    for check in checks:
        is_marked = check.level == "warn" and check.words.text not in for_people
        is_style = check.level == "info" and check.rule in STYLE_RULES
        is_blocked = check.level == "block" and check.words.text != STOP_MISSING.text
        if is_blocked or is_marked or is_style:
            where = f"{check.part}: " if check.part else ""
            hint = HINTS.get(check.words.text, "")
            faults.append(f"{where}{check.words.to('en')} {hint}".rstrip())
    return faults


def merge_price_cuts(found: Sequence[Check], cuts: Sequence[Check]) -> list[Check]:
    """Add the findings on price cuts. The same figure is named once, by the surer finding."""
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
    """Yield the figures, dates and codes of the offer, and of what must be said, that the draft
    leaves out. An hour may be that of sending; a weekday may be said as its date."""
    brief = sources.brief
    wanted = read_figures("\n".join(filter(None, [brief.offer, *brief.must_say]))) if brief else ()
    delivered = [text.text for text in texts if text.is_delivered]
    whole = "\n".join(delivered).lower()
    figures = [one for text in delivered for one in read_figures(text)]
    has_date = any(one.first.kind == "date" for one in figures)
    stated = [f for f in sources.evidence.facts if f.stated_by and f.source.file == "brief"]
    unused = [
        fact
        for fact in stated
        if fact.label not in ("claim", "link")
        and any(agrees(one, k) for one in wanted for k in read_fact(fact).figures)
        and not any(known.first.kind == "clock" for known in read_fact(fact).figures)
        and str(fact.value).lower() not in whole
        and not all(is_bare(known) for known in read_fact(fact).figures)
        and not any(agrees(one, known) for one in figures for known in read_fact(fact).figures)
        and not (has_date and any(k.first.kind == "weekday" for k in read_fact(fact).figures))
    ]
    for fact in unused[:MAX_UNUSED]:
        what: str | Money = f"{fact.value} {fact.unit or ''}".strip()
        if fact.unit in load_units().money:
            what = Money(amount=Decimal(fact.value), currency=fact.unit)
        words = Words("Not used from the brief: {quote}", quote=what)
        yield Check(rule="brief", level="info", words=words, fact=fact.id)


def check_stock(
    texts: Sequence[TextPart],
    brief: Brief,
    sources: Sources,
    channel: Channel | None,
    today: date,
) -> Iterator[Check]:
    """The catalogue has none of what a draft sells, whatever its words; a listing or a notice sells
    nothing. A day to come is no fault of a thing that is back, nor what a text cites as sold
    out."""
    is_back = brief.goal == "back in stock"
    if not is_back and (brief.notice or (channel and channel.is_listing)):
        return
    is_to_come = is_back and brief.since is not None and brief.since > today
    is_any_meant = not brief.product and (is_back or len(sources.products) == 1)
    for known in sources.known:
        is_meant = is_any_meant or known.product == brief.product
        if known.fact.label == "stock" and known.fact.value == 0 and is_meant:
            words = NONE_IN_STOCK.with_params(source=known.fact.source.words())
            if is_to_come:
                source = known.fact.source.words()
                words = NOT_BACK_YET.with_params(source=source, day=brief.since)
            facts = {known.fact.id, f"product.{known.product}.availability"}
            is_told = not is_back and any(
                not facts.isdisjoint(text.cites) for text in texts if text.is_delivered
            )
            level: CheckLevel = "info" if is_to_come or is_told else "warn"
            yield Check(rule="stock", level=level, words=words, fact=known.fact.id)
            return


def check_currency(texts: Sequence[TextPart], brief: Brief, today: date) -> Iterator[Check]:
    """Prices in money that none of the countries of the readers has."""
    countries = list_reader_countries(brief)
    figures = [one for text in texts if text.is_delivered for one in read_figures(text.text)]
    used = {str(one.first.unit) for one in figures if one.is_money}
    if countries and used and not used & list_currencies(countries, today):
        words = FOREIGN_CURRENCY.with_params(
            currency=", ".join(sorted(used)),
            countries=join_with_or([Country(name=one) for one in countries]),
        )
        yield Check(rule="currency", level="info", words=words)


def _check_citations(parts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each cited id without a fact, each unknown link and each mention."""
    for part in parts:
        if part.kind != "quote":
            for id in dict.fromkeys(part.cites):
                if sources.evidence.get(id) is None:
                    words = Words("The source “{fact}” does not exist. Cite another.", fact=id)
                    yield part.build_check("citation", "block", words, fact=id, override=True)
        for link in {normalize_address(one.text): one for one in find_links(part.text)}.values():
            is_file = any(link.text in str(known.fact.source) for known in sources.known)
            if not is_file and (found := _check_link(link, part, sources)):
                yield found
        if part.is_prose:
            for match in MENTION.finditer(part.text):
                words = Words("“{quote}” would call people. Take it out.", quote=match[0])
                yield part.build_check("mention", "block", words)


def _check_link(link: Link, part: TextPart, sources: Sources) -> Check | None:
    """Links lead to the brand's site or where a fact says, and to a page that is known there."""
    host, address = link.host, normalize_address(link.text)
    is_ours = is_allowed_host(host, sources.hosts)
    is_known = link.plain and (address in sources.addresses or address == host)
    if is_ours and (link.mail or is_known):
        return None
    stated = [(one.who, other) for one in sources.statements for other in find_links(one.text)]
    for who, other in stated:
        if other.host == host if link.mail else normalize_address(other.text) == address:
            words = Words("From {who}: a link to {host}.", who=format_person(who), host=host)
            return part.build_check("link", "stated", words, quote=link.text)
    if is_ours or host in {other.host for _, other in stated}:
        words = Words("No source has the page {page}. Take the link out.", page=address)
        return part.build_check("link", "block", words, quote=link.text, override=True)
    words = Words("{host} is not a known site. Take the link out.", host=host)
    return part.build_check("link", "block", words, quote=link.text)


def _check_quotes(parts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each quotation that no source has, letter for letter."""
    for part in parts:
        if part.kind == "quote":
            cited = part.cites[0] if part.cites else None
            if not sources.contains_quote(part.text, cited or ""):
                words = Words("The quotation is not in its source, letter for letter.")
                yield part.build_check("quote", "block", words, quote=part.text, fact=cited)
        elif part.is_prose:
            for start, end in find_quotations(part.text):
                text = part.text[start:end]
                if not (sources.contains_quote(text) or _is_stated(text, sources)):
                    words = NO_QUOTATION.with_params(quote=text)
                    yield part.build_check("quote", "block", words, override=True)


def _is_stated(text: str, sources: Sources) -> bool:
    """Whether somebody typed these words in the brief. Their figures and claims are held as any."""
    said = collapse_spaces(text.rstrip(" .,!?…"))
    return any(said in collapse_spaces(statement.text) for statement in sources.statements)
