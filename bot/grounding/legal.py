"""The sentence that French law asks for beside what is sold: alcohol, and sweets.

Sources, checked 2026-11-24: code de la santé publique, L3323-4 (alcohol: listed facts only, with
the sentence) and L2133-1 (manufactured food: a health message). It flags; it does not certify.
"""

import re

from bot.i18n.messages import Language
from bot.text.normalize import normalize_text

_ALCOHOL_PATTERN = re.compile(
    r"(?<!a )(?<!vinaigre de )\b(?:vins?|champagnes?|bieres?|whisk(?:e?y|ies)|rhums?|gins?|vodkas?"
    r"|cognacs?|armagnacs?|liqueurs?|cidres?|spiritueux|pastis|prosecco|wines?|beers?|rums?|ciders?"
    r"|spirits)\b(?![- ](?:glass|rack|cooler|cellar|opener|bucket|vinegar|colou?r|satin|gold))"
)
_ACCESSORY_PATTERN = re.compile(  # what is made for it is not it
    r"\b(?:verres?|flutes?|seaux?|carafes?|glass(?:es)?|decanters?|openers?|tire-bouchons?|couleur)\b"
)
_SWEETS_PATTERN = re.compile(
    r"(?<!a )\b(?:chocolats?|biscuits?|bonbons?|confitures?|sodas?|sirops?|caramels?|macarons?)\b"
    r"(?! (?:chaud|pot))"
)
ALCOHOL_WARNING: dict[Language, str] = {
    "fr": "L'abus d'alcool est dangereux pour la santé.",
    "en": "Alcohol abuse is dangerous for your health.",
}


def is_alcohol(sold: str) -> bool:
    """Whether what is sold, by its name, is a drink with alcohol."""
    low = normalize_text(sold)
    return bool(_ALCOHOL_PATTERN.search(low)) and not _ACCESSORY_PATTERN.search(low)


def is_sweet(sold: str) -> bool:
    """Whether it is a food that the health message is for."""
    low = normalize_text(sold)
    return bool(_SWEETS_PATTERN.search(low)) and not _ACCESSORY_PATTERN.search(low)


def has_alcohol_warning(text: str) -> bool:
    """Whether a text has the sentence, in either language."""
    low = normalize_text(text)
    return any(normalize_text(said).rstrip(".") in low for said in ALCOHOL_WARNING.values())
