"""What the team says about its brand, as facts."""

from collections.abc import Iterator
from datetime import date

from bot.config.brand import Brand
from bot.core.facts import Fact, Source

MENTION = "brand.mention"  # beginning of the ids of what every text of a channel has
SAID = ("brand.about", "brand.service")  # beginnings of the ids of what copy may say


def list_brand_facts(brand: Brand | None) -> Iterator[Fact]:
    """The brand's own words, set by the team: they prove what they say."""
    if brand is None:
        return
    fields = ("sender", "site", "about", "signature")
    texts = {name: getattr(brand, name) for name in fields}
    texts |= {f"signature_{one}": text for one, text in brand.list_signatures().items()}
    texts |= {f"service.{n}": text for n, text in enumerate(brand.service, 1)}
    pages = (brand.pages, *(market.pages for market in brand.markets.values()))
    known = dict.fromkeys(page for one in pages for page in one.values())
    texts |= {f"page.{n}": page for n, page in enumerate(known, 1)}
    texts |= {f"mention.{n}": mention.text for n, mention in enumerate(brand.mentions, 1)}
    for name, text in texts.items():
        if text:
            line = brand.about_line if name == "about" else None
            source = Source("brand.toml", line=line)
            yield Fact(id=f"brand.{name}", label="brand", value=text, source=source, as_of=date.min)
