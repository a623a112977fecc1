"""What a draft can stand on: the facts that prove, and what people stated without a source."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from bot import claims, figures, units
from bot.agreement import agree
from bot.brand import Brand
from bot.brief import Brief
from bot.claims import Claim
from bot.evidence import Evidence, Fact
from bot.fold import fold
from bot.links import host_of, links
from bot.piece import Piece
from bot.reading import Figure

# Old copy proves nothing about today; what a customer said proves only that it was said.
_OLD = frozenset({"past_copy", "sample", "voice"})
_VERBATIM = re.compile(r"quote|verbatim|said|comment|review text|words|citation")
_TITLES = frozenset({"title", "name", "titre", "nom", "product", "produit"})
_NAMING = frozenset({"tags", "type", "vendor", "category", "categorie"})
_LEAST = {"thousands of": 1000, "des milliers de": 1000, "hundreds of": 100, "dozens of": 12,
          "des centaines de": 100, "des dizaines de": 12, "millions of": 10**6,
          "des millions de": 10**6}  # fmt: skip
FEW_LEFT = 20  # a stock up to here makes "last pieces" true


@dataclass(frozen=True)
class Known:
    """One fact and what is in it."""

    fact: Fact
    figures: tuple[Figure, ...]
    claims: frozenset[tuple[str, str, bool]]


@dataclass(frozen=True)
class Said:
    """What one person stated, and what is in it."""

    who: str
    text: str
    figures: tuple[Figure, ...]
    claims: frozenset[tuple[str, str, bool]]


class Ground:
    """`report` is for what stays inside: there, what a customer said is what is told."""

    def __init__(
        self,
        evidence: Evidence,
        brief: Brief | None = None,
        brand: Brand | None = None,
        *,
        report: bool = False,
    ):
        self.evidence, self.brief, self.brand = evidence, brief, brand
        sure = [fact for fact in evidence.facts if fact.stated_by is None and not _is_old(fact)]
        self.known = [know(fact, report=report) for fact in sure]
        self.known += [know(fact) for fact in _brand_facts(brand)] if brand else []

    def proof(self, figure: Figure, cites: tuple[str, ...], *, loose: bool = False) -> Fact | None:
        """The fact that has this figure; a cited one before any other."""
        for known in self._cited_first(cites):
            if any(agree(figure, one, loose=loose) for one in known.figures):
                return known.fact
            if figure.first.kind == "code" and _has_code(known.fact, str(figure.first.value)):
                return known.fact
        return None

    def backing(self, claim: Claim, cites: tuple[str, ...]) -> Fact | None:
        """The fact that says what is claimed."""
        for known in self._cited_first(cites):
            if claim.kind == "green" and (_titles(known) or fold(known.fact.label) in _NAMING):
                continue  # a name is no proof of what it says about the environment
            if claim.concept in known.claims or _counts_enough(claim, known.fact):
                return known.fact
        return None

    def stated_figure(self, figure: Figure) -> str | None:
        """Who gave this figure, without a source."""
        for said in self.said:
            if any(agree(figure, one) for one in said.figures):
                return said.who
            code = str(figure.first.value) if figure.first.kind == "code" else None
            if code and code in fold(said.text):
                return said.who
        return None

    def stated_claim(self, claim: Claim) -> str | None:
        """Who claimed this, without a source. Who gave a percentage spoke of a discount."""
        if claim.name == "discount":
            cuts = [s for s in self.said if any(f.first.unit == "%" for f in s.figures)]
            if cuts:
                return cuts[0].who
        return next((said.who for said in self.said if claim.concept in said.claims), None)

    def stated_host(self, host: str) -> str | None:
        return next((s.who for s in self.said if host in {x.host for x in links(s.text)}), None)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts a link may lead to."""
        texts = [known.fact.value for known in self.known if isinstance(known.fact.value, str)]
        found = {link.host for text in texts for link in links(text)}
        site = self.brand.site if self.brand else None
        return frozenset(found | ({host_of(site)} if site else set()))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of products and of the brand, folded: what is in a name is no claim."""
        found = [k.fact.value for k in self.known if isinstance(k.fact.value, str) and _titles(k)]
        found += [self.brand.name] if self.brand else []
        return frozenset(fold(name).strip() for name in found if len(name.strip()) > 2)

    @cached_property
    def named_claims(self) -> frozenset[tuple[str, str, bool]]:
        """What the product is called by whoever asked: a linen shirt is linen."""
        words = (self.brief.product_words or "") if self.brief else ""
        return frozenset(c.concept for c in claims.read(words) if c.kind == "material")

    @cached_property
    def said(self) -> tuple[Said, ...]:
        return tuple(self._sayings())

    def name_spans(self, text: str) -> list[tuple[int, int]]:
        low = fold(text)
        shapes = (rf"(?<!\w){re.escape(name)}(?!\w)" for name in self.names)
        return [match.span() for shape in shapes for match in re.finditer(shape, low)]

    def _cited_first(self, cites: tuple[str, ...]) -> Iterator[Known]:
        """The cited facts, then the others; another product's facts prove only when cited."""
        yield from (known for known in self.known if known.fact.id in cites)
        mine = f"product.{self.brief.product}." if self.brief and self.brief.product else "product."
        for known in self.known:
            is_mine = known.fact.id.startswith(mine) or not known.fact.id.startswith("product.")
            if is_mine and known.fact.id not in cites:
                yield known

    def _sayings(self) -> Iterator[Said]:
        for fact in self.evidence.facts:
            if fact.stated_by is not None:
                one = know(fact)
                yield Said(fact.stated_by, str(fact.value), one.figures, one.claims)
        if self.brief:
            brief, assumed = self.brief, {a.field for a in self.brief.assumed}
            fields = ("words", "product_words", "offer", "dates")
            texts = [getattr(brief, name) or "" for name in fields if name not in assumed]
            for text in filter(None, [*texts, *brief.must_say]):
                yield Said(brief.author, text, figures.read(text), _concepts(claims.read(text)))
            if brief.goal and "goal" not in assumed:
                goals = {
                    "launch": ("novelty", "new", False),
                    "back in stock": ("back", "back", False),
                }
                concept = goals.get(brief.goal)
                yield Said(brief.author, "", (), frozenset({concept} if concept else ()))


def _is_old(fact: Fact) -> bool:
    return isinstance(fact.value, str) and fact.id.split(".")[0] in _OLD


def know(fact: Fact, *, report: bool = False) -> Known:
    """A fact, read: its figures, and what it claims."""
    about = f"{fact.label} {fact.id.rpartition('.')[2]}"
    if isinstance(fact.value, Decimal):
        labelled = claims.known(fact.label, "")  # "lowest price 30 days" is no boast
        concepts = _concepts(c for c in labelled if c.kind not in ("superlative", "urgency"))
        return Known(fact, (figures.number(fact.value, fact.unit, about),), concepts)
    text = f"{fact.value} {fact.unit}" if fact.unit and len(fact.value) < 12 else fact.value
    found = tuple(_about(one, about) for one in figures.read(text)) + _how_many(fact)
    verbatim = bool(_VERBATIM.search(fold(fact.label)))
    told = verbatim or fact.id.split(".")[0] in ("feedback", "review")
    if told and fact.stated_by is None and not report:
        return Known(fact, () if verbatim else found, frozenset())
    return Known(fact, found, _concepts(claims.known(fact.label, fact.value)))


def _how_many(fact: Fact) -> tuple[Figure, ...]:
    """How many a list names: of "white, sand, navy" that there are 3 colours."""
    items = [item for item in str(fact.value).split(",") if item.strip()]
    if len(items) < 2 or units.counted(fact.label) not in ("#colours", "#sizes"):
        return ()
    return (figures.number(Decimal(len(items)), fact.label),)


def _about(figure: Figure, about: str) -> Figure:
    return replace(figure, about=fold(about))


def _concepts(found: Iterable[Claim]) -> frozenset[tuple[str, str, bool]]:
    return frozenset(claim.concept for claim in found)


def _titles(known: Known) -> bool:
    label, tail = fold(known.fact.label), known.fact.id.rpartition(".")[2]
    return label in _TITLES or tail in _TITLES


def _has_code(fact: Fact, code: str) -> bool:
    return isinstance(fact.value, str) and code in fold(fact.value).replace(" ", "")


def _counts_enough(claim: Claim, fact: Fact) -> bool:
    """Whether a number bears out words: a small stock "last pieces", 3,412 buyers "thousands"."""
    if claim.name == "discount":
        return bool(re.search(r"compare-at|discount|remise|prix barre", fold(fact.label)))
    if not isinstance(fact.value, Decimal) or claim.kind not in ("urgency", "reviews"):
        return False
    counted = units.unit(fact.unit)[0] or units.counted(fact.label)
    if claim.name == "last-pieces":
        return counted == "#stock" and fact.value <= FEW_LEFT
    least = _LEAST.get(fold(claim.text))
    return (
        least is not None
        and counted in ("#people", "#orders", "#reviews")
        and (fact.value >= least)
    )


def _brand_facts(brand: Brand) -> Iterator[Fact]:
    """The brand's own words, set by the team: they prove what they say."""
    fields = ("name", "sender", "site", "about", "signature")
    texts = {name: getattr(brand, name) for name in fields}
    texts |= {f"mention.{n}": mention.text for n, mention in enumerate(brand.mentions, 1)}
    for name, text in texts.items():
        if text:
            yield Fact(
                id=f"brand.{name}", label="brand", value=text, source="brand.toml", as_of=date.min
            )


def quoted_spans(piece: Piece) -> list[tuple[int, int]]:
    """What stands between quotation marks, marks left out; three words at least."""
    return [
        m.span(m.lastindex or 0)
        for m in _QUOTED.finditer(piece.text)
        if len(m[m.lastindex or 0].split()) >= 3
    ]


_QUOTED = re.compile(
    r"«[ \u00a0\u202f]*([^«»]{2,600}?)[ \u00a0\u202f]*»|“([^“”]{2,600})”|„([^“”„]{2,600})“"
    r"|(?<![\w\d])\"([^\"\n]{2,600})\"(?!\w)"
)
