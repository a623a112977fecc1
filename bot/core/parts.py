"""The pieces a draft is made of, and the fingerprint over them.

A skill declares an `Output` whose fields are these. Stored, they become one canonical text;
the fingerprint is over that text, deliveries render from it, and an upgrade voids nothing.
"""

import hashlib
import json
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.i18n.messages import Words

FORMAT_VERSION = 1


def _normalize_nfc(text: str) -> str:
    """One spelling for one text (NFC, never NFKC), and newlines as newlines."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


Text = Annotated[str, AfterValidator(_normalize_nfc)]


class Copy(BaseModel):
    """Words that go out. `facts` are the ids of the facts they stand on."""

    model_config = ConfigDict(frozen=True)
    text: Text
    facts: tuple[str, ...] = ()


class Hook(BaseModel):
    """Another way in: an opening for the same text, with its angle named. It does not go out."""

    model_config = ConfigDict(frozen=True)
    angle: str
    text: Text
    facts: tuple[str, ...] = ()


class NextStep(BaseModel):
    """What this can lead to: a button that starts a skill with these words. It does not go out.
    With `ask`, a form with the words opens first, to be changed before anything is done."""

    model_config = ConfigDict(frozen=True)
    label: Words
    skill: str
    words: str
    ask: bool = True
    form: dict[str, str] = {}  # fields of a Brief that are known already


class Heading(BaseModel):
    model_config = ConfigDict(frozen=True)
    text: Text


class Quote(BaseModel):
    """A customer's own words, letter for letter, and the fact they are from."""

    model_config = ConfigDict(frozen=True)
    text: Text
    fact: str


class Table(BaseModel):
    model_config = ConfigDict(frozen=True)
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facts: tuple[str, ...] = ()


class File(BaseModel):
    """A file or a picture, bound by its own SHA-256. `alt` says what it shows."""

    model_config = ConfigDict(frozen=True)
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


CANNOT_TELL_TITLE = Words("What I can't tell").text  # the title of what says nothing but that


class Part(BaseModel):
    """One named piece of a draft: `key` names it in code, `title` on the screen (English)."""

    model_config = ConfigDict(frozen=True)
    kind: PartKind
    key: str
    title: str
    body: Annotated[Copy | Heading | Quote | Table | File, Field(union_mode="smart")]

    @property
    def text(self) -> str:
        """Its words, as plain text."""
        if isinstance(self.body, Table):
            return "\n".join("\t".join(row) for row in (self.body.columns, *self.body.rows))
        return self.body.alt if isinstance(self.body, File) else self.body.text

    @property
    def facts(self) -> tuple[str, ...]:
        if isinstance(self.body, Quote):
            return (self.body.fact,)
        return self.body.facts if isinstance(self.body, Copy | Table) else ()

    def saying(self, text: str) -> "Part":
        """The same part with other words; what it cited is judged anew."""
        return self.model_copy(update={"body": Copy(text=text, facts=self.facts)})


def split_output(output: BaseModel) -> tuple[tuple[Part, ...], tuple[Hook, ...]]:
    """An Output's fields as parts, in their order, and its hooks apart."""
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


def collect_next_steps(output: BaseModel) -> tuple[NextStep, ...]:
    """The leads among an Output's fields, in their order."""
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
    """The stored text that a fingerprint is over. Sources are judged apart and left out."""
    pieces = []
    for part in parts:
        body = part.body.model_dump(mode="json", exclude={"facts"})
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
    """SHA-256 in hex over the canonical text's UTF-8 bytes."""
    return hashlib.sha256(stored.encode()).hexdigest()


def parse_parts(stored: str, cites: dict[str, list[str]] | None = None) -> tuple[Part, ...]:
    """The parts back from the stored text; `cites` gives each part's facts by its key."""
    found = []
    for piece in json.loads(stored)["parts"]:
        body = dict(piece["body"])
        if piece["kind"] in ("copy", "table"):
            body["facts"] = (cites or {}).get(piece["key"], [])
        shaped = PART_TYPES[piece["kind"]].model_validate(body)
        found.append(Part(kind=piece["kind"], key=piece["key"], title=piece["title"], body=shaped))
    return tuple(found)
