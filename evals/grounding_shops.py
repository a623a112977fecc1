"""Check the sentences on invented shops as the product checks them: copy as drafts, reports with
slots in place of their figures.

A writer of reports types no figure. So each figure of a sentence is first replaced by the slot of
the fact that has it, or of the difference that the tool `calculate` would give; what is left typed
is held as typed.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from bot.config.brand import Brand, RequiredMention
from bot.core.channels import Channel, load_channels
from bot.core.checks import Check
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.report import ReportForm
from bot.core.request import Brief, SkillRequest
from bot.grounding.calculations import CalculationError, UnprovenFigure, prove_figure
from bot.grounding.copy_checks import check_draft
from bot.grounding.figure_checks import list_unproven
from bot.grounding.numbers import read_figures
from bot.grounding.report_text import ReportChecker
from bot.grounding.sources import Sources, find_stated_facts, list_text_parts, read_fact
from bot.grounding.units import Figure, agrees
from bot.i18n.messages import Language
from bot.text.normalize import collapse_spaces

FOLDER = Path(__file__).parent / "grounding"
NO_LIMITS = Channel(key="email", title="E-mail", names=(), parts={})
PERIOD = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?(?:/(\d{4})-(\d\d)(?:-(\d\d))?)?")
Row = dict[str, Any]
Proposal = dict[str, str]  # "figure" and "calculation"


@dataclass(frozen=True)
class ShopSentence:
    id: str
    shop: str
    language: str
    channel: str
    text: str
    kind: str
    by: str = "code"
    cites: tuple[str, ...] = ()  # the ids of shops.yaml


@dataclass(frozen=True)
class ShopResult:
    """What people would see of a sentence, and what goes back to the writer before."""

    checks: tuple[Check, ...] = ()
    sent_back: tuple[str, ...] = ()
    is_dropped: bool = False
    unproven: tuple[UnprovenFigure, ...] = ()  # by code alone: what a model would be asked about

    @property
    def is_blocked(self) -> bool:
        return self.is_dropped or any(check.level == "block" for check in self.checks)

    @property
    def is_marked(self) -> bool:
        return any(check.level == "warn" for check in self.checks)


def read_shops(name: str = "shops") -> dict[str, Row]:
    shops: dict[str, Row] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return shops


def read_shop_sentences(path: Path) -> Iterator[ShopSentence]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for row in data["sentences"] if isinstance(data, dict) else data:
        yield ShopSentence(
            id=row["id"],
            shop=row["facts"],
            language=row["lang"],
            channel=row.get("channel", "email"),
            text=row["text"],
            kind=row["kind"],
            by=row.get("by", "code"),
            cites=tuple(row.get("rests_on", ())),
        )


def check_shop_sentence(
    sentence: ShopSentence, shops: dict[str, Row], calculations: Sequence[Proposal] = ()
) -> ShopResult:
    """Return what comes of a sentence. `calculations` are those that a model would propose: a
    figure as it stands there, and an expression with the ids of shops.yaml."""
    shop = shops[sentence.shop]
    if "question" in shop:
        return _check_report(sentence, shop, calculations)
    return _check_copy(sentence, shop, calculations)


def _prove(
    unproven: Sequence[UnprovenFigure],
    calculations: Sequence[Proposal],
    named: dict[str, Fact],
    sources: Sources,
) -> tuple[Fact, ...]:
    proofs = []
    for one in unproven:
        for proposal in calculations:
            if proposal["figure"] == collapse_spaces(one.figure.text):
                with suppress(CalculationError):
                    proofs.append(prove_figure(one, proposal["calculation"], named, sources))
    return tuple(proofs)


def _check_copy(sentence: ShopSentence, shop: Row, calculations: Sequence[Proposal]) -> ShopResult:
    today, product = _read_day(shop), sentence.shop.replace("_", "-")
    channel = load_channels()["sms"] if sentence.channel.lower() == "sms" else NO_LIMITS
    key = "text" if channel.key == "sms" else "body"
    brief = Brief(
        words=shop["brief"],
        author="UMARIE",
        language="fr" if sentence.language == "fr" else "en",
        product=product,
    )
    facts = tuple(_list_facts(shop, product))
    cited = tuple(f.id for f in facts if f.parts.measure.split("-")[0] in sentence.cites)
    body = Copy(text=sentence.text, facts=cited)
    parts = (Part(kind="copy", key=key, title=key, body=body),)
    evidence = Evidence(facts=(*facts, *find_stated_facts(brief.words, "U1", today)))
    sources = Sources(evidence, brief, _read_brand(shop))
    unproven = list_unproven(list_text_parts(parts), sources, today=today)
    named = {f.parts.measure.split("-")[0]: f for f in reversed(facts) if f.label != "period"}
    checks = check_draft(
        parts,
        (),
        evidence.plus(_prove(unproven, calculations, named, sources)),
        request=SkillRequest(skill="draft", brief=brief, channel=channel.key),
        brand=_read_brand(shop),
        channel=channel,
        today=today,
    )
    found = tuple(check for check in checks if check.severity in ("block", "warn"))
    return ShopResult(checks=found, unproven=unproven)


def _read_day(shop: Row) -> date:
    return date.fromisoformat(str(shop["today"])[:10])


def _read_brand(shop: Row) -> Brand:
    told, sms, link = shop.get("brand", {}), shop.get("sms", {}), shop.get("link")
    mentions = [RequiredMention(text=sms["stop"], channels=("sms",))] if sms.get("stop") else []
    return Brand.model_validate(
        {
            "name": shop["shop"].split(" (")[0],
            "sender": sms.get("sender"),
            "site": f"https://{link.split('/')[0]}" if link else None,
            "avoid": [str(word) for word in told.get("banned", [])],
            "address": told.get("voice", "vous"),
            "mentions": mentions,
        }
    )


def _list_facts(shop: Row, product: str) -> Iterator[Fact]:
    """Yield the facts of a shop. A measure that ends with the name of another product is of that
    one, and is called as the catalogue calls it."""
    today, other = _read_day(shop), shop.get("other", "none")
    for id, measure, label, value, unit, period, source in shop["facts"]:
        handle = product
        if measure.endswith(other):
            handle, label = other, measure.removesuffix(other).rstrip("-") or label
        fact = _build_fact(f"product.{handle}.{id}-{measure}", label, value, unit, source, today)
        yield fact
        if period:
            yield fact.model_copy(
                update={
                    "id": f"{fact.id}-period",
                    "label": "period",
                    "value": str(period),
                    "unit": None,
                }
            )
    if link := shop.get("link"):
        yield _build_fact(f"product.{product}.link", "link", link, None, "catalogue", today)
    for number, quote in enumerate(shop.get("quotes", [])):
        id = f"feedback.praise.{number}"
        yield _build_fact(id, "quote from a review", quote, None, "reviews", today)


def _build_fact(
    id: str, label: str, value: Any, unit: str | None, source: str | None, day: date
) -> Fact:
    number = value if isinstance(value, str) else Decimal(str(value))
    return Fact(id=id, label=label, value=number, unit=unit, source=str(source), as_of=day)


# Reports.


def _check_report(
    sentence: ShopSentence, shop: Row, calculations: Sequence[Proposal]
) -> ShopResult:
    today, book = _read_day(shop), FactBook()
    named: dict[str, Fact] = {}
    for id, _measure, label, value, unit, period, source in shop["facts"]:
        fact = _build_fact(f"metric.{id}", label, value, unit, source, today)
        since, until = _read_period(period)
        said = label if since or not period else f"{label} ({period})"
        named[id] = fact.model_copy(update={"label": said, "since": since, "until": until})
        book.add(named[id])
    form = ReportForm(
        headline=fill_slots(sentence.text, book),
        points=[],
        exhibit="none",
        cannot_tell="none",
        not_used=[],
        next_steps=[],
    )
    language: Language = "fr" if sentence.language == "fr" else "en"
    checker = ReportChecker(book, (), shop["question"], language, ("draft",), today)
    unproven = checker.list_unproven(form)
    evidence = Evidence(facts=tuple(named.values()))
    proofs = _prove(unproven, calculations, named, Sources(evidence))
    checker = replace(checker, proofs=proofs)
    faults = checker.find_faults(form)
    _kept, dropped = checker.drop_faulty_texts(form)
    sent = tuple(fault for fault in faults if "characters" not in fault)
    return ShopResult(sent_back=sent, is_dropped=bool(dropped), unproven=unproven)


def _read_period(period: Any) -> tuple[date | None, date | None]:
    found = PERIOD.fullmatch(str(period or ""))
    if not found:
        return None, None
    year, month, day, last_year, last_month, last_day = (int(g) if g else 0 for g in found.groups())
    since = date(year, month, day or 1)
    last_year, last_month = last_year or year, last_month or month
    last = last_day or (day if not found[4] else 0)
    return since, date(last_year, last_month, last or calendar.monthrange(last_year, last_month)[1])


def fill_slots(text: str, book: FactBook) -> str:
    """Replace each figure by the slot of its fact, or of a calculated difference."""
    parts, at = [], 0
    for figure in read_figures(text):
        name, end = _find_fact(figure, book), figure.end
        if name is None and (first := re.match(r"\d+(?= )", figure.text)):  # 6 of 41
            name, end = _find_fact(read_figures(first[0])[0], book), figure.start + first.end()
        if name is not None and figure.start >= at:
            rest = re.search(r"(?<=\d) (?:times|fois)$", figure.text)  # viewed 2,310 times
            parts += [text[at : figure.start], f"{{{name}}}", rest[0] if rest else ""]
            at = end
    return "".join([*parts, text[at:]])


def _find_fact(figure: Figure, book: FactBook) -> str | None:
    if figure.in_words or not figure.is_number:
        return None
    numbers = [fact for fact in book.facts if isinstance(fact.value, Decimal)]
    for fact in numbers:
        known = read_fact(fact)
        unit = figure.first.unit
        is_bare = unit in (None, "times") or str(unit).startswith("#")
        if agrees(figure, known.figures[0], about=known.label) or (
            is_bare and abs(figure.first.base) == abs(Decimal(fact.value))
        ):
            return book.find_name(fact.id)
    for one, other in combinations(numbers, 2):
        difference = abs(Decimal(one.value) - Decimal(other.value))
        if one.unit == other.unit and difference and difference == abs(figure.first.base):
            update = {
                "id": f"calculated.{one.id}-{other.id}.difference",
                "value": difference,
                "label": "difference",
            }
            return book.add(one.model_copy(update=update))
    return None
