"""Complete a brief with what the language model reads in a person's words.

Rules read the words first. The model may add a value only when that value is quoted from the words.
The module also lists the assumptions of a brief and the options that change them.
"""

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
    stated: Wishes,
    product: ProductMatch | None,
    alternatives: Sequence[ProductMatch],
    language: Language,
    is_language_known: bool,
    *,
    about_several: bool = False,
    is_notice: bool = False,
) -> tuple[Assumption, ...]:
    """List what the draft assumes because the words do not say it.

    `is_language_known`: the language was detected in the words themselves. `about_several`: the
    words name the alternatives too, so the draft covers all of them. `is_notice`: the text sells
    nothing, so no goal is assumed."""
    assumptions = []
    if not stated.channels:
        assumptions.append(Assumption(field="channels", value="email", words=Words("an e-mail")))
    if not stated.audience:
        everyone = Words("everyone on your list")
        assumptions.append(Assumption(field="audience", value="everyone", words=everyone))
    if not stated.goal and not is_notice:
        assumptions.append(Assumption(field="goal", value="inform", words=GOAL_LABELS["inform"]))
    if product and about_several:
        titles = " + ".join(one.title for one in (product, *alternatives)[:MAX_OPTIONS])
        words = Words("this draft is about {products} together; tap for one alone", products=titles)
        assumptions.append(Assumption(field="product", value=product.handle, words=words))
    elif product and product.score < 1 and alternatives:
        words = Words("the product is {product}", product=product.title)
        assumptions.append(Assumption(field="product", value=product.handle, words=words))
    if not stated.language and not is_language_known:
        assumptions.append(
            Assumption(field="language", value=language, words=LANGUAGE_LABELS[language])
        )
    return tuple(assumptions)


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


def explain_tone(words: str) -> tuple[Assumption, ...]:
    """Say that a tone was asked for, which the rules cannot change."""
    if not TONE_PATTERN.search(words):
        return ()
    explanation = Words("the brand's usual tone: without an AI, it can't be changed")
    return (Assumption(field="tone", value="the brand's own", words=explanation),)


def build_options(
    stated: Wishes, alternatives: Sequence[ProductMatch], language: Language, brand: Brand
) -> tuple[Option, ...]:
    """Return up to three buttons, each of which redrafts with another value of one field."""
    options = [
        Option(label=Words("About {product}", product=o.title), field="product", value=o.handle)
        for o in alternatives
    ]
    if not stated.channels:
        options.append(Option(label=Words("As an SMS"), field="channels", value="sms"))
    if not stated.audience:
        lapsed = Words("For those who haven't ordered for a while")
        options.append(Option(label=lapsed, field="audience", value=LAPSED_AUDIENCE[language]))
        loyal = Words("For loyal customers")
        options.append(Option(label=loyal, field="audience", value=LOYAL_AUDIENCE[language]))
    if not stated.language and len(brand.languages) > 1:
        other: Language = "en" if language == "fr" else "fr"
        label = Words("In English") if other == "en" else Words("In French")
        options.append(Option(label=label, field="language", value=other))
    return tuple(options[:MAX_OPTIONS])


SYSTEM_PROMPT = "You read what people ask for and fill a form. You carry out nothing."


class BriefForm(BaseModel):
    """The fields that the language model fills in."""

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
    by_rules: Wishes,
    receipt: Callable[[LlmCall], Awaitable[None]],
) -> Wishes:
    """Return the result of the rules, completed by the model, or unchanged when the call fails.

    Raises SpendingRefused and SpendingBusy: at the spending limit the request must stop, not fall
    back to the rules unnoticed."""
    pseudonymizer = Pseudonymizer()
    brief = Brief(words=words, author=author, language=by_rules.language or "en")
    request = pseudonymizer.mask(SkillRequest(skill="intake", brief=brief))
    prompt_values = {"brief": request.brief.words, "channels": ", ".join(load_channels())}
    assignment = WriteRequest(
        skill="intake",
        request=request,
        evidence=Evidence(),
        brand=Brand(name="-"),
        channel=None,
        system=SYSTEM_PROMPT,
        prompt=fill_prompt("intake", prompt_values),
    )
    try:
        form = await writer.write(assignment, BriefForm, receipt=receipt, grow=lambda _: None)
    except (SpendingRefused, SpendingBusy):
        raise
    except (TryAgain, CannotDo):
        return by_rules
    return keep_quoted_values(pseudonymizer.restore(form), words, by_rules)


def keep_quoted_values(form: BriefForm, words: str, by_rules: Wishes) -> Wishes:
    """Merge into `by_rules` the fields of the form that are quoted from `words`."""
    changes: dict[str, object] = {}
    for field in ("product", "audience", "offer", "dates"):
        value = getattr(form, field)
        if value and _is_quoted_from(value, words):
            changes[field] = value.strip()
    if form.channel in load_channels() and not by_rules.channels:
        changes["channels"] = [form.channel]
    if form.language in ("en", "fr") and not by_rules.language and wishes.typed_in(words) is None:
        changes["language"] = form.language
    if form.goal in GOAL_LABELS and not by_rules.goal:
        changes["goal"] = form.goal
    if quoted := [must for must in form.must_say if _is_quoted_from(must, words)]:
        changes["must_say"] = quoted
    return Wishes.model_validate(by_rules.model_dump() | changes)


def _is_quoted_from(value: str, words: str) -> bool:
    value_text, all_text = (" ".join(text.lower().split()) for text in (value, words))
    return bool(value_text) and value_text in all_text
