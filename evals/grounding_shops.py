"""Check the sentences on invented shops as the product checks them: copy as drafts, reports with
slots in place of their figures.

A writer of reports types no figure. So each figure of a sentence is first replaced by the slot of
the fact that has it, or of the difference that the tool `calculate` would give; what is left typed
is held as typed.
"""

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import yaml

from bot.agent.claim_check import ClaimSentence, list_sentences
from bot.agent.report_writer import list_report_sentences
from bot.agent.stated_facts import find_stated_facts
from bot.config.brand import Brand, RequiredMention
from bot.core.channels import Channel, load_channels
from bot.core.checks import Check
from bot.core.fact_book import FactBook
from bot.core.facts import PERCENT_UNITS, Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.report import ReportForm
from bot.core.request import Brief, SkillRequest
from bot.grounding.calculations import CalculationError, UnprovenFigure, prove_figure
from bot.grounding.copy_checks import check_draft
from bot.grounding.figure_checks import list_unproven
from bot.grounding.numbers import read_figures
from bot.grounding.report_text import ReportChecker
from bot.grounding.sources import Sources, list_text_parts, read_fact
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
    wrong: str = ""  # the words that are planted


@dataclass(frozen=True)
class ShopResult:
    """What people would see of a sentence, and what goes back to the writer before."""

    checks: tuple[Check, ...] = ()
    sent_back: tuple[str, ...] = ()
    is_dropped: bool = False

    @property
    def is_blocked(self) -> bool:
        return self.is_dropped or any(check.level == "block" for check in self.checks)

    @property
    def is_marked(self) -> bool:
        return any(check.level == "warn" for check in self.checks)

    @property
    def is_found(self) -> bool:
        return self.is_blocked or self.is_marked or bool(self.sent_back)


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
            wrong=row.get("wrong", ""),
        )


@dataclass(frozen=True)
class CopyText:
    """A text of a draft, with all that the checks need."""

    parts: tuple[Part, ...]
    evidence: Evidence
    request: SkillRequest
    brand: Brand
    channel: Channel
    today: date

    is_copy: ClassVar[bool] = True

    def list_unproven(self) -> tuple[UnprovenFigure, ...]:
        sources = Sources(self.evidence, self.request.brief, self.brand)
        return list_unproven(list_text_parts(self.parts), sources, today=self.today)

    def list_claims(self) -> tuple[ClaimSentence, ...]:
        return list_sentences(list_text_parts(self.parts))

    def check(self, proofs: Iterable[Fact] = ()) -> ShopResult:
        checks = check_draft(
            self.parts,
            (),
            self.evidence.plus(proofs),
            request=self.request,
            brand=self.brand,
            channel=self.channel,
            today=self.today,
        )
        return ShopResult(checks=tuple(c for c in checks if c.severity in ("block", "warn")))


@dataclass(frozen=True)
class ReportText:
    """A sentence as the headline of a report, its figures replaced by slots of the book."""

    form: ReportForm
    book: FactBook
    request: SkillRequest
    today: date

    is_copy: ClassVar[bool] = False

    @property
    def evidence(self) -> Evidence:
        return Evidence(facts=tuple(self.book.facts))

    def _build_checker(self, proofs: Iterable[Fact] = ()) -> ReportChecker:
        words, language = self.request.brief.words, self.request.language
        checker = ReportChecker(self.book, (), words, language, ("draft",), self.today)
        return replace(checker, proofs=tuple(proofs))

    def list_unproven(self) -> tuple[UnprovenFigure, ...]:
        return self._build_checker().list_unproven(self.form)

    def list_claims(self) -> tuple[ClaimSentence, ...]:
        return tuple(list_report_sentences(self.form, self.book, self.request.language))

    def check(self, proofs: Iterable[Fact] = ()) -> ShopResult:
        checker = self._build_checker(proofs)
        sent = tuple(fault for fault in checker.find_faults(self.form) if "characters" not in fault)
        return ShopResult(sent_back=sent, is_dropped=bool(checker.drop_faulty_texts(self.form)[1]))


class ShopTexts:
    """The facts of a shop, and its sentences as the checks get them."""

    def __init__(self, name: str, shop: Row) -> None:
        self.name, self.shop, self.today = name, shop, _read_day(shop)
        self.is_report = "question" in shop
        self.book = FactBook()
        self.named: dict[str, Fact] = {}  # by the ids of shops.yaml
        if self.is_report:
            for id, fact in _list_report_facts(shop, self.today):
                self.named[id] = fact
                self.book.add(fact)
        else:
            self.facts = tuple(_list_facts(shop, name.replace("_", "-")))
            for fact in self.facts:
                if fact.label != "period":
                    self.named.setdefault(_get_shop_id(fact), fact)

    def prepare(self, sentence: ShopSentence) -> CopyText | ReportText:
        language: Language = "fr" if sentence.language == "fr" else "en"
        if self.is_report:
            brief = Brief(words=self.shop["question"], author="UMARIE", language=language)
            form = ReportForm(
                headline=fill_slots(sentence.text, self.book),
                points=[],
                exhibit="none",
                cannot_tell="none",
                not_used=[],
                next_steps=[],
            )
            request = SkillRequest(skill="answer", brief=brief)
            return ReportText(form, self.book, request, self.today)
        channel = load_channels()["sms"] if sentence.channel.lower() == "sms" else NO_LIMITS
        key = "text" if channel.key == "sms" else "body"
        product = self.name.replace("_", "-")
        brief = Brief(words=self.shop["brief"], author="UMARIE", language=language, product=product)
        cited = tuple(fact.id for fact in self.facts if _get_shop_id(fact) in sentence.cites)
        part = Part(kind="copy", key=key, title=key, body=Copy(text=sentence.text, facts=cited))
        stated = find_stated_facts(brief.words, "U1", self.today)
        return CopyText(
            (part,),
            Evidence(facts=(*self.facts, *stated)),
            SkillRequest(skill="draft", brief=brief, channel=channel.key),
            _read_brand(self.shop),
            channel,
            self.today,
        )


def check_shop_sentence(
    sentence: ShopSentence, shops: dict[str, Row], calculations: Sequence[Proposal] = ()
) -> ShopResult:
    """Return what comes of a sentence. `calculations` are those that a model would propose: a
    figure as it stands there, and an expression with the ids of shops.yaml."""
    shop = ShopTexts(sentence.shop, shops[sentence.shop])
    text = shop.prepare(sentence)
    sources, proofs = Sources(text.evidence, text.request.brief), list[Fact]()
    for one in text.list_unproven() if calculations else ():
        for proposal in calculations:
            if proposal["figure"] == collapse_spaces(one.figure.text):
                with suppress(CalculationError):
                    proofs.append(prove_figure(one, proposal["calculation"], shop.named, sources))
    return text.check(proofs)


def _get_shop_id(fact: Fact) -> str:
    return fact.parts.measure.split("-")[0]


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


def _list_report_facts(shop: Row, today: date) -> Iterator[tuple[str, Fact]]:
    for id, _measure, label, value, unit, period, source in shop["facts"]:
        fact = _build_fact(f"metric.{id}", label, value, unit, source, today)
        since, until = _read_period(period)
        said = label if since or not period else f"{label} ({period})"
        yield id, fact.model_copy(update={"label": said, "since": since, "until": until})


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
    """Replace each figure by the slot of its fact, or of a calculated difference. What the fact's
    unit does not say stays: 118 orders; what it says goes: 6 of 41."""
    parts, at = [], 0
    for figure in read_figures(text):
        name, end = _find_fact(figure, book), figure.end
        if name is None and (first := re.match(r"\d+(?= (?:of|sur|in)\b)", figure.text)):
            name, end = _find_fact(read_figures(first[0])[0], book), figure.start + first.end()
        fact = book.get(name or "")
        if fact is None or figure.start < at:
            continue
        said, unit = text[figure.start : end], f" {fact.unit}"
        end += len(unit) if text.startswith(unit, end) else 0
        noun = re.search(r"(?<=\d) [^\d ]+$", said) if fact.unit in (None, "times") else None
        is_bare = fact.unit and said[-1].isdigit() and said[0].isdigit() and end == figure.end
        is_fall = Decimal(fact.value) < 0 and not figure.sign
        form = ":abs" if is_fall else ":bare" if is_bare else ""
        parts += [text[at : figure.start], f"{{{name}{form}}}", noun[0] if noun else ""]
        at = end
    return "".join([*parts, text[at:]])


def _find_fact(figure: Figure, book: FactBook) -> str | None:
    if figure.in_words or not figure.is_number:
        return None
    numbers = [fact for fact in book.facts if isinstance(fact.value, Decimal)]
    for fact in numbers:
        if _has_figure(fact, figure):
            return book.find_name(fact.id)
    for one, other in combinations(numbers, 2):
        difference = abs(Decimal(one.value) - Decimal(other.value))
        is_measured = figure.first.unit or one.unit not in PERCENT_UNITS
        if one.unit == other.unit and difference and is_measured:
            update = {
                "id": f"calculated.{one.id}-{other.id}.difference",
                "value": difference,
                "label": "difference",
            }
            calculated = one.model_copy(update=update)
            if _has_figure(calculated, figure):
                return book.add(calculated)
    return None


def _has_figure(fact: Fact, figure: Figure) -> bool:
    known = read_fact(fact)
    said, unit = figure.first.unit, known.figures[0].first.unit
    is_same = said is None or (said, unit) == ("points", "%") or _is_count(said, unit)
    is_equal = abs(figure.first.base) == abs(Decimal(fact.value))
    return agrees(figure, known.figures[0], about=known.label) or (is_same and is_equal)


def _is_count(*units: str | None) -> bool:
    return all(unit in (None, "times") or str(unit).startswith("#") for unit in units)
