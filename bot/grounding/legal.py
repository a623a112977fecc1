"""What the law asks of a text, from `legal.toml`. It flags; it does not certify.

Which rules apply depends on the market: its country, or the one whose law it names. Without
markets, a text is held to the law that its language names: a French one to that of France.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from babel import Locale
from dateutil.easter import easter  # type: ignore[import-untyped]
from pydantic import BaseModel, Field

from bot.config.brand import Brand, MarketBrand
from bot.core.channels import list_sender_channels
from bot.core.checks import Check, CheckLevel
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.drafts.occasions import load_occasions
from bot.grounding.calculations import find_sentence
from bot.grounding.figure_checks import FROM_BRIEF, has_threshold
from bot.grounding.numbers import CODE, PHONE
from bot.grounding.sources import Sources, TextPart, find_spans_left_out, is_within
from bot.i18n.languages import get_language
from bot.i18n.messages import LOCALES, Language, Words
from bot.text.links import find_links
from bot.text.normalize import normalize_text, word_set

LEGAL_FILE = Path(__file__).parent / "legal.toml"
OPT_OUT_NUMBER = re.compile(r"\b[Ss](?:TOP|top)\b[^.\n]*\d{5}\b")
EU_COUNTRIES = word_set(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
)
STATED_WORDS = Words("Stated by a person only: “{quote}”. {why} ({source})")
SUNDAY = 6  # of date.weekday()
MAX_FEW = 20  # a stock up to here makes "last parts" true
WORD, BEGINNING = re.compile(r"[a-z0-9]+"), 4  # the letters by which a word is looked for
SMS_HOURS_RULE = "sms hours"
MAX_BETWEEN = 3  # words between the two of `near`
MAX_BETWEEN_IN_FACT = 6  # a fact lists more: delivery assembled, €29, free from €500


class SourcedRule(BaseModel, frozen=True, extra="forbid"):
    """A rule: its sentence, its source, the day of the look-up, and whether it was found there."""

    why: str
    source: str
    source_gb: str | None = None
    checked: date
    verified: bool = True

    @property
    def source_words(self) -> Words:
        return Words(self.source)

    def cite(self, countries: frozenset[str]) -> Words:
        """Return its source in these countries."""
        if self.source_gb is None or "GB" not in countries:
            return self.source_words
        british = Words(self.source_gb)
        if countries == {"GB"}:
            return british
        return Words("{first}; {rest}", first=self.source_words, rest=british)


class LegalRule(SourcedRule):
    """Words that need a source or a person's review. `season`: free within the periods of sales.
    `scarce`: a small stock makes the words true. `terms`: an amount from which it holds is what the
    rule asks for, where a person stated the words. `same`: the fact must have the very words, or
    the last of them: the certificate, or the place, a country or a name, by any of its names."""

    id: str
    level: CheckLevel
    stated: CheckLevel | None = None
    proof: bool = False
    countries: tuple[str, ...]
    words: tuple[str, ...]
    near: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    excepted: tuple[str, ...] = Field(default=(), alias="except")
    season: bool = False
    scarce: bool = False
    terms: bool = False
    same: Literal["all", "last", "place"] | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return build_words_pattern(self.words, self.near)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """How its words begin: a text without any of these need not be searched."""
        listed = (*self.words, *(self.near[0] if self.near else ()))
        return frozenset(found[0][:BEGINNING] for word in listed if (found := WORD.search(word)))


class ProductRule(SourcedRule):
    """Products that need a sentence or a mention beside them. `served`: the level where they are
    not what is sold, and brief and text speak of them."""

    id: str
    countries: tuple[str, ...]
    level: CheckLevel
    elsewhere: CheckLevel | None = None
    served: CheckLevel | None = None
    sold: tuple[str, ...]
    not_sold: tuple[str, ...]
    sentence: dict[str, str] = {}
    mention: str | None = None

    def covers(self, product: str) -> bool:
        """Whether the name of a product is that of such a thing, and not of its glass or colour."""
        return self.names(product) and not self.excludes(product)

    def names(self, text: str) -> bool:
        return bool(build_words_pattern(self.sold).search(normalize_text(text)))

    def excludes(self, text: str) -> bool:
        return bool(build_words_pattern(self.not_sold).search(normalize_text(text)))


class SmsHours(SourcedRule):
    country: str
    sundays: bool
    holidays: tuple[str, ...]  # "05-01"
    after_easter: tuple[int, ...]  # days after Easter Sunday

    def allows(self, day: date) -> bool:
        """Whether advertising by SMS may go out on that day."""
        is_holiday = f"{day:%m-%d}" in self.holidays or any(
            day == easter(day.year) + timedelta(days=offset) for offset in self.after_easter
        )
        return not is_holiday and (self.sundays or day.weekday() != SUNDAY)


class LegalRules(BaseModel, frozen=True, extra="forbid"):
    order_words: tuple[str, ...]  # which tell people what to do next
    rules: tuple[LegalRule, ...]
    products: tuple[ProductRule, ...]
    sms_hours: tuple[SmsHours, ...]

    def list_rules_of(self, countries: frozenset[str]) -> list[LegalRule]:
        return [rule for rule in self.rules if {"all", *countries} & {*rule.countries}]

    def get_product_rule(self, id: str) -> ProductRule:
        return next(rule for rule in self.products if rule.id == id)


@cache
def load_legal_rules() -> LegalRules:
    return LegalRules.model_validate(tomllib.loads(LEGAL_FILE.read_text(encoding="utf-8")))


@cache
def build_words_pattern(
    words: tuple[str, ...],
    near: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
    between: str = r"[\w'-]+",
    most_between: int = MAX_BETWEEN,
) -> re.Pattern[str]:
    """Return a pattern for whole words in a normalized text; "~" is any ending. `near`: also for a
    word of one list with at most `most_between` words to one of the other."""
    listed = _join_words(words)
    if near:
        one, other = map(_join_words, near)
        between = rf"(?: {between}){{0,{most_between}}} "
        listed += rf"|(?:{one}){between}(?:{other})|(?:{other}){between}(?:{one})"
    return re.compile(rf"(?<![\w#°])(?:{listed})(?!\w)")


def _join_words(words: tuple[str, ...]) -> str:
    return "|".join(
        re.escape(word).replace(r"\~", "~").replace("~", r"\w*").replace(r"\ ", "[ -]")
        for word in sorted(words, key=len, reverse=True)
    )


def find_countries(brand: Brand, language: Language) -> frozenset[str]:
    """Return the countries whose rules apply, with "EU" for its members."""
    if isinstance(brand, MarketBrand):
        country = brand.market.legal or brand.country
        return frozenset({country, "EU"} if country in EU_COUNTRIES else {country})
    return get_language(language).law


def check_law(
    parts: Sequence[TextPart],
    sources: Sources,
    *,
    request: SkillRequest,
    brand: Brand,
    today: date,
) -> Iterator[Check]:
    """Yield the findings of the law on copy."""
    countries = find_countries(brand, request.language)
    named: set[tuple[str, str]] = set()  # the same words are named once
    searched = [
        (part, {word[:BEGINNING] for word in WORD.findall(normalize_text(part.text))})
        for part in parts
        if part.kind != "quote"
    ]
    for rule in load_legal_rules().list_rules_of(countries):
        for part, begins in searched:
            if begins.isdisjoint(rule.beginnings):
                continue
            if rule.season and (not part.is_delivered or _is_season(today)):
                continue
            for quote in _find_words(rule, part, sources):
                key = (rule.id, "" if rule.scarce else normalize_text(quote))
                if key not in named and (finding := _judge(rule, quote, part, sources, countries)):
                    named.add(key)
                    yield finding
    yield from _check_products(parts, sources, request, countries)
    yield from _check_sms_day(request, countries, today)


def has_forbidden_words(text: str, brand: Brand, language: Language) -> bool:
    """Return whether the text has words that no fact bears out, such as "cures eczema"."""
    countries, low = find_countries(brand, language), normalize_text(text)
    rules = load_legal_rules().list_rules_of(countries)
    forbids = (r for r in rules if r.level == "block" and not (r.proof or r.season or r.scarce))
    return any(rule.pattern.search(low) for rule in forbids)


def _is_season(today: date) -> bool:
    legal = [one for one in load_occasions().values() if one.legal]
    return any(p.starts <= today <= p.until for one in legal for p in one.periods)


def _find_words(rule: LegalRule, part: TextPart, sources: Sources) -> Iterator[str]:
    low = normalize_text(part.text)
    if not rule.pattern.search(low):
        return
    if rule.excepted:
        excepted = build_words_pattern(rule.excepted)
        low = excepted.sub(lambda found: "\0" * len(found[0]), low)
    left_out = find_spans_left_out(part, sources)
    for match in rule.pattern.finditer(low):
        if not is_within(*match.span(), left_out):
            yield part.text[match.start() : match.end()]


def _judge(
    rule: LegalRule, quote: str, part: TextPart, sources: Sources, countries: frozenset[str]
) -> Check | None:
    """Return the finding on the words of a rule; None where a fact bears them out."""
    if rule.scarce:
        stock = _find_stock(part, sources)
        if stock is not None and isinstance(stock.value, Decimal):
            words = Words("“{quote}”, but the catalogue has {n} in stock ({source}).", quote=quote)
            words = words.with_params(source=stock.source.words(), n=int(stock.value))
            finding = part.build_check("scarcity", "block", words, fact=stock.id, override=True)
            return finding if stock.value > MAX_FEW else None
    pattern = build_words_pattern(rule.words, rule.near, r"\S+", MAX_BETWEEN_IN_FACT)
    if rule.same:
        low = normalize_text(quote)
        last = low.split()[-1]
        names = _list_country_names().get(last) if rule.same == "place" else None
        if rule.same == "place" and not names:
            if not quote.split()[-1][0].isupper():
                return None  # in one piece, in small numbers: no place
            if sources.find_words(rule.pattern, in_label=False):
                return None  # a region may have another name there: the second call judges that
        pattern = build_words_pattern((low,) if rule.same == "all" else names or (last,))
    if rule.proof and sources.find_words(pattern, in_label=rule.same is None):
        return None
    level, words = rule.level, Words("“{quote}”: {why} ({source})")
    if rule.stated and sources.find_stated_words(pattern):
        level, words = rule.stated, STATED_WORDS
        sentence = find_sentence(part.text, part.text.find(quote))
        if rule.terms and has_threshold(sentence, is_offer=True):
            words = FROM_BRIEF
    words = words.with_params(quote=quote, why=Words(rule.why), source=rule.cite(countries))
    return part.build_check(rule.id, level, words, quote=quote, override=True)


@cache
def _list_country_names() -> dict[str, tuple[str, ...]]:
    """Return the names of each country in our languages, by each of them."""
    tables = [Locale.parse(locale).territories for locale in LOCALES.values()]
    names: dict[str, tuple[str, ...]] = {}
    for code in tables[0]:
        known = tuple(normalize_text(table[code]) for table in tables if code in table)
        names |= dict.fromkeys(known, known)
    return names


def _find_stock(part: TextPart, sources: Sources) -> Fact | None:
    """Return the stock of the only product that the text names, or else of the one it is about."""
    low = normalize_text(part.text)
    named = [h for h, title in sources.titles.items() if normalize_text(title) in low]
    mine = named[0] if len(named) == 1 else sources.brief and sources.brief.product
    stocks = (known for known in sources.known if known.fact.label == "stock")
    found = [known.fact for known in stocks if not mine or known.product == mine]
    return found[0] if len(found) == 1 or (found and mine) else None


def _check_products(
    parts: Sequence[TextPart], sources: Sources, request: SkillRequest, countries: frozenset[str]
) -> Iterator[Check]:
    whole = normalize_text(" ".join(part.text for part in parts if part.is_delivered))
    brief = request.brief
    category = sources.evidence.get(f"product.{brief.product}.type")
    title = sources.titles.get(brief.product or "", "")
    sold = f"{brief.product_words or ''} ; {title} ; {category.value if category else ''}"
    for rule in load_legal_rules().products:
        is_here = bool(countries & set(rule.countries))
        level = rule.level if is_here else rule.elsewhere
        if not rule.covers(sold):
            is_served = is_here and not rule.excludes(sold)
            is_served = is_served and rule.names(brief.words) and rule.names(whole)
            level = rule.served if is_served else None
        if level is None:
            continue
        sentences = [normalize_text(one).rstrip(".") for one in rule.sentence.values()]
        if any(sentence in whole for sentence in sentences) or (rule.mention or "\0") in whole:
            continue
        words = Words("The law: {why} ({source})")
        if sentence := rule.sentence.get(request.language):
            words = Words("Add “{sentence}” {why} ({source})", sentence=sentence)
        words = words.with_params(why=Words(rule.why), source=rule.source_words)
        yield Check(rule=rule.id, level=level, words=words, override=True)


def _check_sms_day(
    request: SkillRequest, countries: frozenset[str], today: date
) -> Iterator[Check]:
    """A first day of the brief that is a Sunday or a public holiday is no day for an SMS."""
    day = request.brief.since
    if request.channel not in list_sender_channels() or day is None or day < today:
        return
    for hours in load_legal_rules().sms_hours:
        if hours.country in countries and not hours.allows(day):
            words = Words("{day}: {why}", day=day, why=Words(hours.why))
            yield Check(rule=SMS_HOURS_RULE, level="info", words=words)


def asks_to_act(text: str) -> bool:
    """Whether a text gives people a link, a code, a number to call, or a word such as order."""
    text = OPT_OUT_NUMBER.sub("", text)
    low = normalize_text(text)
    return bool(
        find_links(text)
        or CODE.search(text)
        or PHONE.search(low)
        or build_words_pattern(load_legal_rules().order_words).search(low)
    )


def list_unverified_sources(rules: Iterable[str]) -> tuple[Words, ...]:
    """Return the sources of these rules that could not be looked up when they were last checked."""
    legal = load_legal_rules()
    known: list[tuple[str, SourcedRule]] = [(one.id, one) for one in legal.rules]
    known += [(one.id, one) for one in legal.products]
    known += [(SMS_HOURS_RULE, hours) for hours in legal.sms_hours]
    wanted = [one for id, one in known if id in set(rules)]
    sources = dict.fromkeys(one.source for one in wanted if not one.verified)
    return tuple(Words(source) for source in sources)


ALCOHOL_WARNING = load_legal_rules().get_product_rule("alcohol").sentence  # by language


def is_alcohol(product: str) -> bool:
    """Whether the name of a product is that of an alcoholic drink."""
    return load_legal_rules().get_product_rule("alcohol").covers(product)
