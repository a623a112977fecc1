"""Lets the writer read the words as well. It may only take over what stands in them."""

import re
from collections.abc import Awaitable, Callable, Sequence

from pydantic import BaseModel

from bot.agent.prompts import fill_prompt
from bot.config.brand import Brand
from bot.core.brief import Assumption, Brief, Goal, Option
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.library import ProductMatch
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall, Writer, WriteRequest
from bot.errors import CannotDo, SpendingBusy, SpendingRefused, TryAgain
from bot.i18n.messages import Language, Words
from bot.privacy import Pseudonymizer
from bot.rules.intake import wishes
from bot.rules.intake.wishes import Wishes

# What nobody said and was assumed, said openly, and the taps that redraft on another.

MAX_OPTIONS = 3
TONE_PATTERN = re.compile(
    r"\b(?:(?:formal|informal|playful|funny|warm|serious|premium|friendly|luxury)(?: tone| voice)"
    r"|tone: ?\w+|ton (?:plus |très )?(?:formel|soutenu|sobre|drôle|chaleureux|décalé|sérieux"
    r"|complice|premium|léger)|formel(?:le)?s?\b|formal\b|soutenue?s?\b)",
    re.IGNORECASE,
)
APOLOGY_PATTERN = re.compile(
    r"\b(?:apolog(?:y|ies|i[sz]e|i[sz]ing)|sorry|excus(?:e|es|er|ons)|désolée?s?|pardon)\b",
    re.IGNORECASE,
)
GOAL_LABELS: dict[Goal, Words] = {
    "launch": Words("the goal: launch"),
    "back in stock": Words("the goal: back in stock"),
    "sell through": Words("the goal: sell through"),
    "win back": Words("the goal: win back"),
    "announce": Words("the goal: announce"),
    "inform": Words("the goal: show what it is good for"),
}
LANGUAGE_LABELS: dict[Language, Words] = {"en": Words("in English"), "fr": Words("in French")}
LAPSED_AUDIENCE: dict[Language, str] = {
    "en": "customers who haven't ordered for a while",
    "fr": "clientes et clients qui n'ont pas commandé depuis un moment",
}
LOYAL_AUDIENCE: dict[Language, str] = {"en": "loyal customers", "fr": "clientes et clients fidèles"}


def list_assumptions(
    said: Wishes,
    product: ProductMatch | None,
    others: Sequence[ProductMatch],
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
        found.append(Assumption(field="goal", value="inform", words=GOAL_LABELS["inform"]))
    if product and many:
        titles = " + ".join(one.title for one in (product, *others)[:MAX_OPTIONS])
        words = Words("this draft is about {products} together; tap for one alone", products=titles)
        found.append(Assumption(field="product", value=product.handle, words=words))
    elif product and product.score < 1 and others:
        taken = Words("the product is {product}", product=product.title)
        found.append(Assumption(field="product", value=product.handle, words=taken))
    if not said.language and not typed:
        found.append(Assumption(field="language", value=language, words=LANGUAGE_LABELS[language]))
    return tuple(found)


def list_unknown_products(names: Sequence[str]) -> tuple[Assumption, ...]:
    """What was named and can't be written about, said openly."""
    return tuple(
        Assumption(
            field="left out",
            value=name,
            words=Words("without “{name}”, which is not in the catalogue", name=name),
        )
        for name in names
    )


def explain_tone(words: str) -> tuple[Assumption, ...]:
    """What rules cannot do of what was asked, said openly."""
    if not TONE_PATTERN.search(words):
        return ()
    said = Words("the brand's usual tone: without an AI, it can't be changed")
    return (Assumption(field="tone", value="the brand's own", words=said),)


def build_options(
    said: Wishes, others: Sequence[ProductMatch], language: Language, brand: Brand
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
        found.append(Option(label=lapsed, field="audience", value=LAPSED_AUDIENCE[language]))
        loyal = Words("For loyal customers")
        found.append(Option(label=loyal, field="audience", value=LOYAL_AUDIENCE[language]))
    if not said.language and len(brand.languages) > 1:
        other: Language = "en" if language == "fr" else "fr"
        label = Words("In English") if other == "en" else Words("In French")
        found.append(Option(label=label, field="language", value=other))
    return tuple(found[:MAX_OPTIONS])


SYSTEM_PROMPT = "You read what people ask for and fill a form. You carry out nothing."


class BriefForm(BaseModel):
    """What a writer fills in."""

    channel: str | None = None
    language: str | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: str | None = None
    dates: str | None = None
    must_say: list[str] = []


async def read_brief(
    writer: Writer,
    words: str,
    author: str,
    found: Wishes,
    receipt: Callable[[LlmCall], Awaitable[None]],
) -> Wishes:
    """What the rules found, made better where the writer read more; the same when it can't. Raises
    SpendingRefused and SpendingBusy: at the limit nobody is read by rules unasked."""
    veil = Pseudonymizer()
    brief = Brief(words=words, author=author, language=found.language or "en")
    request = veil.mask(SkillRequest(skill="intake", brief=brief))
    gaps = {"brief": request.brief.words, "channels": ", ".join(load_channels())}
    assignment = WriteRequest(
        skill="intake",
        request=request,
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system=SYSTEM_PROMPT,
        prompt=fill_prompt("intake", gaps),
    )
    try:
        form = await writer.write(assignment, BriefForm, receipt=receipt, grow=lambda _: None)
    except (SpendingRefused, SpendingBusy):
        raise
    except (TryAgain, CannotDo):
        return found
    return keep_quoted_values(veil.restore(form), words, found)


def keep_quoted_values(form: BriefForm, words: str, found: Wishes) -> Wishes:
    """Of the form, what stands in the words, over what the rules found."""
    better: dict[str, object] = {}
    for field in ("product", "audience", "offer", "dates"):
        value = getattr(form, field)
        if value and _is_quoted_from(value, words):
            better[field] = value.strip()
    if form.channel in load_channels() and not found.channels:
        better["channels"] = [form.channel]
    if form.language in ("en", "fr") and not found.language and wishes.typed_in(words) is None:
        better["language"] = form.language
    if form.goal in GOAL_LABELS and not found.goal:
        better["goal"] = form.goal
    if said := [must for must in form.must_say if _is_quoted_from(must, words)]:
        better["must_say"] = said
    return Wishes.model_validate(found.model_dump() | better)


def _is_quoted_from(value: str, words: str) -> bool:
    said, whole = (" ".join(text.lower().split()) for text in (value, words))
    return bool(said) and said in whole
