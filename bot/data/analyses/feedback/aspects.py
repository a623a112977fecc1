"""The aspect lists: what customers speak of, in which words. One file a language, for editing.

`aspects_fr.toml` in this folder is ours. A file of the same name in the team's own folder is
laid over it: a theme there takes the place of ours of that name, words are added, `off = true`
takes a theme away. A language needs nothing but such a file.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.data.analyses.feedback.phrases import BadPhrase, Finder, Phrase
from bot.errors import CannotDo
from bot.i18n.messages import Words

OURS = Path(__file__).parent
GOOD, BAD, SAYS, ASKS, NEVER = "good", "bad", "says", "asks", "never"


class Part(BaseModel):
    """Phrases: `says` only names it, `good` and `bad` judge by themselves, `asks` are questions,
    `never` are words that look like it and are not."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    says: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def phrases(self) -> Iterator[tuple[str, str]]:
        for way in (SAYS, GOOD, BAD, ASKS, NEVER):
            yield from ((phrase, way) for phrase in getattr(self, way))


PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Theme(Part):
    """`parts` are its sub-themes; `title` is for people and only themes of a team's own need one;
    `shop` says that it is about the shop, whatever the product."""

    title: str = ""
    shop: bool = False
    off: bool = False
    parts: dict[PartName, Part] = {}


class Tone(BaseModel):
    """The language's own words: praise, blame, denial ("not"), turning ("but"), asking ("do")."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()  # a question that only wants to know


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$")]  # it stands in ids


class AspectList(BaseModel):
    """One language's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Tone = Tone()
    themes: dict[Name, Theme] = {}


@dataclass(frozen=True)
class Saying:
    """What a phrase stands for. `part` is empty for the theme itself."""

    theme: str
    part: str
    way: str

    @property
    def subject(self) -> str:
        return f"{self.theme}-{self.part}" if self.part else self.theme


class Lexicon:
    """A language's list, ready to be looked things up in."""

    def __init__(self, language: str, aspects: AspectList):
        self.language = language
        self.themes = {name: t for name, t in aspects.themes.items() if not t.off}
        self.turns = frozenset(aspects.words.turns)
        self.denies = frozenset(aspects.words.denies)
        self.opens = aspects.words.opens
        self._words = aspects.words

    @cached_property
    def finder(self) -> Finder[Saying]:
        return Finder(
            (Phrase(phrase), Saying(name, part, way))
            for name, theme in self.themes.items()
            for part, of in (("", theme), *theme.parts.items())
            for phrase, way in of.phrases()
        )

    @cached_property
    def tone(self) -> Finder[str]:
        judged = ((GOOD, self._words.good), (BAD, self._words.bad))
        return Finder((Phrase(p), way) for way, phrases in judged for p in phrases)


def lexicon(language: str, folder: Path | None = None) -> Lexicon | None:
    """The list of a language, the team's laid over ours; None where there is neither.

    Raises CannotDo when a team's file cannot be read, with the file's name and what is wrong.
    """
    if not (len(language) == 2 and language.isalpha()):
        return None
    name = f"aspects_{language}.toml"
    own = folder / name if folder else None
    stamp = own.stat().st_mtime_ns if own and own.is_file() else 0
    return _lexicon(language, own if stamp else None, stamp)


@lru_cache(maxsize=32)
def _lexicon(language: str, own: Path | None, _changed: int) -> Lexicon | None:
    ours = OURS / f"aspects_{language}.toml"
    layers = [_read(path) for path in (ours, own) if path and path.is_file()]
    if not layers:
        return None
    tone = {
        way: tuple(dict.fromkeys(w for layer in layers for w in getattr(layer.words, way)))
        for way in Tone.model_fields
    }
    themes = {name: theme for layer in layers for name, theme in layer.themes.items()}
    return Lexicon(language, AspectList(words=Tone(**tone), themes=themes))


def _read(path: Path) -> AspectList:
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        read = AspectList.model_validate(told)
        made = Lexicon("", read)
        _ = made.finder, made.tone
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise _wrong(path, "UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(path, ".".join(map(str, first["loc"])) + ": " + first["msg"]) from error
    except BadPhrase as error:
        raise _wrong(path, f'"{error}"') from error
    return read


def _wrong(path: Path, what: str) -> CannotDo:
    return CannotDo(
        Words("The list of themes {file} cannot be used: {what}.", file=path.name, what=what)
    )
