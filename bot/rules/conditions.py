"""What an offer depends on, as people type it: exclusions, who and where it is for, how much.

A condition that is dropped makes the offer untrue, so a draft either carries it or says that it
does not (Directive 2005/29, article 7: what is left out misleads too).
"""

import re

from bot.text.normalize import normalize_text, word_set

_END = (
    r"(?=\s*(?:[.,;:!?)\n]|$|\bfor\b|\bpour\b|\buntil\b|\bjusqu|\bcode\b|\bavec le code\b"
    r"|\bwith\b))"
)
_EXCEPT = re.compile(
    r"\b(?:except(?:ing)?(?: for)?|exclud(?:es|ing)|excl\."
    r"|(?:is |are )?not (?:valid (?:on|for)|including)"
    r"|other than|sauf(?: sur)?|hors|excepte|hormis|a l'exception (?:de|du|des)"
    r"|non valable sur|ne s'applique pas (?:a|aux?|sur))"
    r"(?! (?:service|pair|taxes?|vat|ttc|ht)\b)"
    r" (?P<what>[a-z0-9][a-z0-9' -]{2,45}?)" + _END
)
_ONLY = re.compile(
    r"\b(?:(?:in[- ]store|online|members?|app|loyalty card holders?) only"
    r"|only (?:in[- ]store|online|for members?)"
    r"|while stocks? lasts?|one (?:per|for each) (?:customer|person|order)"
    r"|(?:en (?:boutique|magasin|ligne)|sur le site) (?:uniquement|seulement)"
    r"|(?:uniquement|seulement) (?:en (?:boutique|magasin|ligne)|sur le site)"
    r"|dans la limite des stocks(?: disponibles)?|reserve\w* aux? [a-z]+"
    r"|un(?:e)? (?:seul(?:e)? )?(?:utilisation )?par (?:client|cliente|personne|commande)"
    r"|(?:one|a single) day only|une seule journee|un seul jour|une journee seulement"
    r"|(?:sur|pour) (?:leur|la|votre|ta|une) premiere commande"
    r"|(?:on|off|for) (?:their|your|a|the) first (?:order|purchase)"
    r"|(?:non|not|cannot be)[- ]?(?:cumul|combin)\w*"
    r"(?: (?:with (?:any )?(?:other )?(?:offer|code|promotion)s?"
    r"|avec (?:une autre|d'autres) (?:offre|promotion|code)s?))?)\b"
)
_SMALL = word_set(
    "the la le les l our nos notre all tous toutes de du des d and et on sur"
    " leur their votre your ta"
)


def conditions(text: str) -> tuple[str, ...]:
    """The conditions in a text, each as it was typed, without a full stop."""
    low = normalize_text(text)
    spans = [match.span() for shape in (_EXCEPT, _ONLY) for match in shape.finditer(low)]
    return tuple(text[start:end].strip(" .,;") for start, end in sorted(spans))


def carries(text: str, condition: str) -> bool:
    """Whether a text has the condition: that there is one of its sort, and what it is about."""
    low, asked = normalize_text(text), normalize_text(condition)
    excluded = _EXCEPT.fullmatch(asked)
    if excluded is None:
        return asked in low or _telling(asked) <= _telling(low)
    what = _telling(excluded["what"])
    return any(what & _telling(one["what"]) for one in _EXCEPT.finditer(low))


def _telling(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z0-9]+", text)} - _SMALL
