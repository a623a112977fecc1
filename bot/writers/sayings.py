"""A catalogue's own good sentences, used where they are in the language of the text."""

import re
from dataclasses import dataclass, field

from bot.faults import CLICHE
from bot.writers.goods import Goods
from bot.writers.pen import Line, Pen

RICH = 160  # characters of description from which its sentences are worth more than our lists
CARE = re.compile(
    r"\blav(?:age|er|e|ez|able)\b|repass|entretien|séch|pressing|°C|machine|chiffon|\bessui"
    r"|\bwash|\biron\b|\bdry\b|\bcare\b|dishwasher|lave-vaisselle|micro-ondes|\brince|bouloche"
    r"|normales?\b|froisse|rétréci|\bperd\b|\bshr[iu]nk|\bcrease",
    re.IGNORECASE,
)
FIT = re.compile(
    r"\btailles? [A-Z0-9]|prenez votre taille|taille (?:normal|grand|petit)"
    r"|\bcoupe (?:droite|mixte)|longueur|\bentrejambe|\bfits?\b|\btrue to size|\bsize (?:up|down)"
    r"|\bmesure",
    re.IGNORECASE,
)
ORIGIN = re.compile(
    r"\b(?:tissée?s?|filée?s?|tricotée?s?|coulée?s?|tournée?s?|cousue?s?|fabriquée?s?)"
    r" (?:\w+ ){0,2}"
    r"(?:au|en|à|dans)\b|\bvient de\b|\batelier|\b(?:made|woven|spun|knitted|sewn) in\b",
    re.IGNORECASE,
)
_VOUS = re.compile(r"\b(?:vous|votre|vos|(?!chez\b|assez\b|nez\b)[a-zé]{3,}ez)\b", re.IGNORECASE)
_TU = re.compile(r"\b(?:tu|ton|ta|tes|toi)\b", re.IGNORECASE)


@dataclass
class Sayings:
    """Sentences by what they are about; each is said once."""

    features: list[str] = field(default_factory=list)
    care: list[str] = field(default_factory=list)
    fit: list[str] = field(default_factory=list)
    origin: list[str] = field(default_factory=list)
    cites: tuple[str, ...] = ()

    @property
    def rich(self) -> bool:
        return bool(self.features)

    def take(self, *kinds: str, most: int = 400) -> Line | None:
        """The next sentence of the first of these kinds that has one of this length."""
        for kind in kinds:
            stock: list[str] = getattr(self, kind)
            for text in stock:
                if len(text) <= most:
                    stock.remove(text)
                    return Line(text, self.cites)
        return None


def sort_out(goods: Goods, pen: Pen, audience: str) -> Sayings:
    """What of the description can be said as it stands, the better for this audience first."""
    found = Sayings(cites=goods.cites.get("description", ()))
    whole = " ".join(goods.sayings)
    if len(whole) < RICH or len(goods.sayings) < 2:
        return found
    for text in goods.sayings:
        if not (CLICHE.search(text) or _speaks_otherwise(text, pen) or not pen.allowed(text)):
            kind = next((name for name, shape in KINDS.items() if shape.search(text)), "features")
            getattr(found, kind).append(text)
    if audience == "loyal":  # they know the house: where it comes from is news to them
        found.features = found.origin + found.features
        found.origin = []
    elif audience != "everyone" and found.features:  # begin elsewhere, and keep their order
        start = int(pen.order("saying")[:4], 16) % len(found.features)
        found.features = found.features[start:] + found.features[:start]
    return found


KINDS = {"care": CARE, "fit": FIT, "origin": ORIGIN}


def _speaks_otherwise(text: str, pen: Pen) -> bool:
    """Whether it says tu where the brand says vous, or the other way round."""
    if pen.language == "en":
        return False
    return bool((_VOUS if pen.address == "tu" else _TU).search(text))
