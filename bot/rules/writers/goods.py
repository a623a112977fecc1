"""A product as the offline writer understands it: what it is, made of what, with which details."""

from dataclasses import dataclass, field

from bot.core.facts import Fact
from bot.i18n.messages import Language
from bot.rules.writers.details import Detail
from bot.rules.writers.lexicon import Noun
from bot.rules.writers.specs import Spec
from bot.text.sentences import adds_information

# Where what a thing is made of is not what one buys.
IMMATERIAL = {"candle", "scent", "care", "food", "drink", "tech", "book", "toy", "event"}
RICH = 160  # characters of description from which its sentences are worth more than our lists
FEW = 2  # things told: below, a sentence of the catalogue tells more than our lists


@dataclass
class Goods:
    """A product in one language. `cites` says which facts each kind of knowledge stands on."""

    language: Language
    name: str = ""
    name_language: Language | None = None
    noun: Noun | None = None
    typed_with: str = ""  # the article typed before a thing that no catalogue knows
    noun_word: str = ""  # the form used, singular or plural as the name has it
    plural: bool = False
    materials: list[str] = field(default_factory=list)
    named_materials: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    named_colours: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    traits: list[str] = field(default_factory=list)
    of_parts: list[str] = field(default_factory=list)  # materials of its legs, not of itself
    details: list[Detail] = field(default_factory=list)
    named_traits: list[str] = field(default_factory=list)
    seasons: list[str] = field(default_factory=list)
    named_seasons: list[str] = field(default_factory=list)
    sayings: list[str] = field(default_factory=list)  # clean sentences of the catalogue
    specs: list[Spec] = field(default_factory=list)  # what the description says, readable
    price: Fact | None = None
    before: Fact | None = None  # the lowest price of the last 30 days, when above the price
    sizes: list[str] = field(default_factory=list)
    range: list[str] = field(default_factory=list)  # the colours it comes in
    maker: Fact | None = None  # whose make it is, as the catalogue calls its vendor
    more: list[Fact] = field(default_factory=list)  # other facts, as they are
    cites: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return bool(self.name)

    @property
    def rich(self) -> bool:
        """Whether the catalogue's own sentences carry a text in this language: there are several,
        or our lists find next to nothing in them."""
        told = [*self.specs, *self.traits, *(one for one in self.details if one.about)]
        if self.sayings and len(told) < FEW:
            return bool(adds_information(" ".join(self.sayings), self.name))
        return len(" ".join(self.sayings)) >= RICH and len(self.sayings) > 1

    @property
    def kind(self) -> str:
        return self.noun.kind if self.noun else "other"

    @property
    def gender(self) -> str:
        return self.noun.genders.get(self.noun_word, "m") if self.noun else "m"
