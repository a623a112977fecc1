"""What a draft can stand on: the facts that prove, and what people stated without a source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.facts import Evidence, Fact
from bot.i18n.messages import Words
from bot.rules.proof import claims, figures, units
from bot.rules.proof.agreement import agree
from bot.rules.proof.claims import Claim
from bot.rules.proof.known import Concepts, Known, brand_facts, concepts, is_old, know
from bot.rules.proof.reading import Figure
from bot.rules.proof.thresholds import is_price
from bot.text.links import find_links, normalize_address, parse_host
from bot.text.normalize import normalize_text

_LEAST = {"thousands of": 2000, "des milliers de": 2000, "hundreds of": 200, "dozens of": 24,
          "des centaines de": 200, "des dizaines de": 20, "millions of": 2 * 10**6,
          "des millions de": 2 * 10**6}  # fmt: skip
_FILE = re.compile(
    r"(?<![\w/@.-])[\w-]+(?:\.[\w-]+)*\.(?:csv|tsv|tab|txt|xlsx?|xlsm|parquet|jsonl|ndjson|json|zip"
    r"|md|pdf)(?![\w/.-])",
    re.IGNORECASE,
)
FEW_LEFT = 20  # a stock up to here makes "last pieces" true


@dataclass(frozen=True)
class Said:
    """What one person stated, and what is in it."""

    who: str
    text: str
    figures: tuple[Figure, ...]
    claims: Concepts


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
        self.evidence, self.brief, self.brand, self.report = evidence, brief, brand, report
        sure = [fact for fact in evidence.facts if fact.stated_by is None and not is_old(fact)]
        self.known = [know(fact, report=report) for fact in sure]
        self.known += [know(fact) for fact in brand_facts(brand)] if brand else []

    def proof(
        self,
        figure: Figure,
        cites: tuple[str, ...],
        *,
        loose: bool = False,
        threshold: bool = False,
    ) -> Fact | None:
        """The fact that has this figure; a cited one before any other. What an offer asks one to
        spend (`threshold`) is no product's price, even where it is the same sum."""
        for known in self._cited_first(cites):
            if threshold and is_price(known.fact):
                continue
            if any(agree(figure, one, loose=loose) for one in known.figures):
                return known.fact
            if (
                _spelt_out(figure)
                and figure.first.kind != "code"
                and normalize_text(figure.text) in normalize_text(str(known.fact.value))
            ):
                return known.fact  # "sept heures", word for word
            if figure.first.kind == "code" and _has_code(str(known.fact.value), figure):
                return known.fact
            if known.is_title and _is_model(figure, str(known.fact.value)):
                return known.fact
        return None

    def backing(self, claim: Claim, cites: tuple[str, ...]) -> Fact | None:
        """The fact that says what is claimed."""
        for known in self._cited_first(cites):
            if claim.kind == "green" and known.is_naming:
                continue  # a name is no proof of what it says about the environment
            if claim.concept in known.claims or _counts_enough(claim, known.fact):
                return known.fact
        return None

    def stated_figure(self, figure: Figure) -> str | None:
        """Who gave this figure, without a source."""
        for said in self.said:
            if any(agree(figure, one) for one in said.figures):
                return said.who
            if figure.first.kind == "code" and _has_code(said.text, figure, by_hand=True):
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
        return next(
            (s.who for s in self.said if host in {x.host for x in find_links(s.text)}), None
        )

    def stated_address(self, address: str) -> str | None:
        """Who gave this very link."""
        given = (
            (s.who, {normalize_address(x.text) for x in find_links(s.text)}) for s in self.said
        )
        return next((who for who, there in given if address in there), None)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts a link may lead to."""
        return frozenset(parse_host(address) for address in self.addresses)

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The links that facts and the brand have. A fact has one when it is one: a description or
        a review that mentions a link is no source for it. A report, which stays inside, may repeat
        the name of a campaign or a test; its card shows the link as text."""
        mine = brand_facts(self.brand) if self.brand else ()
        brand = {str(fact.value) for fact in mine}
        texts = [known.fact.value for known in self.known if isinstance(known.fact.value, str)]
        found = {
            normalize_address(link.text)
            for text in texts
            for link in find_links(text)
            if (self.report or link.text == text.strip() or text in brand)
            and link.text not in self.files
            if link.plain or link.mail
        }
        site = self.brand.site if self.brand else None
        return frozenset(found | ({normalize_address(site)} if site else set()))

    @cached_property
    def files(self) -> frozenset[str]:
        """The names of files that facts come from: README.md is no site in Moldova there."""
        texts = [str(known.fact.source) for known in self.known]
        texts += [known.fact.value for known in self.known if isinstance(known.fact.value, str)]
        return frozenset(name for text in texts for name in _FILE.findall(text))

    @cached_property
    def names(self) -> frozenset[str]:
        """What products and the brand are called."""
        found = [k.fact.value for k in self.known if isinstance(k.fact.value, str) and k.is_title]
        found += [self.brand.name] if self.brand else []
        if self.report:  # what a fact is about has a name, and a name proves nothing
            abouts = dict.fromkeys(k.fact.about for k in self.known if k.fact.about)
            names = [piece for about in abouts for piece in (about, *re.split(", | → ", about))]
            names += [Words(name).to(self.brief.language) for name in names] if self.brief else []
            found += [form for name in names for form in (name, name[:1].upper() + name[1:])]
        return frozenset(name.strip() for name in found if len(name.strip()) > 2)

    @cached_property
    def _name_shapes(self) -> tuple[re.Pattern[str], ...]:
        """A name of one word counts only as it is written, lest a brand called Lin hide linen."""
        return tuple(
            re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE if " " in name else 0)
            for name in sorted(self.names)
        )

    @cached_property
    def named_claims(self) -> Concepts:
        """What the product is called by whoever asked: a linen shirt is linen."""
        words = (self.brief.product_words or "") if self.brief else ""
        return frozenset(c.concept for c in claims.read(words) if c.kind == "material")

    @cached_property
    def said(self) -> tuple[Said, ...]:
        return tuple(self._sayings())

    def name_spans(self, text: str) -> list[tuple[int, int]]:
        """Where a text names a product or the brand: what is in a name is no claim."""
        return [match.span() for name in self._name_shapes for match in name.finditer(text)]

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
                yield Said(brief.author, text, figures.read(text), concepts(claims.read(text)))
            if brief.goal and "goal" not in assumed:
                goals = {
                    "launch": ("novelty", "new", False),
                    "back in stock": ("back", "back", False),
                }
                concept = goals.get(brief.goal)
                yield Said(brief.author, "", (), frozenset({concept} if concept else ()))


def _spelt_out(figure: Figure) -> bool:
    return not any(character.isdigit() for character in figure.text)


def _has_code(text: str, figure: Figure, *, by_hand: bool = False) -> bool:
    """Whether a text has this code: in its capitals, lest linen prove the code LINEN, unless people
    typed it `by_hand`. A range of sizes has both its ends there; a phone number any spaces."""
    code, low = str(figure.first.value), normalize_text(text)
    if not figure.text.isalpha():
        ends = code.split("..")
        if len(ends) == 2:
            return all(re.search(rf"(?<![\w-]){end}(?![\w-])", low) for end in ends)
        return code in low.replace(" ", "")
    said = low if by_hand else text
    return bool(re.search(rf"(?<!\w){re.escape(code if by_hand else figure.text)}(?!\w)", said))


def _is_model(figure: Figure, title: str) -> bool:
    """Whether it is the model number of a title, however it is spelt: R1151, R-1151, R 1151."""
    if figure.first.kind == "code" and not any(sign.isdigit() for sign in figure.text):
        return False
    if figure.first.kind == "code":
        return re.sub(r"[^a-z0-9]", "", normalize_text(figure.text)) in re.sub(
            r"[\s-]", "", normalize_text(title)
        )
    bare = figure.text.isdigit() and len(figure.text) > 2 and figure.first.unit is None
    letters = rf"[a-z][ -]?{re.escape(figure.text)}(?!\d)"
    return (
        bare
        and not units.counted(figure.follows)
        and bool(re.search(letters, normalize_text(title)))
    )


def _counts_enough(claim: Claim, fact: Fact) -> bool:
    """Whether a number bears out words: a small stock "last pieces", 3,412 buyers "thousands"."""
    if claim.name == "discount":
        return bool(re.search(r"compare-at|discount|remise|prix barre", normalize_text(fact.label)))
    if not isinstance(fact.value, Decimal) or claim.kind not in ("urgency", "reviews"):
        return False
    counted = units.unit(fact.unit)[0] or units.counted(fact.label)
    if claim.name == "last-pieces":
        return counted == "#stock" and fact.value <= FEW_LEFT
    least = _LEAST.get(normalize_text(claim.text))
    return (
        least is not None
        and counted in ("#people", "#orders", "#reviews")
        and (fact.value >= least)
    )
