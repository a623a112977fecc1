"""What nobody said and was assumed, said openly, and the taps that redraft on another."""

import re
from collections.abc import Sequence

from bot.config.brand import Brand
from bot.core.brief import Assumption, Goal, Option
from bot.core.library import Found
from bot.i18n.messages import Language, Words
from bot.rules.intake.wishes import Wishes

MOST_OPTIONS = 3
TONE = re.compile(
    r"\b(?:(?:formal|informal|playful|funny|warm|serious|premium|friendly|luxury)(?: tone| voice)"
    r"|tone: ?\w+|ton (?:plus |très )?(?:formel|soutenu|sobre|drôle|chaleureux|décalé|sérieux"
    r"|complice|premium|léger)|formel(?:le)?s?\b|formal\b|soutenue?s?\b)",
    re.IGNORECASE,
)
SORRY = re.compile(
    r"\b(?:apolog(?:y|ies|i[sz]e|i[sz]ing)|sorry|excus(?:e|es|er|ons)|désolée?s?|pardon)\b",
    re.IGNORECASE,
)
GOALS: dict[Goal, Words] = {
    "launch": Words("the goal: launch"),
    "back in stock": Words("the goal: back in stock"),
    "sell through": Words("the goal: sell through"),
    "win back": Words("the goal: win back"),
    "announce": Words("the goal: announce"),
    "inform": Words("the goal: show what it is good for"),
}
LANGUAGES: dict[Language, Words] = {"en": Words("in English"), "fr": Words("in French")}
LAPSED: dict[Language, str] = {
    "en": "customers who haven't ordered for a while",
    "fr": "clientes et clients qui n'ont pas commandé depuis un moment",
}
LOYAL: dict[Language, str] = {"en": "loyal customers", "fr": "clientes et clients fidèles"}


def assumptions(
    said: Wishes,
    product: Found | None,
    others: Sequence[Found],
    language: Language,
    typed: bool,
    *,
    many: bool = False,
    notice: bool = False,
) -> tuple[Assumption, ...]:
    """`typed` is whether the language could be told from the words themselves, `many` whether the
    wish named the others too: the draft is about them all, and about one on a tap. A `notice`
    sells nothing, and has no goal to assume."""
    found = []
    if not said.channels:
        found.append(Assumption(field="channels", value="email", words=Words("an e-mail")))
    if not said.audience:
        everyone = Words("everyone on your list")
        found.append(Assumption(field="audience", value="everyone", words=everyone))
    if not said.goal and not notice:
        found.append(Assumption(field="goal", value="inform", words=GOALS["inform"]))
    if product and many:
        titles = " + ".join(one.title for one in (product, *others)[:MOST_OPTIONS])
        words = Words("this draft is about {products} together; tap for one alone", products=titles)
        found.append(Assumption(field="product", value=product.handle, words=words))
    elif product and product.score < 1 and others:
        taken = Words("the product is {product}", product=product.title)
        found.append(Assumption(field="product", value=product.handle, words=taken))
    if not said.language and not typed:
        found.append(Assumption(field="language", value=language, words=LANGUAGES[language]))
    return tuple(found)


def left_out(names: Sequence[str]) -> tuple[Assumption, ...]:
    """What was named and can't be written about, said openly."""
    return tuple(
        Assumption(
            field="left out",
            value=name,
            words=Words("without “{name}”, which is not in the catalogue", name=name),
        )
        for name in names
    )


def tone(words: str) -> tuple[Assumption, ...]:
    """What rules cannot do of what was asked, said openly."""
    if not TONE.search(words):
        return ()
    said = Words("the brand's usual tone: without an AI, it can't be changed")
    return (Assumption(field="tone", value="the brand's own", words=said),)


def options(
    said: Wishes, others: Sequence[Found], language: Language, brand: Brand
) -> tuple[Option, ...]:
    """Up to three taps: another product, another channel, another audience, another language."""
    found = [
        Option(label=Words("About {product}", product=o.title), field="product", value=o.handle)
        for o in others
    ]
    if not said.channels:
        found.append(Option(label=Words("As an SMS"), field="channels", value="sms"))
    if not said.audience:
        lapsed = Words("For those who haven't ordered for a while")
        found.append(Option(label=lapsed, field="audience", value=LAPSED[language]))
        loyal = Words("For loyal customers")
        found.append(Option(label=loyal, field="audience", value=LOYAL[language]))
    if not said.language and len(brand.languages) > 1:
        other: Language = "en" if language == "fr" else "fr"
        label = Words("In English") if other == "en" else Words("In French")
        found.append(Option(label=label, field="language", value=other))
    return tuple(found[:MOST_OPTIONS])
