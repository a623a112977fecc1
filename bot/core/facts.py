"""Facts: figures and texts with their source, and the evidence of a draft."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from bot.core.half_up import round_half_up
from bot.i18n.languages import get_language
from bot.i18n.messages import Money, Words, format_short_period, format_value

# What stands where a file's name would: what comes in by itself, and other sources.
INTERNAL_SOURCES = {
    words.text: words
    for words in (
        Words("live rows"),
        Words("this conversation"),
        Words("edit"),
        Words("own text"),
        Words("send-back"),
        Words("the catalogue"),
        Words("the team"),
    )
}
INTERNAL_SOURCES["brief"] = Words("your question")
PARTS_KEY = "source_parts"  # in stored JSON, beside the source as text
_LINE = re.compile(r"(.+), line (\d+)")
_OLD = re.compile(r"(.+), (\d+) days old")
_MORE = re.compile(r"(.+) and (\d+) more")
# The units that are words, each with its singular, so that they can be read in other languages.
FACT_UNITS: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("fact_units.toml").read_text(encoding="utf-8")
)
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
PRODUCT_KINDS = ("product", "availability", "prices")  # of facts about one product
PERCENT_UNITS = ("%", "points")
RATING_UNIT = "of 5"
MINUS = "\u2212"
UNSIGNED_CHANGES = ("guard-change",)  # how large a change must be to be seen
CALCULATED = "calculated"  # the kind of what was calculated from other facts
RULE_MEASURES = ("rule", "rule-code")
FEW = 50  # of fewer, a share is told with how many it is of
MIN_LARGE_VALUE = 1000  # from here on whole amounts are written without cents
# measures of one order or one customer alone
ONE_CUSTOMER_MEASURES = ("largest-order", "largest-day", "top-customer")
ONE_CUSTOMER_NOTICE = Words(
    "This is one customer's own figure: it is for whoever asked alone, and goes nowhere else."
)
_UNDER = re.compile(r"under (\d+)")
_AT_LEAST = re.compile(r"at least (\d+)")
_ALL_BUT = re.compile(r"all but under (\d+)")  # only in facts of earlier editions
OUR_WORDS = (
    "rule",
    "verdict",
    "ahead verdict",
    "status",
    "best day",
)  # labels of facts whose text is ours: it has a translation

OTHER_STATUSES = (  # that no list or sentence says
    *(Words("mixed"), Words("apart"), Words("better"), Words("follows")),
    *(Words("alone"), Words("unnamed"), Words("no orders"), Words("nothing spent")),
)


class Source(BaseModel, frozen=True):
    """`Source("shop.csv", line=12)`. `file` is a file's name, or one of INTERNAL_SOURCES."""

    file: str
    more: int = 0  # how many other files
    line: int | None = None
    days_old: int | None = None  # only in facts of earlier editions
    details: tuple[str, ...] = ()  # of a quote: which text it is, and where it was written

    def __init__(self, file: str, **fields: Any) -> None:
        super().__init__(file=file, **fields)

    def with_details(self, *details: str | None) -> "Source":
        """Return a copy that also says which text of the file is meant; skip empty details."""
        given = tuple(one for one in details if one)
        return self.model_copy(update={"details": (*self.details, *given)})

    @property
    def without_age(self) -> "Source":
        return self.model_copy(update={"days_old": None})

    @property
    def whole_file(self) -> "Source":
        return Source(self.file, more=self.more)

    def words(self) -> Words | str:
        """Return a plain file name as it is, more as a sentence: "orders.csv and 2 more"."""
        said: Words | str = INTERNAL_SOURCES.get(self.file, self.file)
        if self.more:
            said = Words.count("{file} and {n} more", "{file} and {n} more", self.more, file=said)
        if self.line is not None:
            said = Words("{file}, line {n}", file=said, n=str(self.line))
        if self.days_old is not None:
            said = Words("{file}, {n} days old", file=said, n=self.days_old)
        if self.details:
            said = Words("{file}, {details}", file=said, details=", ".join(self.details))
        return said

    def to(self, language: str) -> str:
        """Return the source as text in that language."""
        return format_value(self.words(), language)

    def __str__(self) -> str:
        """Return the English text: it is stored, and the AI reads it."""
        text = f"{self.file} and {self.more} more" if self.more else self.file
        text = text if self.line is None else f"{text}, line {self.line}"
        text = text if self.days_old is None else f"{text}, {self.days_old} days old"
        return ", ".join((text, *self.details))


NO_SOURCE = Source("-")  # of what is said rather than looked up
BRIEF_SOURCE = Source("brief")  # of what the request says


def parse_legacy_source(text: str) -> Source:
    """Parse a source that an earlier edition stored as text."""
    found = _parse(text)
    return found if str(found) == text else Source(text)


def _parse(text: str) -> Source:
    for pattern, field in ((_LINE, "line"), (_OLD, "days_old"), (_MORE, "more")):
        if found := pattern.fullmatch(text):
            return _parse(found[1]).model_copy(update={field: int(found[2])})
    file, *details = text.split(", ")
    return _parse(file).with_details(*details) if details else Source(text)


def _read_source(source: Any) -> Any:
    return parse_legacy_source(source) if isinstance(source, str) else source


ReadSource = Annotated[Source, BeforeValidator(_read_source)]  # a text of an earlier edition, too


class SourcedModel(BaseModel):
    """A model with a source. Its JSON has the source as a text, which every edition reads; what
    the text would have to be parsed for stands beside it, under PARTS_KEY."""

    # Validators of single fields: one before the whole model would have JSON read as Python, and a
    # stored number, which is JSON text, would stay text.
    source: ReadSource
    source_parts: dict[str, Any] | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _use_parts(self) -> Self:
        if self.source_parts is not None:
            vars(self)["source"] = Source(**self.source_parts)
            vars(self)["source_parts"] = None
        return self

    @model_serializer(mode="wrap")
    def _write_source(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if "source" in data:
            data["source"] = str(self.source)
            plain = Source(data["source"])
            if self.source != plain or parse_legacy_source(data["source"]) != plain:
                data[PARTS_KEY] = self.source.model_dump(mode="json", exclude_defaults=True)
        for name in ("words", "shown_decimals", "reading"):
            if data.get(name, ...) is None:
                del data[name]
        return data


def spell_number(
    value: Decimal, unit: str | None, language: str, decimals: int | None = None
) -> str:
    """Return a number with its unit as people of that language write it: an ISO currency, %, or a
    word that agrees with the number."""
    if unit and len(unit) == 3 and unit.isupper():
        large = value == int(value) and abs(value) >= MIN_LARGE_VALUE
        is_whole = large if decimals is None else not decimals
        return format_value(Money(amount=value, currency=unit, is_whole=is_whole), language)
    number = format_value(value, language, decimals)
    if unit == "%":
        return number + get_language(language).marks.percent
    return number + _spell_unit(value, unit, language)


def _spell_unit(n: Decimal, unit: str | None, language: str) -> str:
    """Return what is counted, agreeing with its number."""
    if not unit:
        return ""
    one = get_language(language).is_singular(float(abs(n)))
    many, single = spell_unit(unit, language)
    return f"\u00a0{single if one else many}"


def spell_unit(unit: str, language: str) -> tuple[str, str]:
    """Return what is counted, of many and of one: "customers", "customer"."""
    single = FACT_UNITS.get(unit, unit)
    return Words(unit).to(language), Words(single).to(language)


def sign_number(text: str, *, is_positive: bool) -> str:
    """Return a spelled number with a minus sign in place of a hyphen, and with a plus sign if
    `is_positive`."""
    return f"+{text}" if is_positive else re.sub(r"^-", MINUS, text)


def count_percent_decimals(number: Decimal, unit: str, *, is_change: bool = False) -> int:
    """Return with how many decimals a percentage is told, in a sentence, a table and a picture
    alike: two below 10, so that rates which differ look different, one below 20, and above none. A
    relative change has one below 10, and a difference in points always one from 10 on."""
    size = abs(number)
    if is_change and unit == "%":
        return 1 if size < 10 else 0
    if size < 10:
        return 2
    return 1 if unit == "points" or size < 20 else 0


class FactId(NamedTuple):
    """The parts of a fact's id. `measure` is empty where an id has two parts: "brand.tone"."""

    kind: str
    subject: str
    measure: str = ""

    @classmethod
    def parse(cls, text: str) -> "FactId":
        kind, subject, measure = (*text.split(".", 2), "", "")[:3]
        return cls(kind, subject, measure)

    def __str__(self) -> str:
        return ".".join(filter(None, self))


_parse_id = lru_cache(maxsize=8192)(FactId.parse)


class Fact(SourcedModel, frozen=True):
    """One thing that is known. `value` is text, or a number in `unit` (an ISO currency, %, …)."""

    id: str  # "product.linen-shirt.price": kind, subject, measure
    label: str  # "price"
    about: str = ""  # what it is a measure of, for people: "sizing"; products need none
    value: Decimal | str
    exact: Decimal | None = None  # the number before it was rounded to `value`
    unit: str | None = None
    source: ReadSource
    as_of: date
    rows: int | None = None  # how many rows of the source it stands on
    of: int | None = None  # of how many a share is, where that is not its rows
    query: str | None = None  # the name of the query that gives it
    stated_by: str | None = None  # a person said it in a brief or an edit: shown, never proof
    since: date | None = None  # the first and last day that it is about, both inclusive
    until: date | None = None
    compared_with: str | None = None  # the id of the earlier figure that it is compared with
    shown_decimals: int | None = None  # those that it is told with, beside others of its column
    words: Words | None = None  # `value` as a text of ours, for readers of another language
    reading: str | None = None  # how its look-up was read, in the words of the report

    @property
    def parts(self) -> FactId:
        return _parse_id(self.id)

    def titled(self, language: str) -> str:
        """The label as people of that language say it, where it is one of ours."""
        return Words(self.label).to(language)

    def named(self, language: str) -> str:
        """What it is of, and the label: "Search, spend"."""
        return ", ".join(filter(None, (self.name_about(language), self.titled(language))))

    def name_about(self, language: str) -> str:
        """What it is of as people of that language say it, whole or piece by piece, where it is one
        of ours."""
        about = self.about.strip()
        if "{" in about or (whole := Words(about).to(language)) != about:
            return about if "{" in about else whole
        return ", ".join(Words(piece).to(language) for piece in about.split(", "))

    def name_days(self, language: str, today: date = date.min) -> str:
        """Its days; with their year where `today` does not make it clear."""
        days = [day for day in (self.since, self.until) if day]
        return format_short_period(days[0], days[-1], language, today) if days else ""

    @property
    def calculated_from(self) -> tuple[str, ...]:
        """The ids of the facts that it was calculated from."""
        if self.parts.kind != CALCULATED:
            return ()
        return tuple((self.query or "").partition("(")[2].rstrip(")").split(", "))

    @property
    def is_rule(self) -> bool:
        """Whether its value is an audience's rule as code reads it, and not for people."""
        return self.parts.measure in RULE_MEASURES and str(self.value).startswith("{")

    @property
    def number(self) -> Decimal:
        """The number to calculate with. Raises ValueError for a text."""
        if not isinstance(self.value, Decimal):
            raise ValueError(f"{self.id} is text")
        return self.value if self.exact is None else self.exact

    @property
    def as_read(self) -> "Fact":
        """The same without digits that nobody needs: see `count_percent_decimals`."""
        if not isinstance(self.value, Decimal):
            return self
        decimals = self.shown_decimals
        if decimals is None:
            if self.unit not in PERCENT_UNITS:
                return self
            decimals = count_percent_decimals(self.number, self.unit, is_change=self.is_change)
            if self.decimals <= decimals:
                return self
        rounded = round_half_up(self.number, decimals) + 0  # no −0
        changes: dict[str, Any] = {"value": rounded, "exact": None}
        is_whole = self.number == 0 or (self.unit == "%" and self.number == 100)
        if is_whole and not is_money(self):  # nothing or all needs no decimals
            changes["shown_decimals"] = None
        return self.model_copy(update=changes)

    @property
    def decimals(self) -> int:
        """How many its value needs; text needs none."""
        if not isinstance(self.value, Decimal):
            return 0
        return max(0, -int(self.value.normalize().as_tuple().exponent))

    def spelled(self, language: str, decimals: int | None = None) -> str:
        """The value as people of that language write it; a day as a date. `decimals` as a range
        has them at both its ends: of money, none or the currency's."""
        if self.words is not None:
            return self.words.to(language)
        if isinstance(self.value, str):
            day = _DAY.fullmatch(self.value)
            if few := _UNDER.fullmatch(self.value):  # a cell too small to be shown
                return Words("under {n}", n=int(few[1])).to(language)
            if most := _AT_LEAST.fullmatch(self.value):  # what is left of them is
                return Words("at least {n}", n=int(most[1])).to(language)
            if most := _ALL_BUT.fullmatch(self.value):
                return Words("all but under {n}", n=int(most[1])).to(language)
            if self.label in OUR_WORDS and "{" not in self.value:  # a sentence of ours, and no JSON
                return Words(self.value).to(language)
            return format_value(date.fromisoformat(day[0]), language) if day else self.value
        decimals = self.shown_decimals if decimals is None else decimals
        if decimals is None and self.exact is not None and not self.decimals:
            decimals = 0  # rounded to whole ones: no ".00" that it hasn't
        return spell_number(self.value, self.unit, language, decimals)

    @property
    def is_our_text(self) -> bool:
        """Whether its value is words of ours, not a number and not what somebody else wrote."""
        if self.words is not None or self.label in OUR_WORDS:
            return True
        bounds = (_UNDER, _AT_LEAST, _ALL_BUT)
        return isinstance(self.value, str) and any(one.fullmatch(self.value) for one in bounds)

    @property
    def is_change(self) -> bool:
        """Whether its number says by how much something rose or fell."""
        measure = self.parts.measure
        named = measure.rpartition("-")[2] in ("change", "growth")
        return named and measure not in UNSIGNED_CHANGES

    def shown(self, language: str, decimals: int | None = None) -> str:
        """The value as tables and texts show it: without needless decimals, a change with its sign,
        and a minus sign for less than nothing."""
        fact = self.as_read
        text = fact.spelled(language, decimals)
        if not isinstance(fact.value, Decimal):
            return text
        return sign_number(text, is_positive=self.is_change and fact.value > 0)

    def sourced(self, language: str) -> str:
        """The source as people of that language read it: "shop.csv, line 12"."""
        return self.source.to(language)

    @property
    def file(self) -> Words | str:
        """The file it is from, however old that is."""
        return self.source.without_age.words()


def is_of_few(fact: Fact) -> bool:
    return fact.unit == "%" and not fact.is_change and 0 < (fact.of or 0) < FEW


def spell_base(fact: Fact, language: str) -> str:
    """Return "of 12" for a share of few; else nothing."""
    return Words("of {n}", n=fact.of).to(language) if is_of_few(fact) else ""


def is_money(fact: Fact) -> bool:
    unit = fact.unit or ""
    return isinstance(fact.value, Decimal) and len(unit) == 3 and unit.isupper()


def source_quote(fact: Fact, language: str) -> str:
    """Say on what and where a customer wrote: "Linen shirt, reviews.csv, 5/5"."""
    is_whole_text = fact.parts.subject.startswith("text-")  # else it is about a theme
    about = fact.about if is_whole_text else ""
    return ", ".join(filter(None, (about, fact.sourced(language))))


def tell_facts_apart(facts: Sequence[Fact], known: Iterable[Fact], language: str) -> dict[str, str]:
    """Return what the names of facts leave open, by their ids: the days of those that are of other
    days than the first one, and which audience is meant where several have the same figure."""
    dated = [fact for fact in facts if fact.since or fact.until]
    today = max((fact.as_of for fact in facts), default=date.min)
    conditions = {
        fact.parts.subject: fact.shown(language).partition("; ")[2]  # behind the consent
        for fact in known
        if fact.parts.kind == "audiences" and fact.parts.measure == "conditions"
    }
    subjects: dict[str, set[str]] = {}
    for fact in facts:
        subjects.setdefault(fact.named(language), set()).add(fact.parts.subject)
    found = {}
    for fact in facts:
        is_other = fact in dated and (fact.since, fact.until) != (dated[0].since, dated[0].until)
        days = fact.name_days(language, today) if is_other else ""
        several = len(subjects[fact.named(language)]) > 1
        which = conditions.get(fact.parts.subject, "") if several else ""
        found[fact.id] = ", ".join(filter(None, (which, days)))
    return found


class Evidence(BaseModel, frozen=True):
    """All the facts a draft may stand on, in the order looked up."""

    facts: tuple[Fact, ...] = ()

    def get(self, fact_id: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.id == fact_id), None)

    def of(self, kind: str) -> tuple[Fact, ...]:
        """The facts of one kind: `of("product")` gives those whose id starts with `product.`"""
        return tuple(fact for fact in self.facts if fact.parts.kind == kind)

    def without_kind(self, kind: str) -> "Evidence":
        return Evidence(facts=tuple(fact for fact in self.facts if fact.parts.kind != kind))

    def labelled(self, label: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.label == label), None)

    @property
    def of_one_customer(self) -> bool:
        """Whether a figure among them is one customer's own: the largest order, a top customer."""
        return any(fact.id.rpartition(".")[2] in ONE_CUSTOMER_MEASURES for fact in self.facts)

    def with_readings(self, readings: Mapping[str, str]) -> "Evidence":
        """Return it with how the look-ups of these facts were read."""
        return Evidence(
            facts=tuple(
                one.model_copy(update={"reading": readings[one.id]}) if one.id in readings else one
                for one in self.facts
            )
        )

    def retold(self, facts: Iterable[Fact]) -> "Evidence":
        """Return it with these facts in the place of those of the same ids."""
        told = {fact.id: fact for fact in reversed([*facts])}
        return Evidence(facts=tuple(told.get(one.id, one) for one in self.facts))

    def plus(self, more: Iterable[Fact]) -> "Evidence":
        known = {fact.id for fact in self.facts}
        return Evidence(facts=(*self.facts, *(f for f in more if f.id not in known)))
