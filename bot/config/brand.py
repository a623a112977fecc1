"""The brand: its voice, preferred and banned words, required mentions and languages."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, Field, PrivateAttr

from bot.i18n.languages import Address, Language, load_languages
from bot.text.normalize import normalize_text

UNNAMED = "Your shop"  # a shop that has not set its name yet
HexColour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class TextSample(BaseModel, frozen=True, extra="forbid"):
    """A text written in the brand's voice."""

    text: str = Field(min_length=1)
    language: Language = "en"
    channel: str | None = None


class RequiredMention(BaseModel, frozen=True, extra="forbid"):
    """Text that must be in every draft for these channels; no channels: for all of them."""

    text: str = Field(min_length=1)
    language: Language | None = None
    channels: tuple[str, ...] = ()


PageAddress = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class Market(BaseModel, frozen=True, extra="forbid"):
    """What differs in one country. What is not set is the brand's own.

    `names` are further names that people use for the country. `prices` are the prices of products
    there, by handle; with a `currency` of its own, a product without a price here has none.
    `legal` is the country whose advertising law applies; without it, the market's own key."""

    language: Language
    names: tuple[str, ...] = ()
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    prices: dict[str, Annotated[Decimal, Field(ge=0)]] = {}
    sizes: str | None = None  # how sizes are written there: "UK sizes, 8 to 18"
    sender: str | None = Field(default=None, max_length=11)
    site: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    pages: dict[str, PageAddress] = {}  # as the brand's own `pages`
    signature: str | None = None
    sms_opt_out: str | None = None  # the words that an SMS there must contain
    legal: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    occasions: tuple[str, ...] = ()  # keys of occasions that count there; none: all


class Brand(BaseModel, frozen=True, extra="forbid"):
    """The settings of `brand.toml`. Only the name is required."""

    name: str = Field(min_length=1)
    sender: str | None = Field(default=None, max_length=11)  # the name an SMS starts with
    site: str | None = Field(
        default=None, pattern=r"^https?://[^\s]+$"
    )  # base URL of links, for example "https://shop.example"
    # of a range, by its category; "basket", where it is bought; "orders", where one sees them
    pages: dict[str, PageAddress] = {}
    service: tuple[str, ...] = ()  # what every order has: "Returns are free for 30 days."
    languages: tuple[Language, ...] = ("en",)
    address: Address = "vous"  # how texts speak to the reader, where a language has both forms
    signature: str | None = None
    signature_en: str | None = None  # for English texts; takes precedence over `signature`
    signature_fr: str | None = None
    signatures: dict[Language, str] = {}  # in any language: `signatures.fr` is `signature_fr`
    colours: tuple[HexColour, ...] = Field(default=(), max_length=2)  # of charts: "#1264a3"
    about: str | None = None  # one sentence about the brand
    use: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    samples: tuple[TextSample, ...] = ()
    mentions: tuple[RequiredMention, ...] = ()
    markets: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], Market] = {}  # by country

    _about_line: int | None = PrivateAttr(default=None)  # of `about` in brand.toml

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def about_line(self) -> int | None:
        return self._about_line

    def with_about_line(self, line: int | None) -> Self:
        """Return the brand with the line of its file that tells what it is about."""
        brand = self.model_copy()
        brand._about_line = line
        return brand

    def for_market(self, country: str | None, opt_out_channels: Iterable[str]) -> "Brand":
        """Return the brand as it is in that market: its language, sender, site, signature and the
        words of its SMS. `opt_out_channels` are the channels that say how to stop. Without such a
        market, the brand itself."""
        market = self.markets.get(country or "")
        if market is None:
            return self
        changed: dict[str, object] = {
            "languages": (market.language,),
            "sender": market.sender or self.sender,
            "site": self.find_site(country),
        }
        if market.signature:
            changed |= {"signature": market.signature, "signatures": {}}
            changed |= {"signature_en": None, "signature_fr": None}
        if market.sms_opt_out:
            only = tuple(sorted(opt_out_channels))
            other_mentions = (one for one in self.mentions if one.channels != only)
            opt_out = RequiredMention(text=market.sms_opt_out, channels=only)
            changed["mentions"] = (*other_mentions, opt_out)
        values = {name: getattr(self, name) for name in Brand.model_fields}
        brand = MarketBrand(**(values | changed), country=str(country))
        return brand.with_about_line(self.about_line)

    def list_occasions(self, country: str | None) -> tuple[str, ...]:
        """Return the keys of the occasions that count in that market; empty: all of them."""
        market = self.markets.get((country or "").upper())
        return market.occasions if market else ()

    def find_site(self, country: str | None) -> str | None:
        """Return the site for that market; without such a market, the brand's own."""
        market = self.markets.get(country or "")
        return (market.site if market else None) or self.site

    def find_page(self, name: str | None, country: str | None) -> str | None:
        """Return the page of that name for that market."""
        wanted = normalize_text(name or "")
        pages = self.list_pages(country).items()
        return next((page for known, page in pages if normalize_text(known) == wanted), None)

    def list_pages(self, country: str | None) -> dict[str, str]:
        """Return the pages for that market by name; the brand's own as well where its site is."""
        market = self.markets.get(country or "")
        if market is None:
            return self.pages
        return market.pages if market.site else {**self.pages, **market.pages}

    def list_mentions(self, language: Language, channel: str | None) -> list[RequiredMention]:
        """Return what a text in this language must mention in this channel."""
        return [
            one
            for one in self.mentions
            if one.language in (None, language) and (not one.channels or channel in one.channels)
        ]

    @property
    def link_sites(self) -> frozenset[str]:
        """The site of the brand and those of its markets."""
        sites = (self.site, *(market.site for market in self.markets.values()))
        return frozenset(site for site in sites if site)

    def get_signature(self, language: Language) -> str | None:
        """Return the signature for a language; without one of its own, the common signature."""
        return self.list_signatures().get(language) or self.signature

    def list_signatures(self) -> dict[Language, str]:
        own = {"en": self.signature_en, "fr": self.signature_fr, **self.signatures}
        return {language: signature for language, signature in own.items() if signature}

    def as_prompt(self) -> str:
        """The brand as text for the prompt. It is the same for every draft, so it can be cached."""
        country = self.country if isinstance(self, MarketBrand) else None
        lines = [f"name: {self.name}"]
        lines += [f"about: {self.about}"] if self.about else []
        lines += [f"an SMS starts with: {self.sender}"] if self.sender else []
        lines += [f"site: {self.site}"] if self.site else []
        lines += [f"page of {name}: {page}" for name, page in self.list_pages(country).items()]
        lines += [
            f"{table.name} texts say: {table.address[self.address].name}"
            for table in load_languages().values()
            if table.address
        ]
        lines += [
            f"signature of an e-mail ({language}): {signature}"
            for language in self.languages
            if (signature := self.get_signature(language))
        ]
        lines += self.describe_market()
        lines += [f"words we like: {', '.join(self.use)}"] if self.use else []
        lines += [f"words we never use: {', '.join(self.avoid)}"] if self.avoid else []
        lines += [
            f"always mention ({', '.join(m.channels) or 'all'}): {m.text}" for m in self.mentions
        ]
        lines += [f"sounds like us ({s.language}): {s.text}" for s in self.samples]
        return "\n".join(lines)

    def describe_market(self) -> list[str]:
        """Return the lines about the market for the prompt; none for the brand as a whole."""
        return []


class MarketBrand(Brand):
    country: str

    @property
    def market(self) -> Market:
        return self.markets[self.country]

    def describe_market(self) -> list[str]:
        market = self.market
        lines = [f"market: {self.country}, advertising law of {market.legal or self.country}"]
        lines += [f"currency there: {market.currency}"] if market.currency else []
        lines += [f"sizes there: {market.sizes}"] if market.sizes else []
        return lines
