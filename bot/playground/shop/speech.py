"""Sentences about a thing, agreeing with it, and typed as people type."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.playground.shop.dice import Dice
from bot.playground.shop.goods import Good
from bot.playground.shop.planted import table

GAP = re.compile(r"\{([^{}]*)\}")
CHOICE = re.compile(r"<([^<>]*)>")
VOWELS = frozenset("aeiouyâéèêîôû")
SLIPS = (
    ("reçu", "recu"),
    ("très", "trés"),
    ("ça ", "sa "),
    ("j'ai", "jai"),
    ("c'est", "cest"),
    ("Ça ", "Sa "),
    ("déjà", "deja"),
    ("quand même", "quand meme"),
)
SLIPS_EN = (("don't", "dont"), ("beautiful", "beautifull"), ("their", "thier"), ("really", "realy"))


class Tongue:
    """The pieces of one language, and how they are put together."""

    def __init__(self, language: str, dice: Dice):
        self.language, self.dice = language, dice
        self.pieces: dict[str, Any] = table(f"said_{language}")
        self._form = _french if language == "fr" else _english

    def say(self, theme: str, of: str, good: Good, order: Mapping[str, str]) -> str:
        """One sentence of a theme about a thing, with what the order knows filled in."""
        found = self.pieces[theme][of] if of else self.pieces[theme]
        phrases = [p for p in found if "{couleur}" not in p or len(good.colours) > 1]
        return self.form(self.dice.pick(phrases), good, order)

    def form(self, phrase: str, good: Good, order: Mapping[str, str]) -> str:
        chosen = CHOICE.sub(lambda m: self.dice.pick(m[1].split(";")), phrase)
        forms = self._form(good)
        known = {**forms, **order}
        plural = good.plural or (self.language == "en" and good.en_plural)
        return GAP.sub(lambda m: _filled(m[1], known, good.gender == "f", plural), chosen)

    def typed(self, text: str) -> str:
        """The text as somebody in a hurry types it, for every third person."""
        hand = self.dice.roll()
        if hand < 0.66:
            return text
        if hand < 0.78:
            return text.rstrip(".")[:1].lower() + text.rstrip(".")[1:]
        if hand < 0.86:
            return text.replace("!", "!!") if "!" in text else self._loud(text)
        if hand < 0.94:
            for right, wrong in SLIPS if self.language == "fr" else SLIPS_EN:
                text = text.replace(right, wrong)
            return text.replace(" !", "!").replace(" ?", "?")
        bare = unicodedata.normalize("NFKD", text.lower())
        return "".join(c for c in bare if not unicodedata.combining(c))

    def _loud(self, text: str) -> str:
        if text.endswith(("?", ",")):
            return text
        return text.rstrip(".") + (" !" if self.language == "fr" else "!")


def lowered(sentence: str) -> str:
    """After a colon."""
    stays = sentence.startswith(("I ", "I'")) or sentence[1:2].isupper()
    return sentence if stays else sentence[:1].lower() + sentence[1:]


def _filled(gap: str, known: Mapping[str, str], feminine: bool, plural: bool) -> str:
    if "|" in gap:
        return gap.split("|")[plural]
    if "/" in gap:
        forms = gap.split("/")
        return forms[feminine + 2 * plural] if len(forms) == 4 else forms[feminine]
    return known[gap]


def _french(good: Good) -> dict[str, str]:
    feminine, vowel = good.gender == "f", good.word[0] in VOWELS
    if good.plural:
        the, this, one = "les ", "ces ", "des "
    elif vowel:
        the, this, one = "l'", "cette " if feminine else "cet ", "une " if feminine else "un "
    else:
        the, this, one = ("la ", "cette ", "une ") if feminine else ("le ", "ce ", "un ")
    they = ("elle" if feminine else "il") + "s" * good.plural
    forms = {"le": the + good.word, "ce": this + good.word, "un": one + good.word, "il": they}
    forms |= {name.capitalize(): _capital(text) for name, text in forms.items()}
    return forms | {"e": "e" * feminine, "s": "s" * good.plural}


def _english(good: Good) -> dict[str, str]:
    plural = good.plural or good.en_plural
    forms = {"the": f"the {good.en}", "it": "they" if plural else "it"}
    forms["this"] = f"{'these' if plural else 'this'} {good.en}"
    return forms | {name.capitalize(): _capital(text) for name, text in forms.items()}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
