"""The words of catalogues in both languages (`lexicon.toml`): found in a text, said in another."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.i18n.messages import LANGUAGES, Language
from bot.text.language import score_languages

FILE = Path(__file__).parent / "lexicon.toml"


class Noun(NamedTuple):
    """What a product is called. `one` and `many` are the forms by language, the usual first."""

    key: str
    one: dict[Language, tuple[str, ...]]
    many: dict[Language, tuple[str, ...]]
    genders: dict[str, str]  # French form → m, f
    plural: frozenset[Language]  # the languages where it is always plural ("jeans", "boots")
    kind: str


class Term(NamedTuple):
    """A colour, a material, a part, …: its English forms, and its French ones by gender/number."""

    key: str
    table: str
    en: tuple[str, ...]
    fr: tuple[tuple[str, ...], ...]  # per form, spellings; one form: it never changes
    en_many: tuple[str, ...] = ()
    genders: tuple[tuple[str, str], ...] = ()  # of a part, by French form

    def gender_of(self, form: str) -> str:
        return dict(self.genders).get(form, "m")

    def french(self, gender: str = "m", plural: bool = False) -> str:
        """The French adjective as it agrees."""
        if len(self.fr) == 1:
            return self.fr[0][0]
        return self.fr[("f" in gender) + 2 * plural][0]


class Hit(NamedTuple):
    """A known word in a text, from `start` to `end`; one word may mean several things."""

    start: int
    end: int
    word: str
    terms: tuple[tuple[str, str, bool], ...]  # (table, key, whether it is its plural)

    def as_a(self, *tables: str) -> str | None:
        """Its key in the first of these tables that knows it."""
        return next((k for table in tables for t, k, _ in self.terms if t == table), None)

    def plural(self, table: str) -> bool:
        """Whether it can only be the plural."""
        numbers = [many for t, _, many in self.terms if t == table]
        return bool(numbers) and all(numbers)


@cache
def nouns() -> dict[str, Noun]:
    found = {}
    for key, (one, many, un, plusieurs, gender, kind) in _tables()["nouns"].items():
        always: set[Language] = {"en"} if one.split("|")[0] == many.split("|")[0] else set()
        if gender.endswith("p"):
            always |= {"en", "fr"}
        genders = _genders(f"{un}|{plusieurs}", gender[0])
        found[key] = Noun(
            key,
            {"en": tuple(one.split("|")), "fr": _forms(un)},
            {"en": tuple(many.split("|")), "fr": _forms(plusieurs)},
            genders,
            frozenset(always),
            kind,
        )
    return found


@cache
def terms(table: str) -> dict[str, Term]:
    """The terms of one table: materials, colours, patterns, traits, parts, modifiers."""
    found = {}
    for key, row in _tables()[table].items():
        if table == "parts":
            one, many, un, plusieurs, gender = row
            genders = tuple(_genders(f"{un}|{plusieurs}", gender).items())
            both = (_forms(un), _forms(plusieurs))
            found[key] = Term(
                key, table, tuple(one.split("|")), both, tuple(many.split("|")), genders
            )
        else:
            forms = tuple(tuple(form.split("|")) for form in row[1:])
            found[key] = Term(key, table, tuple(row[0].split("|")), forms)
    return found


def scan(text: str, language: Language) -> list[Hit]:
    """The known words of a text, the longest first where they overlap."""
    shape, meanings = _index(language)
    hits = []
    for match in shape.finditer(text.replace("’", "'")):
        word = match[0].lower()
        hits.append(Hit(match.start(), match.end(), match[0], meanings[word]))
    return hits


def language_of(text: str) -> Language | None:
    """The language a catalogue text is in, where its small and known words tell."""
    score = score_languages(text, LANGUAGES)
    for language in LANGUAGES:
        score[language] += len(scan(text, language)) * 0.9
    score["fr"] += 0.5 * bool(re.search(r"[éèêàçùôîœ]", text.lower()))
    if score["en"] == score["fr"]:
        return None
    return "fr" if score["fr"] > score["en"] else "en"


def _genders(written: str, usual: str) -> dict[str, str]:
    """The gender of each form: `lampe|lampadaire:m`."""
    split = [form.partition(":") for form in written.split("|")]
    return {form: gender or usual for form, _, gender in split}


def _forms(written: str) -> tuple[str, ...]:
    return tuple(form.partition(":")[0] for form in written.split("|"))


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _index(
    language: Language,
) -> tuple[re.Pattern[str], dict[str, tuple[tuple[str, str, bool], ...]]]:
    """Every form of a language → what it may mean."""
    found: dict[str, list[tuple[str, str, bool]]] = {}

    def add(form: str, table: str, key: str, plural: bool = False) -> None:
        found.setdefault(form.lower(), []).append((table, key, plural))

    for noun in nouns().values():
        for form in noun.one[language]:
            add(form, "nouns", noun.key, language in noun.plural)
        for form in noun.many[language]:
            add(form, "nouns", noun.key, True)
    for table in ("parts", "materials", "colours", "patterns", "traits", "modifiers"):
        for term in terms(table).values():
            forms = [term.en, term.en_many] if language == "en" else list(term.fr)
            for number, spellings in enumerate(forms):
                for form in spellings:
                    add(form, table, term.key, table == "parts" and number == 1)
    ordered = sorted(found, key=len, reverse=True)
    shape = re.compile(
        r"(?<![\w-])(?:" + "|".join(map(re.escape, ordered)) + r")(?![\w-])", re.IGNORECASE
    )
    return shape, {form: tuple(known) for form, known in found.items()}
