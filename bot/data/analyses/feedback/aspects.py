"""Load the aspect lists: the themes of feedback and the phrases that express them, one TOML file
per language.

Such a file in this folder, like `aspects_pt.toml`, is all that a new language needs. With examples
beside it, like `examples_fr.csv`, a classifier finds the themes that have examples."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, StringConstraints

from bot.data.analyses.feedback.classifier import ThemeClassifier, read_examples
from bot.text import normalize
from bot.text.normalize import normalize_spelling

# Phrases of an aspect list, and how they are matched in a clause.

MAX_GAP_WORDS = 3  # words that ".." may match
MAX_KNOWN_WORDS = 200_000  # words whose phrases are remembered
ELEMENT_PATTERN = re.compile(r"\.\.|_|\w+\*?(?:\|\w+\*?)*")
T = TypeVar("T")


class InvalidPhrase(ValueError):
    """A phrase that can't be parsed; the message is the phrase."""


class PhraseMatch(NamedTuple):
    """The position of a phrase in a clause, and those of the words that its gaps matched."""

    start: int
    end: int
    gaps: tuple[int, ...]


class PhraseElement:
    """One element of a phrase: some words, some stems, or any word."""

    __slots__ = ("is_any", "stems", "words")

    def __init__(self, written: str):
        parts = [] if written == "_" else written.split("|")
        self.words = frozenset(part for part in parts if not part.endswith("*"))
        self.stems = tuple(part[:-1] for part in parts if part.endswith("*"))

        self.is_any = not parts

    def fits(self, word: str) -> bool:
        return word in self.words or self.is_any or word.startswith(self.stems)


class Phrase:
    """One phrase, compiled for matching."""

    def __init__(self, written: str):
        elements = normalize_spelling(written).split()
        if not elements or not all(ELEMENT_PATTERN.fullmatch(e) for e in elements):
            raise InvalidPhrase(written)
        if elements[0] in ("..", "_") or elements[-1] == "..":
            raise InvalidPhrase(written)
        self.first = PhraseElement(elements[0])
        self.elements = tuple(None if e == ".." else PhraseElement(e) for e in elements)
        last = self.elements[-1]
        self._after_gap = last if elements[1:2] == [".."] and len(elements) == 3 else None

    def may_continue(self, word: str) -> bool:
        """Tell whether the phrase, which began with the word before, may go on with this one."""
        second = self.elements[1] if len(self.elements) > 1 else None
        return second is None or (word != "" and second.fits(word))

    def match_at(self, words: Sequence[str], start: int) -> PhraseMatch | None:
        """Match the phrase at word `start`, which is known to fit its first element."""
        if (last := self._after_gap) is None:
            return self._from(words, start, start + 1, 1, ())
        first = start + 1
        for at, word in enumerate(words[first : first + MAX_GAP_WORDS + 1], first):
            if last.fits(word):
                return PhraseMatch(start, at + 1, tuple(range(first, at)))
        return None

    def _from(
        self, words: Sequence[str], start: int, at: int, element: int, taken: tuple[int, ...]
    ) -> PhraseMatch | None:
        if element == len(self.elements):
            return PhraseMatch(start, at, taken)
        wanted = self.elements[element]
        if wanted is None:
            for gap in range(MAX_GAP_WORDS + 1):
                if at + gap > len(words):
                    break
                took = (*taken, *range(at, at + gap))
                match = self._from(words, start, at + gap, element + 1, took)
                if match:
                    return match
            return None
        if at < len(words) and wanted.fits(words[at]):
            return self._from(words, start, at + 1, element + 1, taken)
        return None


Entries = tuple[tuple[Phrase, T], ...]


class PhraseFinder(Generic[T]):
    """Finds many phrases at once, indexed by their first two words; each phrase carries a
    meaning."""

    def __init__(self, entries: Iterable[tuple[Phrase, T]]):
        self._entries = list(entries)
        self._whole: dict[str, list[int]] = {}
        self._stems: dict[str, list[tuple[str, int]]] = {}  # indexed by first letter
        for k, (phrase, _) in enumerate(self._entries):
            for word in phrase.first.words:
                self._whole.setdefault(word, []).append(k)
            for stem in phrase.first.stems:
                self._stems.setdefault(stem[0], []).append((stem, k))
        self._starting = lru_cache(MAX_KNOWN_WORDS)(self._find_starting)
        self._continuing = lru_cache(MAX_KNOWN_WORDS)(self._find_continuing)

    def find(self, words: Sequence[str]) -> list[tuple[PhraseMatch, T]]:
        """Return all matches of all phrases, in word order."""
        begun = list(map(self._starting, words))
        matches: list[tuple[PhraseMatch, T]] = []
        if not any(begun):
            return matches
        for start, entries in enumerate(begun):
            if entries:
                following = words[start + 1] if start + 1 < len(words) else ""
                for phrase, what in self._continuing(words[start], following):
                    if spot := phrase.match_at(words, start):
                        matches.append((spot, what))
        return matches

    def _find_starting(self, word: str) -> Entries[T]:
        """Return the phrases that may start with this word."""
        stems = (k for stem, k in self._stems.get(word[0], ()) if word.startswith(stem))
        return tuple(self._entries[k] for k in sorted({*self._whole.get(word, ()), *stems}))

    def _find_continuing(self, word: str, following: str) -> Entries[T]:
        """Return those of them that may go on with the next word."""
        return tuple(one for one in self._starting(word) if one[0].may_continue(following))


ASPECTS_FOLDER = Path(__file__).parent
GOOD, BAD, SAYS, ASKS, NEVER = "good", "bad", "says", "asks", "never"


class AspectPart(BaseModel, frozen=True, extra="forbid"):
    """Phrases of a theme or part: `says` only mentions it, `good` and `bad` imply a judgement,
    `asks` are questions, `never` are phrases that look like it but mean something else. `means`
    tells a model what it is."""

    means: str = ""
    says: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def phrases(self) -> Iterator[tuple[str, str]]:
        for way in (SAYS, GOOD, BAD, ASKS, NEVER):
            yield from ((phrase, way) for phrase in getattr(self, way))


PartId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class AspectTheme(AspectPart):
    """`parts` are the sub-themes. `shop` marks a theme about the shop rather than about a
    product."""

    shop: bool = False
    parts: dict[PartId, AspectPart] = {}


class ToneWords(BaseModel, frozen=True, extra="forbid"):
    """The language's general words: praise, blame, negation ("not"), contrast ("but"), asking
    ("do"). `emphasizes`: negations that deny nothing ("never so good"). `denies_first`: the first
    word of a negation in two, which stands before the verb ("ne … pas")."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    denies_first: tuple[str, ...] = ()
    emphasizes: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()  # openings of neutral questions


ThemeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$")]  # part of fact ids


class AspectList(BaseModel, frozen=True, extra="forbid"):
    """The aspect file of one language."""

    words: ToneWords = ToneWords()
    themes: dict[ThemeId, AspectTheme] = {}


@dataclass(frozen=True)
class PhraseMeaning:
    """The meaning of a phrase. `part` is empty for the theme itself."""

    theme: str
    part: str
    way: str

    @property
    def subject(self) -> str:
        return f"{self.theme}-{self.part}" if self.part else self.theme


class Lexicon:
    """The aspect list of a language, compiled for matching. `subjects` are its themes and parts,
    `version` differs as soon as the list or the code that applies it does."""

    def __init__(self, language: str, aspects: AspectList):
        self.language = language
        self.themes = aspects.themes
        self.turns = frozenset(aspects.words.turns)
        self.denies = frozenset(aspects.words.denies)
        self.denies_first = frozenset(aspects.words.denies_first)
        self.opens = aspects.words.opens
        self._words = aspects.words
        self.subjects = tuple(
            subject
            for name, theme in self.themes.items()
            for subject in (name, *(f"{name}-{part}" for part in theme.parts))
        )
        self.number = {subject: number for number, subject in enumerate(self.subjects)}
        self._examples = ASPECTS_FOLDER / f"examples_{language}.csv"
        self.has_classifier = self._examples.is_file()
        examples = self._examples.read_bytes() if self.has_classifier else b""
        listed = f"{language} {hash_rules()} {aspects.model_dump_json()}".encode()
        self.version = sha256(listed + examples).hexdigest()[:32]

    @cached_property
    def classifier(self) -> ThemeClassifier | None:
        """The classifier trained on the examples of the language; None where there are none."""
        if not self.has_classifier:
            return None
        return ThemeClassifier(read_examples(self._examples, self.language), self.denies)

    @cached_property
    def finder(self) -> PhraseFinder[PhraseMeaning]:
        return PhraseFinder(self._list_phrases(frozenset()))

    @cached_property
    def unclassified(self) -> PhraseFinder[PhraseMeaning]:
        """The phrases of the themes and parts that the classifier has no examples of."""
        classifier = self.classifier
        return PhraseFinder(
            self._list_phrases(frozenset(classifier.subjects if classifier else ()))
        )

    def _list_phrases(self, without: frozenset[str]) -> Iterator[tuple[Phrase, PhraseMeaning]]:
        for name, theme in self.themes.items():
            for part, aspect in (("", theme), *theme.parts.items()):
                for phrase, way in aspect.phrases():
                    meaning = PhraseMeaning(name, part, way)
                    if meaning.subject not in without:
                        yield Phrase(phrase), meaning

    @cached_property
    def emphasis(self) -> PhraseFinder[None]:
        return PhraseFinder((Phrase(phrase), None) for phrase in self._words.emphasizes)

    @cached_property
    def tone(self) -> PhraseFinder[str]:
        judged = ((GOOD, self._words.good), (BAD, self._words.bad))
        return PhraseFinder((Phrase(p), way) for way, phrases in judged for p in phrases)


@cache
def hash_rules() -> str:
    """Hash the code that finds themes in a text."""
    folder = ASPECTS_FOLDER
    used = [folder / f"{name}.py" for name in ("aspects", "classifier", "mentions", "texts")]
    used.append(Path(normalize.__file__))
    return sha256(b"\0".join(path.read_bytes() for path in used)).hexdigest()


@cache
def load_lexicon(language: str) -> Lexicon | None:
    """Load the list of a language; None where there is none."""
    path = ASPECTS_FOLDER / f"aspects_{language}.toml"
    if not (len(language) == 2 and language.isalpha() and path.is_file()):
        return None
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return Lexicon(language, AspectList.model_validate(read))


# Display names of themes, so that they can be translated.

THEME_TITLES: dict[str, str] = tomllib.loads(
    (ASPECTS_FOLDER / "theme_titles.toml").read_text(encoding="utf-8")
)


def get_theme_title(subject: str) -> str:
    """Return a theme's English name, which is its translation key."""
    return THEME_TITLES.get(subject) or subject.replace("-", " ")
