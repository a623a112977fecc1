"""The brand: its voice, preferred and banned words, required mentions and languages."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.i18n.messages import Language

HexColour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class TextSample(BaseModel):
    """A text written in the brand's voice."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    language: Language = "en"
    channel: str | None = None


class RequiredMention(BaseModel):
    """Text that must be in every draft for these channels; no channels: for all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    language: Language | None = None
    channels: tuple[str, ...] = ()


class Brand(BaseModel):
    """The settings of `brand.toml`. Only the name is required."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    sender: str | None = Field(default=None, max_length=11)  # the name an SMS starts with
    site: str | None = Field(
        default=None, pattern=r"^https?://[^\s]+$"
    )  # base URL of links, for example "https://shop.example"
    languages: tuple[Language, ...] = ("en",)
    address: Literal["tu", "vous"] = "vous"  # how French texts speak to the reader
    signature: str | None = None
    signature_en: str | None = None  # for English texts; takes precedence over `signature`
    signature_fr: str | None = None
    colours: tuple[HexColour, ...] = Field(default=(), max_length=2)  # of charts: "#1264a3"
    about: str | None = None  # one sentence about the brand
    use: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    samples: tuple[TextSample, ...] = ()
    mentions: tuple[RequiredMention, ...] = ()

    def get_signature(self, language: Language) -> str | None:
        """Return the signature for a language; without one of its own, the common signature."""
        own = self.signature_fr if language == "fr" else self.signature_en
        return own or self.signature

    def as_prompt(self) -> str:
        """The brand as text for the prompt. It is the same for every draft, so it can be cached."""
        lines = [f"name: {self.name}"]
        lines += [f"about: {self.about}"] if self.about else []
        lines += [f"an SMS starts with: {self.sender}"] if self.sender else []
        lines += [f"site: {self.site}"] if self.site else []
        lines += [f"French texts say: {self.address}"]
        lines += [
            f"signature of an e-mail ({language}): {signature}"
            for language in self.languages
            if (signature := self.get_signature(language))
        ]
        lines += [f"words we like: {', '.join(self.use)}"] if self.use else []
        lines += [f"words we never use: {', '.join(self.avoid)}"] if self.avoid else []
        lines += [
            f"always mention ({', '.join(m.channels) or 'all'}): {m.text}" for m in self.mentions
        ]
        lines += [f"sounds like us ({s.language}): {s.text}" for s in self.samples]
        return "\n".join(lines)
