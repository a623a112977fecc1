"""Whom we speak as: voice, words to use and to avoid, what must be mentioned, languages."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.i18n.messages import Language

HexColour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class TextSample(BaseModel):
    """A text that sounds like us."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    language: Language = "en"
    channel: str | None = None


class RequiredMention(BaseModel):
    """Words that must be in every text of these channels (all channels when none is named)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    language: Language | None = None
    channels: tuple[str, ...] = ()


class Brand(BaseModel):
    """`brand.toml`, one table. Only the name is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    sender: str | None = Field(default=None, max_length=11)  # the name an SMS starts with
    site: str | None = Field(
        default=None, pattern=r"^https?://[^\s]+$"
    )  # where links lead, e.g. "https://shop.example"
    languages: tuple[Language, ...] = ("en",)
    address: Literal["tu", "vous"] = "vous"  # how French texts speak to the reader
    signature: str | None = None
    signature_en: str | None = None  # of English texts alone, in place of `signature`
    signature_fr: str | None = None
    colours: tuple[HexColour, ...] = Field(default=(), max_length=2)  # of pictures: "#1264a3"
    about: str | None = None  # one sentence on who we are
    use: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    samples: tuple[TextSample, ...] = ()
    mentions: tuple[RequiredMention, ...] = ()

    def signed(self, language: Language) -> str | None:
        """How texts of that language are signed: as one language's own, else as all are."""
        own = self.signature_fr if language == "fr" else self.signature_en
        return own or self.signature

    def as_prompt(self) -> str:
        """The brand as a block for the writer. It is the same for every draft, so it is cached."""
        lines = [f"name: {self.name}"]
        lines += [f"about: {self.about}"] if self.about else []
        lines += [f"French texts say: {self.address}"]
        lines += [f"words we like: {', '.join(self.use)}"] if self.use else []
        lines += [f"words we never use: {', '.join(self.avoid)}"] if self.avoid else []
        lines += [
            f"always mention ({', '.join(m.channels) or 'all'}): {m.text}" for m in self.mentions
        ]
        lines += [f"sounds like us ({s.language}): {s.text}" for s in self.samples]
        return "\n".join(lines)
