"""The products of one text: a range, or those that the brief names. Each has a line with a fact of
its own; what is said of one is never said of another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.core.facts import Evidence
from bot.core.writer import WriteRequest
from bot.rules.goods import kinds
from bot.rules.writers import gaps, naming, why, worded
from bot.rules.writers.bank import phrases
from bot.rules.writers.goods import Goods
from bot.rules.writers.lines import Line, Reason, unique, whole
from bot.rules.writers.pen import Pen
from bot.rules.writers.ready import Ready, make_ready
from bot.rules.writers.understanding import understand
from bot.text.normalize import tokenize, word_set

NAMED = 3  # products told of, each in a line

WHOLE = 5  # the library finds no more: of so many, the cheapest may not be among them

GENERAL = {"truth", "material", "size"}  # true of its neighbour as well

PLACES = word_set("garden plants bedroom lounge kitchen bath lunch children decoration")
PLACES |= word_set("christmas easter valentine halloween")
NAMED_SO = r"\b(?:range|collection|line|selection|gamme|ligne|sélection)\b"

COUNTED = {"en": {2: "two", 3: "three"}, "fr": {2: "deux", 3: "trois"}}


@dataclass(frozen=True)
class Item:
    """One of the products: its name, a clause and a few words that are true of it, its price."""

    goods: Goods
    pen: Pen
    why: Reason | None
    short: Reason | None

    @property
    def the(self) -> str:
        return self.pen.gaps["the"]

    @property
    def proper(self) -> str:
        """The name of its own that it has, or nothing: Alba."""
        return " ".join(naming.proper(self.goods))

    @property
    def called(self) -> str:
        """A shorter name that tells it apart: the Alba shirt."""
        if not (self.proper and self.goods.noun_word):
            return self.the
        english = f"the {self.proper} {self.goods.noun_word}"
        return english if self.pen.language == "en" else self.pen.gaps.get("the_short", self.the)

    @property
    def cites(self) -> tuple[str, ...]:
        return unique([*self.goods.cites.get("name", ()), *self.goods.cites.get("price", ())])

    def line(self, bare: bool = False) -> Line:
        """ "The Alba linen shirt, €79: it has mother-of-pearl buttons." """
        price = f", {self.pen.gaps['price']}" if self.pen.gaps.get("price") else ""
        told = None if bare else self.why or self.short
        colon = ": " if self.pen.language == "en" else " : "
        said = f"{self.the}{price}{colon + self._within(told.text) if told else ''}"
        return Line(self.pen.finished(whole(said)), unique([*self.cites, *_cites(told)]))

    def hint(self) -> Line | None:
        """Its name and a few words."""
        if self.short is None:
            return None
        colon = ": " if self.pen.language == "en" else " : "
        text = self.pen.finished(f"{self.the}{colon}{self._within(self.short.text)}")
        return Line(text, unique([*self.cites, *self.short.cites]))

    def _within(self, text: str) -> str:
        """As it stands behind a colon: small, unless it is a name."""
        first = text.split()[0]
        named = first in self.goods.name.split() or first[1:] != first[1:].lower()
        return text if named else text[0].lower() + text[1:]


@dataclass(frozen=True)
class Group:
    """All of it, and a pen that speaks of them together."""

    ready: Ready
    items: tuple[Item, ...]
    pen: Pen


def make_group(assignment: WriteRequest, salt: str, terse: int) -> Group:
    ready = make_ready(assignment, salt, terse)
    brief = assignment.request.brief
    every = [_item(ready, handle) for handle in (brief.product, *brief.others) if handle]
    items = _apart([item for item in every if item.goods.known])
    pen = replace(ready.pen, gaps=dict(ready.pen.gaps), cites=dict(ready.pen.cites), said=[])
    called = _called(brief.range_words or "", brief.words, ready)
    pen.plural, pen.gender = called.endswith(("s", "x")), "f"
    for gap in ("the", "the_short", "price", "before"):
        pen.put(gap, "")
    pen.put("range", called)
    names = worded.listed([item.the for item in items], ready.language)
    short = worded.listed(_short(items, bool(called)), ready.language)
    cites = unique(cite for item in items for cite in item.cites)
    pen.put("names", names, cites)
    pen.put("few", short, cites)
    pen.put(
        "proper",
        worded.listed(
            [*dict.fromkeys(item.proper for item in items if item.proper)], ready.language
        ),
    )
    pen.put("turned", worded.listed(_short(items, bool(called))[:2][::-1], ready.language))
    pen.put("two", worded.listed(_short(items, bool(called))[:2], ready.language), cites)
    pen.put("count", COUNTED[ready.language].get(len(items), ""))
    _deal(pen, ready, called)
    if not pen.gaps.get("until"):
        pen.put("until", "")
    if not ready.story.offer:  # "from €24" beside a discount: before it, or after?
        _from(pen, every)
    if items and (hint := items[0].hint()):
        pen.put("hint", hint.text, hint.cites)
    return Group(ready, items, pen)


def _item(ready: Ready, handle: str) -> Item:
    """A product with what counts of it for this audience; nothing that holds for its material."""
    brief = ready.request.brief.model_copy(update={"product": handle})
    request = ready.request.model_copy(update={"brief": brief})
    facts = tuple(
        fact for fact in ready.evidence.of("product") if fact.id.startswith(f"product.{handle}.")
    )
    evidence = Evidence(facts=facts)
    goods = understand(request, evidence)
    if "no price" in ready.story.wishes:
        goods.price = None
    pen = replace(
        ready.pen, gender=goods.gender, plural=goods.plural, gaps={}, cites={}, reasons=[],
        shorts=[], said=[], told=[], inside=[],
    )  # fmt: skip
    if goods.known:
        gaps.of_product(pen, goods)
        why.give_reasons(pen, goods, ready.story.audience, evidence)
    return Item(goods, pen, None, None)


def _apart(items: list[Item]) -> tuple[Item, ...]:
    """The first few, each with what its neighbours have not said."""
    told: set[str] = set()
    found = []
    for item in items[:NAMED]:
        clause = next((r for r in _telling(item, item.pen.reasons) if _own(r, told)), None)
        short = next((r for r in _telling(item, item.pen.shorts) if _own(r, told)), None)
        told |= {r.text for r in (clause, short) if r}
        found.append(replace(item, why=clause, short=short))
    return tuple(found)


def _telling(item: Item, found: Sequence[Reason]) -> list[Reason]:
    """The weight of a cloth last; and nothing that says its whole name again, if there is more."""
    name = {word for word in tokenize(item.the) if len(word) > 3}
    other = [one for one in found if not name or not name <= set(tokenize(one.text))]
    return sorted(other or found, key=lambda one: one.topic == "cloth")


def _own(reason: Reason, told: set[str]) -> bool:
    single = ":" not in reason.text and ". " not in reason.text
    return reason.topic not in GENERAL and reason.text not in told and single


def _short(items: Sequence[Item], ranged: bool) -> list[str]:
    """Their short names: those of their own alone, where the range says what they are."""
    if ranged and len({item.proper for item in items if item.proper}) == len(items):
        return [item.proper for item in items]
    names = [item.called for item in items]
    return names if len({*names}) == len(names) else [item.the for item in items]


def _deal(pen: Pen, ready: Ready, called: str) -> None:
    """The offer, and the offer on the range: free delivery with the candles."""
    offer, cites = ready.story.offer, pen.cites.get("deal_bare", ())
    pen.put("deal", pen.gaps.get("deal_bare", ""), cites)
    for template in phrases(ready.language, f"deal.{offer.kind}") if offer and called else ():
        with pen.calling(called):
            line = pen.fill(template)
        if line:
            pen.put("deal_range", line.text[0].lower() + line.text[1:], cites)


def _called(words: str, typed: str, ready: Ready) -> str:
    """What the range is called, with its article where one was typed. Where things are for, or
    what they are of, is no thing: the garden selection."""
    if not words:
        return ""
    many = words.endswith(("s", "x"))
    english = ready.language == "en"
    for_it = kinds(words) and kinds(words) <= PLACES
    if (for_it or not (many or kinds(words))) and not re.search(NAMED_SO, words, re.IGNORECASE):
        one = words.removesuffix("s") if many and not words.endswith("mas") else words
        return f"the {one} selection" if english else f"la sélection {words}"
    for article in ("la ", "le ", "les ", "l'", "nos ", "notre ", "the ", "our "):
        if f" {article}{words}".lower() in f" {typed.replace('’', chr(39))}".lower():
            return article + words
    return ("the " if english else "nos " if many else "la sélection ") + words


def _from(pen: Pen, every: list[Item]) -> None:
    """ "From €24", where no product of the range can be cheaper than those we know of."""
    priced = [item.goods.price for item in every if item.goods.price]
    units = {fact.unit for fact in priced}
    if priced and len(priced) == len(every) < WHOLE and len(units) == 1:
        least = min(priced, key=lambda fact: Decimal(fact.value))
        pen.put("low", worded.price(least, pen.language), (least.id,))


def _cites(reason: Reason | None) -> tuple[str, ...]:
    return reason.cites if reason else ()
