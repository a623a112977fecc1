"""What a text may stand on: the facts that were looked up, and what people stated."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from bot.config.brand import Brand
from bot.core.brand_facts import list_brand_facts
from bot.core.channels import HOOKS_TITLE, load_channels
from bot.core.checks import OPENING_KEY, Check, CheckLevel
from bot.core.facts import Evidence, Fact
from bot.core.parts import Hook, Part, PartKind
from bot.core.request import Brief
from bot.grounding.numbers import read_counts, read_figures, read_word_figures, with_unit_of
from bot.grounding.units import Figure, Reading, agrees, find_counted, find_unit, satisfies_bound
from bot.i18n.messages import LANGUAGES, Words
from bot.i18n.periods import index_weekday_names
from bot.text.links import find_links, normalize_address, parse_host
from bot.text.normalize import collapse_spaces, normalize_text, tokenize

# Facts that prove nothing about the product: what was written before, and what informs the writer.
UNPROVING_KINDS = frozenset(
    {
        *("past_copy", "sample", "voice", "praise", "objection", "segment", "audiences"),
        "reduced",
        *("stated", "edit", "back", "own", "proof"),
    }
)
OWN_TEXT_ORIGIN = "own text"  # of what stands in the text that a person wrote
PRODUCT_KINDS = frozenset({"product", "prices", "range"})
TITLE_LABELS = frozenset({"title", "name", "titre", "nom"})
QUOTED_LABELS = re.compile(r"quote|verbatim|said|comment|review text|words|citation")
FORMER_LABELS = re.compile(
    r"compare|lowest|former|before|barre|plus bas|previous|anterieur|from that day"
)
LOWEST_LABELS = re.compile(r"lowest.*30|30.*lowest|plus bas.*30|prior price|prix anterieur|low_30")
PRICE_LABELS = re.compile(r"\bprice\b|\bprix\b")
PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]|\{\{[^{}]*\}\}")
NEXT_SIDE = re.compile(r"[^.,;:!?\d]{0,40}(?:,| et| and)\s+")  # “21 cm across, 5 high”
Span = tuple[int, int]
WORDS_TO_A_NOUN, MIN_NAME = 3, 4  # "3 other subject lines"; a shorter word names no part
MIN_WORDS = 3  # fewer between marks are an emphasis, or a name
QUOTED = re.compile(
    r"«[ \u00a0\u202f]*([^«»]{2,600}?)[ \u00a0\u202f]*»|“([^“”]{2,600})”|„([^“”„]{2,600})“"
    r"|(?<![\w\d])\"([^\"\n]{2,600})\"(?!\w)|‹[ \u00a0\u202f]*([^‹›]{2,600}?)[ \u00a0\u202f]*›"
    r"|(?<!\w)['‘]((?=\w)(?:[^'‘’\n]|(?<=\w)['’](?=\w)){2,600}?)['’](?!\w)"
)


@dataclass(frozen=True)
class TextPart:
    """A part, or a hook, whose `key` is then "hook.1". `cites` are the ids of its facts."""

    key: str
    kind: PartKind | Literal["hook"]
    text: str
    cites: tuple[str, ...]

    @property
    def is_delivered(self) -> bool:
        return self.kind != "hook"

    @property
    def is_prose(self) -> bool:
        """Whether it is our own words: not a table's cells, not a customer's sentence."""
        return self.kind in ("copy", "heading", "hook")

    def build_check(
        self,
        rule: str,
        level: CheckLevel,
        words: Words,
        *,
        quote: str | None = None,
        fact: str | None = None,
        override: bool = False,
    ) -> Check:
        """Build a finding on this text. Without `quote` it is about what its words quote."""
        if quote is None and isinstance(said := words.params.get("quote"), str):
            quote = said
        more = {"quote": quote, "fact": fact, "override": override}
        return Check(rule=rule, level=level, words=words, part=self.key, **more)


def list_text_parts(parts: Iterable[Part], hooks: Iterable[Hook] = ()) -> tuple[TextPart, ...]:
    found = [TextPart(part.key, part.kind, part.text, part.facts) for part in parts]
    found += [
        TextPart(f"{OPENING_KEY}{n}", "hook", hook.text, hook.facts)
        for n, hook in enumerate(hooks, 1)
    ]
    return tuple(found)


@dataclass(frozen=True)
class KnownFact:
    """A fact with the figures in it."""

    fact: Fact
    figures: tuple[Figure, ...]
    label: str  # normalized, with the measure of the id

    @property
    def text(self) -> str:
        return str(self.fact.value)

    @cached_property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """What is near its numbers, and years of dates: tells quickly that none is meant."""
        found: list[float] = []
        for reading in (reading for figure in self.figures for reading in figure.readings):
            if isinstance(reading.value, tuple):
                found += [part for part in reading.value if part]
            elif isinstance(reading.value, Decimal):
                found += [abs(float(reading.base)), abs(float(reading.value))]
        return tuple((b - max(1, 0.03 * b), b + max(1, 0.03 * b)) for b in set(found))

    def is_near(self, said: Sequence[float]) -> bool:
        return not said or any(low < n < high for n in said for low, high in self.ranges)

    def is_within(self, figure: Figure) -> bool:
        """Whether it satisfies a figure with a bound: "under €28". Of sums, today's prices do."""
        if figure.is_money and (not self.is_price or self.is_former_price):
            return False
        return any(satisfies_bound(figure, one, about=self.label) for one in self.figures)

    @cached_property
    def is_title(self) -> bool:
        label = normalize_text(self.fact.label)
        return label in TITLE_LABELS or self.fact.id.rpartition(".")[2] in TITLE_LABELS

    @cached_property
    def counts(self) -> tuple[Figure, ...]:
        """What its text counts; a customer's sentence proves only that it was said."""
        is_quote = self.fact.stated_by is None and QUOTED_LABELS.search(self.label)
        return () if is_quote or isinstance(self.fact.value, Decimal) else read_counts(self.text)

    @cached_property
    def is_price(self) -> bool:
        is_money = bool(self.figures) and self.figures[0].is_money
        return (
            isinstance(self.fact.value, Decimal)
            and (is_money or self.fact.unit is None)
            and bool(PRICE_LABELS.search(self.label))
        )

    @cached_property
    def is_former_price(self) -> bool:
        return self.is_price and bool(FORMER_LABELS.search(self.label))

    @cached_property
    def product(self) -> str | None:
        """The handle of the product that it is about."""
        parts = self.fact.parts
        return parts.subject if parts.kind in PRODUCT_KINDS else None


@lru_cache(maxsize=4096)
def read_fact(fact: Fact) -> KnownFact:
    """Read the figures of a fact. A customer's sentence proves only that it was said."""
    label = normalize_text(f"{fact.label} {fact.id.rpartition('.')[2]}")
    if isinstance(fact.value, Decimal):
        unit, size = find_unit(fact.unit)
        figure = Figure("", 0, 0, (Reading("number", fact.value, unit, size),))
        return KnownFact(fact, (figure, *_read_about(fact)), label)
    if fact.stated_by is None and QUOTED_LABELS.search(normalize_text(fact.label)):
        return KnownFact(fact, (), label)
    text = f"{fact.value} {fact.unit}" if fact.unit and len(fact.value) < 12 else fact.value
    figures = (*read_figures(text), *_read_sides(text), *_count_items(fact), *_read_about(fact))
    return KnownFact(fact, figures, label)


def _read_sides(text: str) -> Iterator[Figure]:
    """Yield the sides without a unit of their own: “21 cm across, 5 high” is 5 cm high."""
    for left, right in pairwise(read_figures(text)):
        is_next = NEXT_SIDE.fullmatch(text, left.end, right.start) is not None
        is_bare = right.first.unit is None and find_counted(right.noun) is None
        if is_next and is_bare and left.first.unit == "length":
            yield with_unit_of(right, left)


def _read_about(fact: Fact) -> tuple[Figure, ...]:
    """The figures in the name of a thing and in a label, such as a set of 3, or "price 6 kg"."""
    found = (*read_figures(fact.about), *read_figures(fact.label))
    return tuple(
        one for one in found if not one.is_money and one.first.unit not in ("%", "time", "months")
    )


def _count_items(fact: Fact) -> tuple[Figure, ...]:
    """How many a list names: "white, sand, navy" proves 3 colours."""
    items = [item for item in str(fact.value).split(",") if item.strip()]
    counts = find_counted(normalize_text(fact.label))
    if len(items) < 2 or counts is None:
        return ()
    return (Figure("", 0, 0, (Reading("number", Decimal(len(items)), counts),)),)


@dataclass(frozen=True)
class Statement:
    """What one person stated without a source. `who` is a person's id."""

    who: str
    text: str
    figures: tuple[Figure, ...]
    origin: str  # "brief", "send-back", "edit" or OWN_TEXT_ORIGIN


class Sources:
    """The facts and statements behind a draft."""

    def __init__(self, evidence: Evidence, brief: Brief | None = None, brand: Brand | None = None):
        self.evidence, self.brief, self.brand = evidence, brief, brand
        self.spans: dict[TextPart, list[Span]] = {}  # where a part holds what is not ours
        self._ordered: dict[tuple[str, ...], list[KnownFact]] = {}
        proving = [
            fact
            for fact in evidence.facts
            if fact.stated_by is None and fact.parts.kind not in UNPROVING_KINDS
        ]
        self.proofs = {fact.id: fact.query or "" for fact in evidence.of("proof")}
        self.known = [read_fact(fact) for fact in (*proving, *list_brand_facts(brand))]

    def find_figure(
        self, figure: Figure, cites: tuple[str, ...], *, is_threshold: bool = False
    ) -> KnownFact | None:
        """Return the fact that has this figure, or else a value within its bound; a cited one
        before any other. What an offer asks to spend is no product's price."""
        former: KnownFact | None = None
        within: KnownFact | None = None
        is_bounded = bool(figure.bound) and not is_threshold
        said = [float(abs(r.base)) for r in figure.readings] if figure.is_number else []
        for known in self._list_cited_first(cites):
            if is_bounded and within is None and known.is_within(figure):
                within = known
            if (is_threshold and known.is_price) or not (
                known.is_near(said) and has_figure(known.text, known.figures, figure, known.label)
            ):
                continue
            if not known.is_former_price:
                return known
            former = former or known  # a current price of the same sum comes first
        return within or former

    def find_statement(self, figure: Figure) -> Statement | None:
        """Return who gave this figure without a source: "twice" is what « doublés » says."""
        is_times = figure.first.unit == "times"
        return next(
            (
                one
                for one in self.statements
                if has_figure(one.text, one.figures, figure)
                or (is_times and has_figure(one.text, read_word_figures(one.text), figure))
            ),
            None,
        )

    def is_proposed(self, figure: Figure) -> bool:
        """Whether the figure stands in what the intern proposed itself."""
        proposed = (self.brief.proposed if self.brief else None) or ""
        return has_figure(proposed, read_figures(proposed), figure)

    def find_words(self, pattern: re.Pattern[str], *, in_label: bool) -> KnownFact | None:
        """Return a fact in which a pattern is found. A product's name proves nothing."""
        for known in self.known:
            text = f"{known.label if in_label else ''} {normalize_text(known.text)}"
            if not known.is_title and pattern.search(text):
                return known
        return None

    def find_stated_words(self, pattern: re.Pattern[str]) -> Statement | None:
        return next((s for s in self.statements if pattern.search(normalize_text(s.text))), None)

    def _list_cited_first(self, cites: tuple[str, ...]) -> list[KnownFact]:
        """The cited facts, then the others. Another product's facts prove only when cited."""
        if cites not in self._ordered:
            mine = self.brief.product if self.brief else None
            cited = [known for known in self.known if known.fact.id in cites]
            self._ordered[cites] = cited + [
                known
                for known in self.known
                if known.fact.id not in cites and (not mine or known.product in (None, mine))
            ]
        return self._ordered[cites]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        found = [
            Statement(
                fact.stated_by,
                str(fact.value),
                () if fact.label == "claim" else read_fact(fact).figures,
                str(fact.source.file) if fact.source.file else "brief",
            )
            for fact in self.evidence.facts
            if fact.stated_by is not None
        ]
        if brief := self.brief:
            assumed = {one.field for one in brief.assumed}
            fields = ("product_words", "offer", "dates")
            texts = brief.list_typed(
                *(getattr(brief, name) for name in fields if name not in assumed), *brief.must_say
            )
            texts += [drop_replaced(brief.typed_words, brief)]
            if brief.typed_period:
                texts += [day.isoformat() for day in (brief.since, brief.until) if day]
            found += [
                Statement(brief.author, text, read_figures(text), "brief") for text in texts if text
            ]
            for one in brief.instructions:
                words = drop_replaced(one.words, brief)
                counts = find_part_counts(words, brief.channels)
                figures = tuple(f for f in read_figures(words) if f not in counts)
                found.append(Statement(one.by, words, figures, "send-back"))
        return tuple(found)

    @cached_property
    def products(self) -> frozenset[str]:
        return frozenset(known.product for known in self.known if known.product)

    def find_product(self, id: str) -> str | None:
        """Return the handle of the product that the fact with this id is about."""
        return next((known.product for known in self.known if known.fact.id == id), None)

    @cached_property
    def prices(self) -> list[KnownFact]:
        return [known for known in self.known if known.is_price and not known.is_former_price]

    def list_prices(self, product: str) -> list[KnownFact]:
        return [known for known in self.prices if known.product == product]

    def find_lowest_price(self, product: str) -> KnownFact | None:
        """Return the lowest price of 30 days of the product with this handle."""
        mine = (known for known in self.known if known.product == product and known.is_price)
        return next((known for known in mine if LOWEST_LABELS.search(known.label)), None)

    @cached_property
    def counts_by_noun(self) -> dict[str, set[Decimal]]:
        """How many the facts and people count of a thing, by its noun in the singular."""
        found: dict[str, set[Decimal]] = {}
        stated = [figure for one in self.statements for figure in read_counts(one.text)]
        for figure in (*stated, *(figure for known in self.known for figure in known.counts)):
            if figure.noun:
                found.setdefault(figure.noun, set()).add(figure.first.base)
        return found

    @cached_property
    def titles(self) -> dict[str, str]:
        """The titles of products, by handle."""
        return {k.product: k.text.strip() for k in self.known if k.is_title and k.product}

    def find_names(self, text: str) -> list[Span]:
        """Where a text names a product or the brand. A name of one word counts as it is written."""
        return [match.span() for shape in self._name_shapes for match in shape.finditer(text)]

    @cached_property
    def _name_shapes(self) -> tuple[re.Pattern[str], ...]:
        names = {*self.titles.values(), self.brand.name if self.brand else ""}
        return tuple(
            re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE if " " in name else 0)
            for name in names
            if len(name) > 2
        )

    def contains_quote(self, quote: str, source: str | None = None) -> bool:
        """Whether a fact, or the one of this id, has these words, letter for letter."""
        said = collapse_spaces(quote.rstrip(" .,!?…"))
        return any(
            said in collapse_spaces(text)
            for known in self.known
            if source in (None, known.fact.id)
            for text in (known.text, known.fact.about)
        )

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The links that facts and the brand have. One within a description is no source."""
        found = {
            normalize_address(link.text)
            for known in self.known
            for link in find_links(known.text)
            if (link.text == known.text.strip() or known.fact.parts.kind == "brand")
            and (link.plain or link.mail)
        }
        sites = (self.brand.link_sites if self.brand else frozenset()) | (
            {self.brand.site} if self.brand and self.brand.site else set()
        )
        return frozenset(found | {normalize_address(site) for site in sites})

    @cached_property
    def hosts(self) -> frozenset[str]:
        return frozenset(parse_host(address) for address in self.addresses)


def drop_replaced(text: str, brief: Brief) -> str:
    """Return what people typed without the figures and days of offers that hold no longer."""

    def blank(match: re.Match[str]) -> str:
        stretch = match[0]
        for figure in reversed(read_figures(stretch)):
            stretch = f"{stretch[: figure.start]} {stretch[figure.end :]}"
        return stretch

    for one in brief.replaced:
        text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", blank, text, flags=re.IGNORECASE)
    return text


def find_part_counts(text: str, channels: Iterable[str]) -> list[Figure]:
    """Return the figures of an instruction that count parts of the text: "3 other subject lines",
    « deux autres accroches »."""
    names = _list_part_names(tuple(channels))
    return [
        figure
        for figure in read_figures(text)
        if figure.first.unit is None
        and not names.isdisjoint(
            word.removesuffix("s") for word in tokenize(text[figure.end :])[:WORDS_TO_A_NOUN]
        )
    ]


@lru_cache(maxsize=16)
def _list_part_names(channels: tuple[str, ...]) -> frozenset[str]:
    """Return the words that name the parts of these channels and an opening, in all languages."""
    parts = [
        part for key in channels if (one := load_channels().get(key)) for part in one.parts.values()
    ]
    named = [(part.title, 0) for part in parts] + [(HOOKS_TITLE, -1)]
    return frozenset(
        word.removesuffix("s")
        for title, first in named
        for language in LANGUAGES
        for word in tokenize(Words(title).to(language))[first:]
        if len(word) >= MIN_NAME
    )


def find_spans_left_out(part: TextPart, sources: Sources) -> list[Span]:
    """Return where figures and claims are not ours: links, names, gaps, and quotations of facts."""
    if part.kind == "quote":
        return [(0, len(part.text))]
    if part not in sources.spans:
        spans = [(link.start, link.end) for link in find_links(part.text)]
        spans += sources.find_names(part.text)
        spans += [match.span() for match in PLACEHOLDER.finditer(part.text)]
        quotations = find_quotations(part.text)
        spans += [one for one in quotations if sources.contains_quote(part.text[slice(*one)])]
        sources.spans[part] = spans
    return sources.spans[part]


def is_within(start: int, end: int, spans: Iterable[Span]) -> bool:
    return any(first <= start and end <= last for first, last in spans)


def has_figure(text: str, known: Iterable[Figure], figure: Figure, about: str = "") -> bool:
    """Whether a text with these figures has this one, or its code or weekday in other words."""
    if any(agrees(figure, one, about=about) for one in known):
        return True
    reading = figure.first
    low = normalize_text(text) if reading.kind in ("weekday", "code") else ""
    if reading.kind == "weekday":
        return any(
            str(number) == reading.value and re.search(rf"\b{name}\b", low)
            for name, number in index_weekday_names().items()
        )
    code = str(reading.value)
    whole = code in low and re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", low)
    return bool(whole) or (not code.isalpha() and code in low.replace(" ", ""))


@lru_cache(maxsize=1024)
def find_quotations(text: str) -> tuple[Span, ...]:
    """Return where text stands between quotation marks, without the marks."""
    return tuple(
        match.span(match.lastindex or 0)
        for match in QUOTED.finditer(text)
        if len(match[match.lastindex or 0].split()) >= MIN_WORDS
    )
