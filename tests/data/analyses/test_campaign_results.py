"""Matching of campaign results with our deliveries."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.data.analyses.campaign_results import SentDelivery, match_deliveries
from bot.data.warehouse.warehouse import Warehouse
from tests.support.sample_tables import sample
from tests.support.small_tables import small

SENT = datetime(2026, 11, 10, 9, 0)
SUBJECT = "La chemise Alba, en lin de Normandie, est de retour"


def campaign(**told: object) -> dict[str, object]:
    return {"id": "C1", "at": SENT, "channel": "email", "currency": "EUR", **told}


def shelf(
    campaigns: list[dict[str, object]], orders: list[dict[str, object]] | None = None
) -> Warehouse:
    kinds = {"campaigns": campaigns} | ({"orders": orders} if orders else {})
    return small(date(2026, 11, 24), **kinds)


GONE = SentDelivery(code="si-1a2b3c4d", channel="email", sent_at=SENT, subject=SUBJECT)


def test_results_are_matched_by_code_in_campaigns_and_orders() -> None:
    orders: list[dict[str, object]] = [
        {
            "order": "A1",
            "line": n,
            "at": SENT,
            "amount": Decimal("31.10"),
            "currency": "EUR",
            "code": "si-1a2b3c4d",
        }
        for n in (1, 2)
    ]
    orders.append({**orders[0], "order": "A2"})
    orders.append({**orders[0], "order": "A3", "code": "other"})
    sent = [
        campaign(code="si-1a2b3c4d", sent=100, opened=30, sales=Decimal("93.30")),
        campaign(id="C2", code="si-1a2b3c4d", sent=50, sales=Decimal("0.10")),
        campaign(id="C3", code="other", sent=7),
    ]
    found = match_deliveries(shelf(sent, orders), [GONE])
    (one,) = found.results
    assert (one.campaigns, one.orders) == (("C1", "C2"), 2)
    assert (one.counts["sent"], one.counts["opened"], one.counts["clicks"]) == (150, 30, None)
    assert one.sales == {"EUR": Decimal("93.40")}
    assert one.ordered == {"EUR": Decimal("93.30")}
    assert not found.to_confirm


def test_results_without_a_code_are_offered_for_confirmation_only() -> None:
    sent = [campaign(code="NL-46", subject=SUBJECT.upper() + " !", sent=100)]
    found = match_deliveries(shelf(sent), [GONE])
    assert not found.results
    (one,) = found.to_confirm
    assert (one.code, one.result, one.alike) == ("si-1a2b3c4d", "C1", 1.0)
    yes = match_deliveries(shelf(sent), [GONE], {("C1", "si-1a2b3c4d"): True})
    assert yes.results[0].counts["sent"] == 100
    assert not yes.to_confirm
    no = match_deliveries(shelf(sent), [GONE], {("C1", "si-1a2b3c4d"): False})
    assert (no.results, no.to_confirm, no.without) == ((), (), ("si-1a2b3c4d",))


@pytest.mark.parametrize(
    "told",
    [
        {"channel": "sms"},
        {"at": SENT + timedelta(days=3, minutes=1)},
        {"subject": "Les bougies de Noël sont là"},
        {"code": "si-ffffffff"},
    ],
)
def test_result_of_another_channel_day_subject_or_draft_is_not_offered(
    told: dict[str, object],
) -> None:
    other = SentDelivery(code="si-ffffffff", channel="email", sent_at=SENT, subject="Autre chose")
    found = match_deliveries(shelf([campaign(**{"subject": SUBJECT, **told})]), [GONE, other])
    assert not found.to_confirm
    assert "si-1a2b3c4d" in found.without


def test_two_similar_campaigns_are_not_offered() -> None:
    sent = [campaign(subject=SUBJECT), campaign(id="C2", subject=SUBJECT)]
    assert not match_deliveries(shelf(sent), [GONE]).to_confirm
    no = {("C2", "si-1a2b3c4d"): False}
    assert [one.result for one in match_deliveries(shelf(sent), [GONE], no).to_confirm] == ["C1"]


def test_no_deliveries_have_no_results() -> None:
    assert match_deliveries(small(date(2026, 11, 24)), [GONE]).without == ("si-1a2b3c4d",)
    assert match_deliveries(shelf([campaign()]), []).results == ()


def test_sample_shop_results_agree_with_its_orders() -> None:
    shop = sample("small")
    table = shop.table("campaigns")
    assert table is not None
    rows = table.filter(table.code.notnull()).select("code", "channel", "at").limit(5)
    gone = [
        SentDelivery(code=row["code"], channel=row["channel"], sent_at=row["at"])
        for row in shop.engine.to_pyarrow(rows).to_pylist()
    ]
    found = match_deliveries(shop, gone)
    assert {one.code for one in found.results} == {one.code for one in gone}
    for one in found.results:
        assert one.counts["orders"] == one.orders
