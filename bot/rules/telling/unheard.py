"""What a question names and the data do not know is said, or the answer would seem to be of it."""

import re

from bot.i18n.messages import Words, quote_name
from bot.text.normalize import normalize_text, word_set

_THE = (
    r"(?:(?:the|our|a|an|my|its|le|la|les|notre|nos|un|une|des|du|de la)\s+|l['’]|de l['’]|d['’])?"
)
_WHAT = r"(?P<what>[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,2})"
ABOUT = re.compile(
    rf"\b(?:about|regarding|concerning|à propos de|au sujet de|concernant|sur)\s+{_THE}{_WHAT}"
    r"\W*$",
    re.IGNORECASE,
)
LAUNCH = re.compile(
    rf"\bfor\s+{_THE}{_WHAT} (?:launch|collection|range)\b"
    rf"|\b(?:lancement|collection|gamme) {_THE}(?P<quoi>[^\W\d_][\w'’-]*)",
    re.IGNORECASE,
)
MOVES = re.compile(
    rf"\b(?:in|for|with|of|dans|pour|avec|en|de|d['’])\s*{_THE}{_WHAT}\W*$", re.IGNORECASE
)
IDLE = word_set(  # names nothing in particular
    "us we shop store brand product products everything all new next latest this that these last "
    "week month year season spring summer autumn winter it them nous boutique marque produit "
    "produits tout nouveau nouvelle nouveaux prochain prochaine ce cette ces dernier derniere mois "
    "semaine annee saison printemps ete automne hiver product launch sales orders revenue turnover "
    "business general total trends trend days weeks months two three four six twelve few ventes "
    "commandes chiffre affaires jours deux trois quatre douze tendances tendance lately recently "
    "moment now today yesterday hier aujourd hui year to date short particular"
)
MONTHS = re.compile(r"\b(?:janu|febr|march|april|june|july|augu|septem|octob|novem|decem|janv|fevr"
                    r"|mars|avril|mai\b|juin|juil|aout)\w*")  # fmt: skip


def unheard(words: str, shape: re.Pattern[str]) -> Words | None:
    """What to say of the one thing that these words ask about, when nothing is known of it."""
    found = shape.search(words.strip())
    what = next((one for one in (found.groups() if found else ()) if one), "")
    named = [word for word in re.findall(r"[^\W\d_]+", normalize_text(what)) if word not in IDLE]
    if not named or MONTHS.search(normalize_text(what)):
        return None
    return Words("I find nothing that is called {what}: this is about everything.",
                 what=quote_name(what))  # fmt: skip
