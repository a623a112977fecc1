"""Dates to come to, and no things to sell: a workshop, an opening, the shop's birthday."""

import re

_ARTICLE = re.compile(r"^(?:the|our|an?|la|le|les|l'|nos|notre|une?|des|du)\b\s*", re.IGNORECASE)
_EVENT = re.compile(
    r"(?:ateliers?|ouverture|soirée|portes ouvertes|vernissage|dégustation|rencontre|inauguration"
    r"|anniversaire|workshop|opening|store opening|pop-?up|open day|tasting|meet|anniversary"
    r"|birthday)\b|.*\bevening$",
    re.IGNORECASE,
)


def is_event(words: str) -> bool:
    """Whether these words name one, whatever the catalogue has of that name."""
    return bool(_EVENT.match(_ARTICLE.sub("", words.strip())))
