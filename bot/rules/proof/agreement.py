"""Whether a figure said is the figure known: the same value, in a unit that fits."""

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from bot.rules.proof import moments, units
from bot.rules.proof.reading import Figure, Reading
from bot.text.normalize import word_set

# A fact without a unit still says by its label what it is in.
_LABELS = {
    "%": r"%|percent|pourcent|discount|remise|reduction|\brate\b|\btaux\b|share|part\b",
    "length": r"length|height|width|depth|size|dimension|longueur|hauteur|largeur|taille|diamet",
    "mass": r"weight|poids|mass",
    "volume": r"volume|capacity|contenance|capacite",
    "weight": r"weight|grammage|gsm|fabric",
    "degrees": r"temperature|care|wash|lavage|entretien",
    "time": r"delivery|deliver|livraison|delai|days|hours|jours|heures|duration|duree",
    "months": r"guarantee|warranty|garantie|months|years|mois|annee",
    "points": r"point",
    "/5": r"rating|note\b|stars?\b|etoile|score",
}
_PRICE = re.compile(r"price|prix|cost|cout|amount|montant|revenue|value|valeur|spend|panier|basket")
# Behind a bare price these may stand; any other word says what is counted.
SMALL_WORDS = word_set(
    "a au aux lieu instead only seulement now maintenant de du des et and or ou for pour on sur "
    "in en dans with avec at per par until jusqu from to the le la les l chacun each piece this "
    "ce cet cette is est et today vs contre against was"
)


def agree(said: Figure, known: Figure, *, loose: bool = False) -> bool:
    """`loose` is for the cells of a table, whose unit stands at the head of the column."""
    return any(_fits(s, k, said, known, loose) for s in said.readings for k in known.readings)


def _fits(s: Reading, k: Reading, said: Figure, known: Figure, loose: bool) -> bool:
    if s.kind == "number" and k.kind == "number":
        if said.sign == "+" and _number(k) < 0:
            return False
        return _equal(s, k) and (_unit_fits(s, k, said, known) or (loose and s.unit is None))
    if s.kind == "number" and isinstance(k.value, tuple):  # "summer 2026", of a date in 2026
        return s.unit is None and s.value == k.value[0]
    return moments.agree(s, k)


def _equal(s: Reading, k: Reading) -> bool:
    """Equal, or rounded as it is shown: a price to cents, 4.68 to 4.7; never to a whole number."""
    said, known = _number(s), _number(k)
    if s.unit == "share" and k.unit == "%":  # a third: 33 %, 33.3 %
        return abs(said - known) < Decimal("0.5")
    if units.same(s.unit, k.unit) and s.size != k.size:
        return said * s.size == known * k.size
    said, known = abs(said) * s.size, abs(known) * k.size
    if said == known:
        return True
    if abs(said - known) >= 1:
        return False
    places = 2 if k.unit in units.MONEY else -int(said.normalize().as_tuple().exponent)
    if places < 1 or s.size != 1:
        return False
    step = Decimal(1).scaleb(-places)
    return said in (known.quantize(step, ROUND_HALF_UP), known.quantize(step, ROUND_HALF_EVEN))


def _number(reading: Reading) -> Decimal:
    return reading.value if isinstance(reading.value, Decimal) else Decimal("NaN")


def _unit_fits(s: Reading, k: Reading, said: Figure, known: Figure) -> bool:
    if s.unit is None:
        return _bare_fits(k, said, known)
    if k.unit is None:
        if s.unit in units.MONEY or s.unit == "money":
            return bool(_PRICE.search(known.about))
        label = _LABELS.get(s.unit)
        return bool(label and re.search(label, known.about))
    if s.unit == "share":
        return k.unit in ("%", "share")
    if s.unit == "money":
        return k.unit in units.MONEY or k.unit == "money"
    if {s.unit, k.unit} == {"/5", "#stars"}:
        return True
    return units.same(s.unit, k.unit)


def _bare_fits(k: Reading, said: Figure, known: Figure) -> bool:
    """A number said without a unit: does what it counts fit what is known?"""
    counts = units.counted(said.follows)
    if k.unit is None or k.unit.startswith("#"):
        other = k.unit or units.counted(known.follows) or units.counted(known.about)
        return counts is None or other is None or units.same(counts, other)
    if k.unit in ("%", "times"):
        return False
    if k.unit == "/5":
        return counts == "#stars"
    return counts is None and (not said.follows or said.follows in SMALL_WORDS)
