"""A doubt that a product page is asked to answer."""

import re

from bot.text.normalize import normalize_text

# "answer the doubt (runs large)", « répondre au doute (taille petit) », "customers say it runs
# small: fix the product page"
ASKED = re.compile(
    r"\b(?:answer|address|settle|fix)\w*\b.{0,30}?\b(?:doubts?|objections?|complaints?|worry|worries)\b"
    r"|\b(?:repon(?:dre|ds|dez)|lever?|levez|traite[rz]?)\b.{0,30}?\b(?:doutes?|objections?|plaintes?)\b"
    r"|\b(?:doubts?|doutes?)\b ?(?=\()"
    r"|\b(?:customers?|clientes?|clients|reviews?|avis)\b.{0,20}"
    r"\b(?:say|find|think|complain|disent|trouvent|pensent|se plaignent)\b"
)


def asks_to_answer(words: str) -> str | None:
    """What stands behind the wish to answer a doubt, else all of the words; None when no doubt is
    to be answered."""
    low = normalize_text(words)
    match = ASKED.search(low)
    if match is None:
        return None
    return words[match.end() :] if re.search(r"\w", low[match.end() :]) else words
