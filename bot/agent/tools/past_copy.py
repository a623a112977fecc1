"""The approved or sent texts that are nearest to what is to be written, with subject, text and
results such as the open rate. For the brand's voice and for what worked; they prove nothing about a
product. `words` may be the subject lines or codes of up to three campaigns, whose texts come first.
`channel` is a key such as email, sms or instagram_post, or "none" for all; `occasion` is the key of
an occasion such as noel, whose time of year comes first.
Not for counting or comparing campaigns (query_metrics).
Example: {"words": "winter sale bed linen", "channel": "email", "product": "none",
"occasion": "soldes_hiver"}
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import find_product, group_by_subject, read_text, run_query
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.channels import load_channels
from bot.core.facts import Fact
from bot.drafts.occasions import load_occasions, set_occasion_days
from bot.i18n.messages import Words, quote_name

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

MAX_TEXTS = 5
EXHIBIT = GroupExhibit(
    "earlier texts with their results",
    Words("Campaign"),
    {"text": Words("Text"), "open-rate": Words("Opened")},
)


class Params(ToolParams):
    words: str
    channel: str
    product: str
    occasion: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    words, channel = read_text(params.words), read_text(params.channel)
    if channel and channel not in load_channels():
        raise ToolError(
            f"There is no channel “{channel}”. There are: {', '.join(load_channels())}."
        )
    name = read_text(params.product)
    product = await find_product(name, deps) if name else None
    asked = " ".join(filter(None, (words, product.title if product else "")))
    if not asked:
        raise ToolError("Say in words what the text is about, or name a product.")
    occasion = read_text(params.occasion)
    if occasion and occasion not in load_occasions():
        raise ToolError(
            f"There is no occasion “{occasion}”. There are: {', '.join(load_occasions())}."
        )
    brief = deps.request.brief.model_copy(
        update={
            "words": asked,
            "product": product.handle if product else None,
            "product_words": product.title if product else None,
            "occasion": occasion or deps.request.brief.occasion,
        }
    )
    brief = set_occasion_days(brief, deps.today)
    request = deps.request.model_copy(update={"brief": brief, "channel": channel})
    groups = group_by_subject(await deps.data.look_up("past_copy", request))
    chosen = {code: groups[code] for code in [*groups][:MAX_TEXTS]}
    shown = await _name_texts(chosen, deps) if chosen else []
    notes = [] if shown else [await _explain_nothing(deps)]
    if shown and brief.occasion and brief.since:
        notes.append("Texts of the time of year of the occasion come first.")
    if len(groups) > MAX_TEXTS:
        notes.append(f"{len(groups) - MAX_TEXTS} more texts are left out.")
    return ToolResult(
        facts=tuple(shown),
        exhibits=EXHIBIT.build(shown, deps.request.language),
        notes=tuple(notes),
        read_as=Words("earlier texts like: {words}", words=asked).to(deps.request.language),
    )


async def _explain_nothing(deps: ToolDeps) -> str:
    """Say that nothing was found by these words, where texts were sent: not that there is none."""
    from bot.data.analyses.campaigns.mailings import describe_sent_texts

    sent = await run_query(deps, describe_sent_texts)
    if not sent:
        return "No text was sent yet."
    return (
        f"None was found by these words, which does not mean that there is none: {sent} Search in "
        "the words and the language of these texts, by an audience, or by an occasion."
    )


async def _name_texts(groups: Mapping[str, Sequence[Fact]], deps: ToolDeps) -> list[Fact]:
    """Return the facts of each text, which say what its campaign is called."""
    from bot.data.metrics.campaign_names import name_campaign

    language = deps.request.language

    def load(warehouse: "Warehouse") -> dict[str, str]:
        return {code: name_campaign(warehouse, code, language) for code in groups}

    names = await run_query(deps, load)
    for code, facts in groups.items():
        subject = next((str(one.value) for one in facts if one.parts.measure == "subject"), "")
        names[code] = quote_name(subject).to(language) if subject else names[code]
    return [
        fact if fact.about else fact.model_copy(update={"about": names[code]})
        for code, facts in groups.items()
        for fact in facts
    ]
