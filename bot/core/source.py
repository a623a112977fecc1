"""Where a fact is from: a file and a line, or a source of the bot's own."""

import re
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from bot.i18n.messages import Words, format_value

# What stands where a file's name would: what comes in by itself, and other sources.
INTERNAL_SOURCES = {
    words.text: words
    for words in (
        Words("live rows"),
        Words("this conversation"),
        Words("edit"),
        Words("own text"),
        Words("send-back"),
        Words("the catalogue"),
        Words("the team"),
    )
}
PARTS_KEY = "source_parts"  # in stored JSON, beside the source as text


class Source(BaseModel):
    """`Source("shop.csv", line=12)`. `file` is a file's name, or one of INTERNAL_SOURCES."""

    model_config = ConfigDict(frozen=True)
    file: str
    more: int = 0  # how many other files
    line: int | None = None
    days_old: int | None = None  # only in facts of earlier editions
    details: tuple[str, ...] = ()  # of a quote: which text it is, and where it was written

    def __init__(self, file: str, **fields: Any) -> None:
        super().__init__(file=file, **fields)

    def with_details(self, *details: str | None) -> "Source":
        """Return a copy that also says which text of the file is meant; skip empty details."""
        given = tuple(one for one in details if one)
        return self.model_copy(update={"details": (*self.details, *given)})

    @property
    def without_age(self) -> "Source":
        return self.model_copy(update={"days_old": None})

    @property
    def whole_file(self) -> "Source":
        return Source(self.file, more=self.more)

    def words(self) -> Words | str:
        """Return a plain file name as it is, more as a sentence: "orders.csv and 2 more"."""
        said: Words | str = INTERNAL_SOURCES.get(self.file, self.file)
        if self.more:
            said = Words.count("{file} and {n} more", "{file} and {n} more", self.more, file=said)
        if self.line is not None:
            said = Words("{file}, line {n}", file=said, n=str(self.line))
        if self.days_old is not None:
            said = Words("{file}, {n} days old", file=said, n=self.days_old)
        if self.details:
            said = Words("{file}, {details}", file=said, details=", ".join(self.details))
        return said

    def to(self, language: str) -> str:
        """Return the source as text in that language."""
        return format_value(self.words(), language)

    def __str__(self) -> str:
        """Return the English text: it is stored, and the AI reads it."""
        text = f"{self.file} and {self.more} more" if self.more else self.file
        text = text if self.line is None else f"{text}, line {self.line}"
        text = text if self.days_old is None else f"{text}, {self.days_old} days old"
        return ", ".join((text, *self.details))


NO_SOURCE = Source("-")  # of what is said rather than looked up


_LINE = re.compile(r"(.+), line (\d+)")
_OLD = re.compile(r"(.+), (\d+) days old")
_MORE = re.compile(r"(.+) and (\d+) more")


def parse_legacy_source(text: str) -> Source:
    """Parse a source that an earlier edition stored as text."""
    found = _parse(text)
    return found if str(found) == text else Source(text)


def _parse(text: str) -> Source:
    for pattern, field in ((_LINE, "line"), (_OLD, "days_old"), (_MORE, "more")):
        if found := pattern.fullmatch(text):
            return _parse(found[1]).model_copy(update={field: int(found[2])})
    file, *details = text.split(", ")
    return _parse(file).with_details(*details) if details else Source(text)


def _read_source(source: Any) -> Any:
    return parse_legacy_source(source) if isinstance(source, str) else source


ReadSource = Annotated[Source, BeforeValidator(_read_source)]  # a text of an earlier edition, too


class SourcedModel(BaseModel):
    """A model with a source. Its JSON has the source as a text, which every edition reads; what
    the text would have to be parsed for stands beside it, under PARTS_KEY."""

    # Validators of single fields: one before the whole model would have JSON read as Python, and a
    # stored number, which is JSON text, would stay text.
    source: ReadSource
    source_parts: dict[str, Any] | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _use_parts(self) -> Self:
        if self.source_parts is not None:
            vars(self)["source"] = Source(**self.source_parts)
            vars(self)["source_parts"] = None
        return self

    @model_serializer(mode="wrap")
    def _write_source(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if "source" in data:
            data["source"] = str(self.source)
            plain = Source(data["source"])
            if self.source != plain or parse_legacy_source(data["source"]) != plain:
                data[PARTS_KEY] = self.source.model_dump(mode="json", exclude_defaults=True)
        return data
