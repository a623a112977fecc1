"""Legal sentences that French law requires for some products: alcohol and sweets.

Sources, checked 2026-11-24: code de la santé publique, L3323-4 (alcohol: listed facts only, with
the sentence) and L2133-1 (manufactured food: a health message). The checks warn; they do not
certify that a text is legal.
"""

import re

from bot.i18n.messages import Language
from bot.text.normalize import normalize_text

_ALCOHOL_PATTERN = re.compile(
    r"(?<!a )(?<!vinaigre de )\b(?:vins?|champagnes?|bieres?|whisk(?:e?y|ies)|rhums?|gins?|vodkas?"
    r"|cognacs?|armagnacs?|liqueurs?|cidres?|spiritueux|pastis|prosecco|wines?|beers?|rums?|ciders?"
    r"|spirits)\b(?![- ](?:glass|rack|cooler|cellar|opener|bucket|vinegar|colou?r|satin|gold))"
)
_ACCESSORY_PATTERN = re.compile(  # accessories, for example a wine glass
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


def is_alcohol(product: str) -> bool:
    """Whether the name of a product is that of an alcoholic drink."""
    normalized = normalize_text(product)
    return bool(_ALCOHOL_PATTERN.search(normalized)) and not _ACCESSORY_PATTERN.search(normalized)


def is_sweet(product: str) -> bool:
    """Whether the name of a product is that of a food that requires the health message."""
    normalized = normalize_text(product)
    return bool(_SWEETS_PATTERN.search(normalized)) and not _ACCESSORY_PATTERN.search(normalized)


def has_alcohol_warning(text: str) -> bool:
    """Whether the text contains the sentence in English or French."""
    normalized = normalize_text(text)
    return any(
        normalize_text(warning).rstrip(".") in normalized for warning in ALCOHOL_WARNING.values()
    )
