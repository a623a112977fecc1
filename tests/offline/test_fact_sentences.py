"""Facts in sentences …"""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.facts import Fact
from bot.i18n.messages import Language
from bot.offline.fact_sentences import FactSubject, SentenceWriter


def ranged(low: str, high: str, unit: str | None) -> FactSubject:
    facts = {
        f"worth-{end}": Fact(
            id=f"audiences.one.worth-{end}",
            label="worth",
            value=Decimal(value),
            unit=unit,
            source="orders.csv",
            as_of=date(2026, 11, 24),
        )
        for end, value in (("low", low), ("high", high))
    }
    return FactSubject("audiences", "one", "one", facts)


@pytest.mark.parametrize(
    ("low", "high", "unit", "language", "says"),
    [
        ("680", "1900", "EUR", "en", ("€680", "€1,900")),
        ("680", "1900", "EUR", "fr", ("680 €", "1 900 €")),
        ("412.5", "1204", "EUR", "en", ("€412.50", "€1,204.00")),
        ("7", "8.32", "points", "en", ("7.00 points", "8.32 points")),
        ("0.5", "0.86", "points", "fr", ("0,50 point", "0,86 point")),
        ("1000", "1250.5", None, "fr", ("1 000,0", "1 250,5")),
        ("15", "21", "%", "en", ("15%", "21%")),
        ("4.7", "6.0", "%", "fr", ("4,7 %", "6,0 %")),
    ],
)
def test_have_one_precision_at_both_ends_of_a_range(
    low: str, high: str, unit: str | None, language: Language, says: tuple[str, str]
) -> None:
    teller = SentenceWriter(language)
    ends = teller.ends(ranged(low, high, unit), "worth")
    assert tuple(end.replace("\u202f", " ").replace("\u00a0", " ") for end in ends) == says
    assert set(teller.used) == {"audiences.one.worth-low", "audiences.one.worth-high"}


def test_name_the_unit_of_a_range_once_where_that_is_asked() -> None:
    ends = SentenceWriter("en").ends(ranged("7", "8.32", "points"), "worth", bare=True)
    assert ends == ("7.00", "8.32\u00a0points")


def test_say_nothing_of_a_range_that_is_not_known() -> None:
    assert SentenceWriter("en").ends(FactSubject("audiences", "one", "one", {}), "worth") == (
        "",
        "",
    )
