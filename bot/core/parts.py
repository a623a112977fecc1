"""The parts of a draft, and the fingerprint over them.

A skill declares an `Output` model whose fields are these types. They are stored as one canonical
text. The fingerprint is computed over that text and deliveries are rendered from it, so an upgrade
of the code invalidates no approval.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, get_origin

from pydantic import AfterValidator, BaseModel, Field

from bot.i18n.messages import Words
from bot.text.normalize import normalize_stored_text

FORMAT_VERSION = 1
T = TypeVar("T", bound=BaseModel)


Text = Annotated[str, AfterValidator(normalize_stored_text)]


class Copy(BaseModel, frozen=True):
    """Text that is delivered. `facts` are the ids of the facts that support it."""

    text: Text
    facts: tuple[str, ...] = ()


class Hook(BaseModel, frozen=True):
    """An alternative opening for the same text; `angle` names its idea. It is not delivered."""

    angle: str
    text: Text
    facts: tuple[str, ...] = ()


class NextStep(BaseModel, frozen=True):
    """A follow-up: a button that starts a skill with these words. It is not delivered. With `ask`,
    a form opens first in which the words can be changed. `proposed`: a model wrote the words."""

    label: Words
    skill: str
    words: str
    ask: bool = True
    form: dict[str, str] = {}  # fields of the Brief that are already known
    proposed: bool = False


class Heading(BaseModel, frozen=True):
    text: Text


class Quote(BaseModel, frozen=True):
    """A customer's own words, unchanged, and the id of the fact that they come from."""

    text: Text
    fact: str


class Table(BaseModel, frozen=True):
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facts: tuple[str, ...] = ()
    title: str = ""  # what it is of: "units · Robe Solène · 1 to 28 October"
    note: str = ""  # what it leaves out, and why a cell has no figure; below it


TABLE_WORDS = ("title", "note")


class File(BaseModel, frozen=True):
    """A file or an image, identified by its SHA-256. `alt` describes it."""

    name: str
    sha256: str
    alt: str = ""
    picture: bool = False


PartKind = Literal["copy", "heading", "quote", "table", "file"]
PART_TYPES: dict[PartKind, type[BaseModel]] = {
    "copy": Copy,
    "heading": Heading,
    "quote": Quote,
    "table": Table,
    "file": File,
}


CANNOT_TELL_TITLE = Words("What I can't tell").text  # the title of the part that lists limits


class Part(BaseModel, frozen=True):
    """One named part of a draft: `key` names it in code, `title` on screen (in English)."""

    kind: PartKind
    key: str
    title: str
    body: Annotated[Copy | Heading | Quote | Table | File, Field(union_mode="smart")]

    @property
    def text(self) -> str:
        """The part's text as plain text."""
        if isinstance(self.body, Table):
            lines = ("\t".join(row) for row in (self.body.columns, *self.body.rows))
            return "\n".join([*lines, *self.body.note.splitlines()])
        return self.body.alt if isinstance(self.body, File) else self.body.text

    @property
    def facts(self) -> tuple[str, ...]:
        if isinstance(self.body, Quote):
            return (self.body.fact,)
        return self.body.facts if isinstance(self.body, Copy | Table) else ()

    def with_text(self, text: str) -> "Part":
        """Return the same part with other text. It keeps its facts, which are checked again."""
        return self.model_copy(update={"body": Copy(text=text, facts=self.facts)})


def split_output(output: BaseModel) -> tuple[tuple[Part, ...], tuple[Hook, ...]]:
    """Split an Output's fields into parts, in their order, and hooks."""
    parts: list[Part] = []
    hooks: list[Hook] = []
    for name, field in type(output).model_fields.items():
        value = getattr(output, name)
        for index, piece in enumerate(value if isinstance(value, list | tuple) else [value]):
            if isinstance(piece, Hook):
                hooks.append(piece)
            elif piece is not None and (kind := _find_kind(piece)) is not None:
                key = f"{name}.{index + 1}" if isinstance(value, list | tuple) else name
                title = field.title or name.replace("_", " ").capitalize()
                parts.append(Part(kind=kind, key=key, title=title, body=piece))
    return tuple(parts), tuple(hooks)


def fix_parts(output: T, fixed: Mapping[str, Copy]) -> T:
    """Return an Output with these texts in the place of what was written for their fields."""
    texts: dict[str, Copy | list[Copy]] = {}
    for name in type(output).model_fields:
        if name in fixed and isinstance(getattr(output, name), Copy):
            texts[name] = fixed[name]
        elif f"{name}.1" in fixed:  # all of a list
            texts[name] = [one for key, one in fixed.items() if key.startswith(f"{name}.")]
    return output.model_copy(update=texts) if texts else output


def collect_next_steps(output: BaseModel) -> tuple[NextStep, ...]:
    """Return the next steps among an Output's fields, in their order."""
    found = []
    for name in type(output).model_fields:
        value = getattr(output, name)
        pieces = value if isinstance(value, list | tuple) else [value]
        found += [piece for piece in pieces if isinstance(piece, NextStep)]
    return tuple(found)


def _find_kind(piece: Any) -> PartKind | None:
    return next((kind for kind, shape in PART_TYPES.items() if isinstance(piece, shape)), None)


def serialize_parts(
    parts: tuple[Part, ...], *, channel: str | None, language: str, audience: str | None
) -> str:
    """Return the canonical text that is stored and that the fingerprint covers. The ids of facts
    are left out: they are stored and checked separately."""
    pieces = []
    for part in parts:
        body = part.body.model_dump(mode="json", exclude={"facts"})
        if isinstance(part.body, Table):  # stored tables had neither
            body = {name: one for name, one in body.items() if one or name not in TABLE_WORDS}
        pieces.append({"kind": part.kind, "key": part.key, "title": part.title, "body": body})
    whole = {
        "format": FORMAT_VERSION,
        "channel": channel,
        "language": language,
        "audience": audience,
        "parts": pieces,
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compute_fingerprint(stored: str) -> str:
    """Return the SHA-256 in hex over the text's UTF-8 bytes."""
    return hashlib.sha256(stored.encode()).hexdigest()


def parse_parts(stored: str, cites: dict[str, list[str]] | None = None) -> tuple[Part, ...]:
    """Parse the stored text back into parts. `cites` gives each part's fact ids by part key."""
    return _parse_parts(stored, json.dumps(cites or {}))


@lru_cache(maxsize=16)  # a card asks for the parts of its draft some twenty times
def _parse_parts(stored: str, cites: str) -> tuple[Part, ...]:
    found, facts = [], json.loads(cites)
    for piece in json.loads(stored)["parts"]:
        body = dict(piece["body"])
        if piece["kind"] in ("copy", "table"):
            body["facts"] = facts.get(piece["key"], [])
        shaped = PART_TYPES[piece["kind"]].model_validate(body)
        found.append(Part(kind=piece["kind"], key=piece["key"], title=piece["title"], body=shaped))
    return tuple(found)


def fill_own_text(output: type[T], texts: Mapping[str, str]) -> T:
    """Return the text that a person wrote, by the keys of its parts; a part that is a list has a
    line for each text."""
    parts: dict[str, object] = {}
    for key, about in output.model_fields.items():
        lines = [line for line in texts.get(key, "").splitlines() if line.strip()]
        is_list = get_origin(about.annotation) is list
        parts[key] = (
            [Copy(text=line) for line in lines] if is_list else Copy(text=texts.get(key, ""))
        )
    return output.model_validate(parts)
