"""The list of the customers who spent most. Code writes it, with and without an AI, for a person
with the right to see people who asks in private."""

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bot.core.audience_words import describe_orders
from bot.core.facts import ONE_CUSTOMER_NOTICE, Evidence, Fact, FactId
from bot.core.parts import Copy, Table
from bot.core.report import MissingData, Report
from bot.core.request import SkillRequest
from bot.i18n.messages import Words, format_value

if TYPE_CHECKING:
    from bot.data.metrics.query.customer_ranking import TopCustomersQuery
    from bot.data.service import WorkspaceData
    from bot.data.warehouse.warehouse import Warehouse

MAX_SECONDS = 30.0
SHOWN_CHARACTERS = 8  # of a masked id
ONE_CUSTOMER = Words(
    "That is one customer's own figure: it takes the right see_people, which an administrator "
    "gives in policy.toml."
)
ONE_CUSTOMER_IN_PRIVATE = Words(
    "That is one customer's own figure, which I tell you alone: begin your question with “just for "
    "me”."
)
COLUMNS = (Words("Customer"), Words("Spent"), Words("Orders"), Words("Last order"))


class AskerContext(Protocol):
    """Who asks, where, and the data that they ask. The facts told become its evidence."""

    request: SkillRequest
    evidence: Evidence

    @property
    def data(self) -> "WorkspaceData": ...

    @property
    def is_private(self) -> bool: ...

    async def may(self, right: str) -> bool: ...


async def write_top_customers(
    ctx: AskerContext, query: "TopCustomersQuery"
) -> Report | MissingData:
    """Write the list, or say which right it takes and where to ask."""
    language, may_see_people = ctx.request.language, await ctx.may("see_people")
    if not (may_see_people and ctx.is_private):
        text = ONE_CUSTOMER_IN_PRIVATE if may_see_people else ONE_CUSTOMER
        return MissingData(answer=Copy(text=text.to(language)))
    found = await ctx.data.run_limited(partial(_find_spent, query=query), MAX_SECONDS)
    if not found:
        none = Words("No orders of known customers are in the data for this.")
        return MissingData(answer=Copy(text=none.to(language)))
    ctx.evidence = Evidence(facts=tuple(fact for fact, _ in found))
    ids = tuple(fact.id for fact, _ in found)
    currency = found[0][0].unit or ""
    rows = tuple(
        (one.about, one.shown(language), *(format_value(v, language) for v in (one.rows, last)))
        for one, last in found
    )
    headline = Words.count(
        "The customer who spent most", "The {n} customers who spent most", len(rows)
    )
    note = Words("Customers are shown by the beginning of their masked id.")
    return Report(
        headline=Copy(text=headline.to(language), facts=ids),
        table=Table(columns=tuple(one.to(language) for one in COLUMNS), rows=rows, facts=ids),
        how_to_read=Copy(text=f"{note.to(language)} {ONE_CUSTOMER_NOTICE.to(language)}"),
        read_as=Copy(text=describe_orders(query.orders, {}, currency).to(language)),
    )


def _find_spent(warehouse: "Warehouse", query: "TopCustomersQuery") -> list[tuple[Fact, date]]:
    """Return what each customer spent, and the day of their last order."""
    from bot.data.metrics.query.customer_ranking import find_top_customers

    if warehouse.table("orders") is None:
        return []
    customers, currency = find_top_customers(warehouse, query)
    facts = (
        Fact(
            id=str(FactId("customers", str(rank), "top-customer")),
            label="top customer",
            about=one.customer[:SHOWN_CHARACTERS],
            value=one.spent,
            unit=currency,
            source=warehouse.source("orders"),
            as_of=warehouse.as_of("orders"),
            rows=one.orders,
        )
        for rank, one in enumerate(customers, 1)
    )
    return [(fact, one.last_order) for fact, one in zip(facts, customers, strict=True)]
