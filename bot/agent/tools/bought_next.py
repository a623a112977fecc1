"""What customers buy after, or together with, a product or a category. With relation "next": the
next order after it, with the share of these orders, the share among all next orders and how many
times more often. With "together": products or categories that the same customers own; of a
group of several products, “customers” have at least two of them. Without a product or category: the
strongest pairs of the whole shop.
Not for who will buy (forecast), nor for best sellers (find_products).
Example: {"relation": "next", "product": "linen-shirt", "category": "none", "country": "none",
"source": "none", "device": "none", "since": "none", "until": "none"}
"""

from collections.abc import Sequence
from typing import Literal

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import build_filter, find_analysis
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.facts import Fact
from bot.i18n.messages import Words

NEXT_COLUMNS = {
    "share": Words("Of these next orders"),
    "at-large": Words("Of all next orders"),
    "lift": Words("Times more often"),
    "purchases": Words("Orders"),
}
TOGETHER_COLUMNS = {
    "products": Words("Products"),
    "customers": Words("Customers"),
    "share-of-customers": Words("Share of customers"),
    "lift": Words("Times more often"),
}
LEFT_OUT = ("compared",)


class Params(ToolParams):
    relation: Literal["next", "together"]
    product: str
    category: str
    country: str
    source: str
    device: str
    since: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    where = build_filter(params)
    is_next = params.relation == "next"
    if where.product and where.category:
        raise ToolError("Name a product or a category, not both.")
    finding = await (
        find_analysis(deps, "behaviour", where, part="find_bought_next")
        if is_next
        else find_analysis(deps, "segments", where, part="find_bought_together")
    )
    chosen = [fact for fact in finding.result.facts if _is_told(fact)]
    facts = finding.prepare(chosen)
    pairs = [fact for fact in facts if fact.parts.subject.split("--")[0] != "after"]
    notes = [
        "“lift”: how many times more often than among all; “more often”: beyond chance; “ordinary "
        "lift”: what is usual for such pairs."
    ]
    if any(fact.parts.subject.startswith("taste-") for fact in facts):
        notes.append("Customers of a group of products have at least two of these, not all.")
    if not any(fact.parts.measure == "lift" for fact in facts):
        notes.append("Nothing is bought after or with it more often than chance explains.")
    elif not (where.product or where.category):
        notes.append("Name a product or a category to see what belongs to it.")
    return finding.build_result(
        facts,
        title=Words("bought next") if is_next else Words("bought together"),
        exhibits=[
            exhibit
            for kind, group in _split_kinds(pairs).items()
            for exhibit in _build_form(kind, is_next=is_next).build(group, finding.language)
        ],
        notes=notes,
    )


def _build_form(kind: str, *, is_next: bool) -> GroupExhibit:
    heading = Words("Bought")
    if is_next:
        return GroupExhibit(f"{kind} bought next", heading, NEXT_COLUMNS, bars="share")
    shows = f"{kind} that the same customers buy"
    return GroupExhibit(shows, heading, TOGETHER_COLUMNS, bars="customers")


def _split_kinds(pairs: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Return products and categories apart: a chart of both would compare parts with wholes."""
    kinds: dict[str, list[Fact]] = {}
    for fact in pairs:
        is_product = fact.parts.subject.startswith("after-product-")
        kinds.setdefault("products" if is_product else "things", []).append(fact)
    return kinds


def _is_told(fact: Fact) -> bool:
    measure = fact.parts.measure
    return measure not in LEFT_OUT and not (measure == "verdict" and fact.value == "as always")
