"""A doubt that a product page is asked to answer: whether it is asked, and whether it was done."""

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
# What a page has to say for each doubt to be answered, folded: every pattern of the row.
SMALL = r"\b(?:small|tight|snug|narrow|petit|serre|juste|etroit)\w*"
LARGE = r"\b(?:large|big|loose|wide|grand|ample)\w*"
SIZE_UP = r"\b(?:size up|larger|bigger|above|one up|(?:au|du) dessus|plus grande?|superieure)\b"
SIZE_DOWN = r"\b(?:size down|smaller|below|one down|(?:au|en|du) dessous|plus petite?|inferieure)\b"
MUST: dict[str, tuple[str, ...]] = {
    "sizing-small": (SMALL, SIZE_UP),
    "sizing-large": (LARGE, SIZE_DOWN),
    "sizing": (r"\b(?:sizes?|fits?|tailles?|mesures?)\b",),
    "colour": (r"\b(?:colou?rs?|shades?|couleurs?|teintes?|nuances?)\b",),
    "fabric-thin": (r"\b(?:thin|sheer|see through|fine?s?|mince|leger|legere|transparent)\w*",),
    "fabric": (r"\b(?:fabric|cloth|material|knit|tissus?|matieres?|toile|maille)\b",),
    "quality-crease": (r"\b(?:creas|wrinkl|iron|froiss|repass)\w*",),
    "quality-pilling": (r"\b(?:pill|bobbl|bouloch)\w*",),
    "quality-wash": (r"\b(?:wash|lav|entretien|machine)\w*",),
    "comfort": (r"\b(?:comfort|confort|itch|scratch|stiff|soft|gratt|raide|souple|doux|douce)\w*",),
    "price": (r"\b(?:price|cost|prix|cout)\w*",),
    "smell": (r"\b(?:smell|scent|odeur|sent|parfum)\w*",),
    "care": (r"\b(?:care|wash|clean|entretien|lav|nettoy)\w*",),
}


def asks_to_answer(words: str) -> str | None:
    """What stands behind the wish to answer a doubt, else all of the words; None when no doubt is
    to be answered."""
    low = normalize_text(words)
    match = ASKED.search(low)
    if match is None:
        return None
    return words[match.end() :] if re.search(r"\w", low[match.end() :]) else words


def without(words: str) -> str:
    """The words without the wish to answer a doubt and, in brackets behind it, the doubt itself:
    neither names what is sold."""
    match = re.search(rf"(?:{ASKED.pattern})(?:\s*\([^)]*\))?", normalize_text(words))
    return f"{words[: match.start()]} ; {words[match.end() :]}" if match else words


def silent_on(theme: str, text: str) -> bool:
    """Whether a text says nothing of what this doubt needs said."""
    low = normalize_text(text).replace("-", " ")
    must = MUST.get(theme) or MUST.get(theme.split("-")[0]) or ()
    return not all(re.search(pattern, low) for pattern in must)
