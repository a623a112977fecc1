"""Collects every sentence and title in the code; run it to see what has no French translation.

python -m tests.support.words_in_code

With `retired`, it prints the entries of the catalogues that the code no longer uses. Move those
that rows may hold into legacy.po.
"""

import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from bot.agent.skills import load_skills
from bot.audiences.platforms import COLUMN_FORMATS, PLATFORMS
from bot.core.facts import FACT_UNITS
from bot.data import column_labels
from bot.data.analyses.feedback.aspects import THEME_TITLES
from bot.data.reject_reasons import TEMPLATES
from bot.grounding.legal import load_legal_rules
from bot.i18n.languages import load_languages
from bot.i18n.messages import LEGACY, Words
from bot.offline.report_builder import load_texts
from bot.slack.cards.import_labels import LABELS
from tests.support.paths import ROOT
from tests.support.source_trees import parse_source

FRENCH = ROOT / "bot" / "i18n" / "locale" / "fr"
PIECES = {"Copy", "Heading", "Quote", "Table", "File", "Hook"}


@dataclass
class Said:
    """One sentence; `many` is its plural, `places` are its occurrences."""

    text: str
    many: str | None = None
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> str | tuple[str, str]:
        return (self.text, self.many) if self.many else self.text


@cache
def said() -> dict[str, Said]:
    """All sentences by their English text."""
    found: dict[str, Said] = {}
    for text, many, place in (
        *_calls(),
        *_titles_of_channels(),
        *_texts_of_reports(),
        *_labels_of_files(),
        *_titles_of_parts(),
        *_texts_of_the_law(),
        *_names_of_skills(),
        *_names_of_languages(),
        *_summaries(),
    ):
        entry = found.setdefault(text, Said(text, many))
        entry.many = entry.many or many
        entry.places.append(place)
    return found


@cache
def french() -> Catalog:
    return _read(*(path for path in sorted(FRENCH.glob("*.po")) if path.name != LEGACY))


@cache
def legacy() -> Catalog:
    """Sentences that only stored rows hold."""
    return _read(FRENCH / LEGACY)


def _read(*paths: Path) -> Catalog:
    whole = Catalog(locale="fr")
    for path in paths:
        with path.open("rb") as file:
            for message in read_po(file, locale="fr"):
                whole[message.id] = message
    return whole


def code() -> list[Path]:
    return sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").glob("*.py")])


def unreadable() -> list[str]:
    """Calls whose sentence is built at run time, so that no catalogue can contain it."""
    built = (ast.JoinedStr, ast.BinOp, ast.Call)
    return [
        place
        for call, place in _words()
        for one in call.args[:1]
        if isinstance(one, built) and not (_takes_words(call.func) and isinstance(one, ast.Call))
    ]


def _calls() -> Iterator[tuple[str, str | None, str]]:
    """`Words("…")`, `CannotDo("…")`, `add_limit("…")` and `Words.count("…", "…", n)`, with both
    branches of a conditional expression."""
    for call, place in _words():
        texts = [_literals(one) for one in call.args]
        if isinstance(call.func, ast.Attribute) and call.func.attr == "count":
            yield texts[0][0], texts[1][0], place
        else:
            yield from ((text, None, place) for text in (texts or [[]])[0])


def _texts_of_the_law() -> Iterator[tuple[str, str | None, str]]:
    rules = load_legal_rules()
    for rule in (*rules.rules, *rules.products, *rules.sms_hours):
        for text in filter(None, (rule.why, rule.source, rule.source_gb)):
            yield text, None, "bot/grounding/legal.toml"


@cache
def _words() -> tuple[tuple[ast.Call, str], ...]:
    # Not by babel's own extractor: it takes every `.count(` for ours, and dies of bytes in one.
    return tuple(
        (node, f"{path.relative_to(ROOT)}:{node.lineno}")
        for path in code()
        for node in ast.walk(parse_source(path))
        if isinstance(node, ast.Call) and _makes_words(node.func)
    )


def _makes_words(function: ast.expr) -> bool:
    match function:
        case ast.Name(id="Words") | ast.Attribute(value=ast.Name(id="Words"), attr="count"):
            return True
    return _takes_words(function)


def _takes_words(function: ast.expr) -> bool:
    """Whether it takes a sentence as well as its text."""
    match function:
        case ast.Name(id="CannotDo") | ast.Attribute(attr="add_limit"):
            return True
    return False


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    found = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [str(node.value)] if found and isinstance(node, ast.Constant) else []


def _titles_of_channels() -> Iterator[tuple[str, None, str]]:
    told = tomllib.loads((ROOT / "bot" / "core" / "channels.toml").read_text(encoding="utf-8"))
    for key, channel in told.items():
        yield channel["title"], None, f"bot/core/channels.toml [{key}]"
        for part, limit in channel["parts"].items():
            for name in ("title", "heading"):
                if text := limit.get(name):
                    yield text, None, f"bot/core/channels.toml [{key}.parts.{part}]"


def _labels_of_files() -> Iterator[tuple[str, None, str]]:
    questions = [one["text"] for one in LABELS["questions"]]
    tables = [table.values() for table in LABELS.values() if isinstance(table, dict)]
    for text in (*questions, *chain.from_iterable(tables)):
        yield text, None, "bot/slack/cards/import_labels.toml"
    for text in chain.from_iterable(table.values() for table in column_labels.LABELS.values()):
        yield text, None, "bot/data/column_labels.toml"
    labels = tomllib.loads((ROOT / "bot" / "i18n" / "labels.toml").read_text(encoding="utf-8"))
    for text in chain.from_iterable(labels.values()):
        yield text, None, "bot/i18n/labels.toml"
    for text in chain.from_iterable(FACT_UNITS.items()):
        yield text, None, "bot/core/fact_units.toml"
    for text in THEME_TITLES.values():
        yield text, None, "bot/data/analyses/feedback/theme_titles.toml"
    for text in TEMPLATES.values():
        yield text, None, "bot/data/reject_reasons.toml"
    for platform in PLATFORMS.values():
        for words in (platform.title, platform.note, *COLUMN_FORMATS.values()):
            if isinstance(words, Words):
                yield words.text, None, "bot/audiences/platforms.toml"


def _texts_of_reports() -> Iterator[tuple[str, None, str]]:
    """The sentences, columns and next steps of the reports without an AI."""

    def walk(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, one in value.items():
                if key == "form" and isinstance(
                    one, dict
                ):  # values of a form: a channel's key, or a gap alone
                    told = [v for k, v in one.items() if k != "channel"]
                    yield from (v for v in told if not re.fullmatch(r"\{\w+\}", v))
                elif key != "skill":
                    yield from walk(one)
        elif isinstance(value, list):
            yield from (str(one) for one in value)
        elif isinstance(value, str):
            yield value

    for skill, texts in load_texts().items():
        yield from (
            (text, None, f"bot/offline/reports/texts.toml [{skill}]") for text in walk(texts)
        )


def _names_of_skills() -> Iterator[tuple[str, None, str]]:
    """The names of skills on cards, and the hints of their commands."""
    for skill in load_skills().values():
        for told in filter(None, (skill.title, skill.hint)):
            yield told, None, f"handlers/{skill.name}.py"


def _names_of_languages() -> Iterator[tuple[str, None, str]]:
    for language, table in load_languages().items():
        for text in (table.name, table.phrase, table.option):
            yield text, None, f"bot/i18n/languages/{language}.toml"


def _titles_of_parts() -> Iterator[tuple[str, None, str]]:
    """The titles that `parts.split_output` gives to the fields of a handler's Output."""
    for path in sorted((ROOT / "handlers").glob("*.py")):
        for node in ast.walk(parse_source(path)):
            if isinstance(node, ast.AnnAssign) and _is_piece(node.annotation):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                if title := _title(node):
                    yield title, None, place


def _summaries() -> Iterator[tuple[str, None, str]]:
    """What the Home tab says about each skill: the first line of its module's docstring."""
    for path in sorted((ROOT / "handlers").glob("[!_]*.py")):
        told = ast.get_docstring(parse_source(path)) or ""
        yield told.partition("\n")[0], None, str(path.relative_to(ROOT))


def _is_piece(annotation: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id in PIECES for one in ast.walk(annotation))


def _title(node: ast.AnnAssign) -> str | None:
    for keyword in node.value.keywords if isinstance(node.value, ast.Call) else []:
        if keyword.arg == "title" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    name = node.target.id if isinstance(node.target, ast.Name) else ""
    return name.replace("_", " ").capitalize() or None


def missing() -> Catalog:
    """The sentences without French, as a .po file to be filled in."""
    known, wanted = french(), Catalog(locale="fr")
    for entry in said().values():
        message = known.get(entry.key if isinstance(entry.key, str) else entry.key[0])
        if message is None or not message.string or message.string == ("", ""):
            wanted.add(entry.key, locations=[(place, 0) for place in entry.places[:1]])
    return wanted


def retired() -> Catalog:
    """The entries of the catalogues that the code no longer uses."""
    found = Catalog(locale="fr")
    for message in french():
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        if key and key not in said():
            found.add(message.id, message.string)
    return found


if __name__ == "__main__":
    out = io.BytesIO()
    shown = retired() if sys.argv[1:] == ["retired"] else missing()
    write_po(out, shown, width=100, omit_header=True)
    print(out.getvalue().decode())
