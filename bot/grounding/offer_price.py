"""The price that a product costs with the offer of the brief."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from bot.core.facts import Evidence, Fact
from bot.core.request import SkillRequest
from bot.grounding.sources import find_stated_facts

OFFER_KIND = "offer"  # no kind of a product's facts: it is no price of the catalogue
TO_PAY, TO_PAY_FROM = "to pay with the offer", "to pay with the offer, from"  # labels of facts
CENT = Decimal("0.01")
ALL_PERCENT = Decimal(100)


def find_offer_prices(evidence: Evidence, request: SkillRequest, today: date) -> Iterator[Fact]:
    """Yield offer.<handle>.to-pay for each product: its price less the percentage of the brief's
    offer. Nothing is computed where the offer has another figure besides its days, such as a least
    amount, or where the price of today is not the lowest of 30 days, from which cuts are counted.
    """
    brief = request.brief
    stated = find_stated_facts(brief.offer or "", brief.author, today)
    figures = [fact for fact in stated if fact.label not in ("date", "code", "link")]
    if len(figures) != 1 or figures[0].label != "percentage":
        return
    percent = abs(Decimal(figures[0].value))
    if not 0 < percent < ALL_PERCENT:
        return
    for handle in (brief.product, *brief.others):
        price = evidence.get(f"product.{handle}.price")
        if price is None or price.unit is None:
            continue
        lowest = evidence.get(f"product.{handle}.lowest price 30 days")
        if lowest is not None and lowest.value != price.value:
            continue
        has_range = evidence.get(f"product.{handle}.price to") is not None
        less = Decimal(price.value) * (1 - percent / ALL_PERCENT)
        yield price.model_copy(
            update={
                "id": f"{OFFER_KIND}.{handle}.to-pay",
                "label": TO_PAY_FROM if has_range else TO_PAY,
                "value": less.quantize(CENT, ROUND_HALF_UP),
            }
        )
