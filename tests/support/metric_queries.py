"""Helpers for tests of figures that are looked up: conditions, tools, a small shop by hand."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.agent.tool import ToolDeps, ToolResult
from bot.agent.tools import query_metrics
from bot.config.brand import Brand
from bot.core.fact_book import FactBook
from bot.core.metric_query import MetricCondition, MetricQuery
from bot.core.request import Brief, SkillRequest
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.metrics.answer_log import AnswerLog
from bot.data.metrics.query.execution import answer_query
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language
from tests.support.sample_tables import TODAY
from tests.support.small_tables import small

NEUTRAL: dict[str, Any] = {
    "dimensions": [],
    "filters": [],
    "since": "none",
    "until": "none",
    "comparison": "none",
    "compare_since": "none",
    "compare_until": "none",
    "having": [],
    "order": "natural",
    "limit": 0,
}


def condition(field: str, operator: str, *values: str) -> MetricCondition:
    return MetricCondition.model_validate({"field": field, "operator": operator, "values": values})


def answer(warehouse: Warehouse, **query: Any) -> MetricAnswer:
    """The answer of the engine, floors applied, no earlier answers."""
    return answer_query(warehouse, MetricQuery.model_validate(query), see_people=False)


def workspace_data(warehouse: Warehouse, log: AnswerLog | None = None) -> WorkspaceData:
    return WorkspaceData(CatalogueLibrary(list), lambda: warehouse, answers=log)


def tool_deps(
    data: WorkspaceData,
    *,
    person: str = "UMARIE",
    private: bool = False,
    rights: tuple[str, ...] = (),
    language: Language = "en",
    book: FactBook | None = None,
) -> ToolDeps:
    async def may(right: str) -> bool:
        return right in rights

    brief = Brief(words="", author=person, language=language)
    return ToolDeps(
        data=data,
        request=SkillRequest(skill="answer", brief=brief),
        brand=Brand(name="Maison Ormelin"),
        today=TODAY,
        person=person,
        is_private=private,
        may=may,
        book=book or FactBook(),
    )


def where(field: str, operator: str, *values: str) -> dict[str, Any]:
    return {"field": field, "operator": operator, "values": list(values)}


async def query_tool(deps: ToolDeps, **params: Any) -> ToolResult:
    return await query_metrics.run(query_metrics.Params.model_validate({**NEUTRAL, **params}), deps)


def mixed_shop(seed: int = 3, orders: int = 900, **tables: list[dict[str, Any]]) -> Warehouse:
    """A shop with what real files have: refunds, cancelled lines, a second currency, orders without
    a customer, stock corrections, late parcels, returns, several lines in an order. `tables` are
    those beside its orders."""
    dice, rows = random.Random(seed), []
    for n in range(orders):
        day = TODAY - timedelta(days=dice.randrange(1, 400))
        at = datetime(day.year, day.month, day.day, dice.randrange(24))
        customer = f"c{dice.randrange(160)}" if dice.random() < 0.93 else None
        traits = {
            "device": dice.choice(("mobile", "desktop")),
            "country": dice.choice(("FR", "FR", "BE")),
            "source": dice.choice(("search", "email")),
            "code": dice.choice((None, None, "SPRING")),
            "status": "Cancelled" if dice.random() < 0.12 else dice.choice((None, "sold")),
            "currency": "GBP" if dice.random() < 0.08 else "EUR",
            "promised": day + timedelta(days=4),
            "delivered": day + timedelta(days=dice.choice((2, 3, 5))) if n % 5 else None,
            "carrier": ("Colissimo", "Chronopost")[n % 2],
            "payment_method": ("card", "wallet", "card")[n % 3],
        }
        is_refund = dice.random() < 0.06
        for line in range(1, dice.randrange(2, 4)):
            product = dice.choice(("vase", "lamp", "rug"))
            amount = Decimal(dice.randrange(500, 20_000)) / 100
            rows.append(
                {
                    "order": f"o{n}",
                    "line": line,
                    "at": at,
                    "customer": customer,
                    "product": product,
                    "title": product.capitalize(),
                    "category": {"vase": "Table", "lamp": "Light", "rug": "Floor"}[product],
                    "quantity": -1.0 if is_refund else float(dice.randrange(1, 4)),
                    "amount": -amount if is_refund else amount,
                    "returned": dice.choice((True, False, False, None)),
                    "discount": Decimal((n * 7 + line) % 5 if n % 4 == 0 else 0),
                    **traits,
                }
            )
        if n % 97 == 0:  # a stock correction: neither an order nor a return
            rows.append({**rows[-1], "line": 9, "quantity": -4.0, "amount": Decimal(0)})
    return small(TODAY, None, orders=rows, **tables)


def month(year: int, number: int) -> tuple[date, date]:
    first = date(year, number, 1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
