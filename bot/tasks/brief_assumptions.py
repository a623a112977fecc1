"""The assumptions of a brief, and the options that change them."""

from collections.abc import Sequence
from typing import Protocol

from bot.config.brand import Brand
from bot.core.channels import get_default_channel, load_channels
from bot.core.library import ProductMatch
from bot.core.request import GOAL_AUDIENCES, Assumption, Option
from bot.i18n.languages import get_language
from bot.i18n.messages import Language, Words, join_words

MAX_OPTIONS = 3
INFORM = Words("goal: show what it is good for")


class StatedFields(Protocol):
    """What the words of a request say, as far as assumptions and options depend on it."""

    @property
    def channels(self) -> Sequence[str]: ...
    @property
    def audience(self) -> str | None: ...
    @property
    def goal(self) -> str | None: ...
    @property
    def offer(self) -> str | None: ...
    @property
    def language(self) -> str | None: ...


def list_assumptions(
    stated: StatedFields,
    language: Language,
    product: ProductMatch | None = None,
    alternatives: Sequence[ProductMatch] = (),
    *,
    is_language_known: bool = True,
    is_product_clear: bool = True,
    is_notice: bool = False,
) -> tuple[Assumption, ...]:
    """List what the draft assumes because the words do not say it.

    `is_language_known`: the language was detected in the words themselves. `is_product_clear`: no
    word beside the product's name stayed unread. `is_notice`: the text sells nothing, so no goal is
    assumed; an offer says its goal itself."""
    assumptions = []
    if not stated.channels:
        channel = get_default_channel()
        assumptions.append(
            Assumption(field="channels", value=channel.key, words=Words(channel.title))
        )
    if not _names_people(stated) and has_recipients(stated.channels):
        everyone = Words("your whole list")
        assumptions.append(Assumption(field="audience", value="everyone", words=everyone))
    if not (stated.goal or stated.offer or is_notice):
        assumptions.append(Assumption(field="goal", value="inform", words=INFORM))
    if product and product.score < 1 and (alternatives or not is_product_clear):
        words = Words("the product is {product}", product=product.title)
        assumptions.append(Assumption(field="product", value=product.handle, words=words))
    if not stated.language and not is_language_known:
        assumptions.append(
            Assumption(field="language", value=language, words=Words(get_language(language).phrase))
        )
    return tuple(assumptions)


def _names_people(stated: StatedFields) -> bool:
    """Whether the words or the goal say for whom the text is."""
    return bool(stated.audience) or stated.goal in GOAL_AUDIENCES


def has_recipients(channels: Sequence[str]) -> bool:
    """Whether readers of a text are chosen: of those channels, or of the default one, at least one
    is not public."""
    keys = channels or (get_default_channel().key,)
    return not all(load_channels()[key].is_public for key in keys)


def list_unknown_products(names: Sequence[str]) -> tuple[Assumption, ...]:
    """List the products that the words name and the catalogue does not have."""
    return tuple(
        Assumption(
            field="left out",
            value=name,
            words=Words("without “{name}”, which is not in the catalogue", name=name),
        )
        for name in names
    )


def build_options(
    stated: StatedFields,
    language: Language,
    brand: Brand,
    alternatives: Sequence[ProductMatch] = (),
) -> tuple[Option, ...]:
    """Return up to three buttons, each of which redrafts with another value of one field."""
    options = [
        Option(label=Words("About {product}", product=o.title), field="product", value=o.handle)
        for o in alternatives
    ]
    if not stated.channels:
        channel = list(load_channels().values())[1]
        label = Words("As {channel}", channel=Words(channel.title))
        options.append(Option(label=label, field="channels", value=channel.key))
    if not _names_people(stated) and has_recipients(stated.channels):
        groups = get_language(language).audiences
        lapsed = Words("For those who haven't ordered for a while")
        options.append(Option(label=lapsed, field="audience", value=groups.lapsed))
        loyal = Words("For loyal customers")
        options.append(Option(label=loyal, field="audience", value=groups.loyal))
    if not stated.language and len(brand.languages) > 1:
        options += [
            Option(label=Words(get_language(other).option), field="language", value=other)
            for other in brand.languages
            if other != language
        ]
    return tuple(options[:MAX_OPTIONS])


def explain_unsupported(things: Sequence[str]) -> Words:
    """Return the line on what we don't do, and on what we do instead."""
    titles = [Words(channel.title) for channel in load_channels().values()]
    return Words(
        "I can't do {what} yet. I can: {list}.", what=", ".join(things), list=join_words(titles)
    )
