"""What a report's prose may hold: slots for figures, and digits of names, quotations and dates."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.core.charts import Exhibit
from bot.core.fact_book import FactBook, SlotError
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.core.report import NextStepForm, ReportForm, build_report, list_cited_facts
from bot.core.source import Source
from bot.grounding.report_text import find_report_faults
from bot.i18n.messages import Language

TODAY = date(2026, 11, 27)
SINCE, UNTIL = date(2026, 11, 1), date(2026, 11, 26)


def fact(id: str, value: Decimal | str, unit: str | None = None, **more: object) -> Fact:
    given: dict[str, Any] = {
        "label": "orders",
        "source": Source("orders.csv"),
        "as_of": UNTIL,
        **more,
    }
    return Fact(id=id, value=value, unit=unit, **given)


def build_book() -> FactBook:
    return FactBook(
        [
            fact("metric.mobile.pay-before", Decimal("58"), "%"),
            fact(
                "metric.mobile.pay",
                Decimal("39"),
                "%",
                compared_with="metric.mobile.pay-before",
                since=SINCE,
                until=UNTIL,
            ),
            fact("metric.all.revenue", Decimal("-11800"), "EUR"),
            fact("product.tee.name", "Tee 501 Bio", about="Tee 501 Bio"),
            fact("feedback.quote-1.text", "Two sizes too small, 38 fits like 36."),
        ]
    )


@pytest.mark.parametrize(
    ("text", "language", "filled"),
    [
        ("{f1}", "en", "+12%"),
        ("{f1:abs}", "en", "12%"),
        ("{f1}", "fr", "+12\u00a0%"),
        ("{f2}", "en", "\u22128%"),
        ("{f2:abs}", "en", "8%"),
        ("{f3}", "en", "\u22123.5\u00a0points"),
        ("{f4}", "en", "32%"),
    ],
)
def test_a_change_has_its_sign(text: str, language: Language, filled: str) -> None:
    book = FactBook(
        [
            fact("trends.fr.change", Decimal("12"), "%"),
            fact("metric.fr.orders-change", Decimal("-8"), "%"),
            fact("funnel.mobile.change", Decimal("-3.5"), "points"),
            fact("plan.subject.guard-change", Decimal("32"), "%"),
        ]
    )
    assert book.fill(text, language).text == filled


EXHIBIT = Exhibit(
    id="e1",
    shows="orders by product",
    table=Table(columns=("Product", "Orders"), rows=(("Tee 501 Bio", "12"),), facts=()),
)


def faults_of(
    headline: str = "Mobile pays less.",
    *,
    points: tuple[str, ...] = (),
    exhibit: str = "none",
    cannot_tell: str = "none",
    words: str = "how is mobile checkout doing?",
    language: Language = "en",
    steps: tuple[NextStepForm, ...] = (),
) -> list[str]:
    form = ReportForm(
        headline=headline,
        points=list(points),
        exhibit=exhibit,
        cannot_tell=cannot_tell,
        not_used=[],
        next_steps=list(steps),
    )
    return find_report_faults(
        form,
        build_book(),
        [EXHIBIT],
        request_words=words,
        language=language,
        skills={"answer", "draft"},
        today=TODAY,
    )


@pytest.mark.parametrize(
    "text",
    [
        "On mobile {f2} of carts are paid.",
        "Mobile checkout fell {f2:from-to} since 1 November.",
        "From 1 to 26 November {f2} paid, in 2026.",
        "Between 1–26 Nov {f2} paid.",
        "We lost {f3:abs} there.",
        "Tee 501 Bio is bought most on mobile.",
        "One buyer writes “Two sizes too small, 38 fits like 36.”",
        "A first order is paid less often than a second.",
    ],
)
def test_slots_names_quotations_and_dates_are_fine(text: str) -> None:
    assert faults_of(points=(text,)) == []


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("On mobile 39 % of carts are paid.", "39 %"),
        ("On mobile 39% of carts are paid.", "39%"),
        ("We lost €11,800 there.", "€11,800"),
        ("We lost 11 800 € there.", "800 €"),
        ("It fell by 19 points.", "19"),
        ("On 14 December {f2} paid.", "14"),
        ("In 2025 it was {f1}.", "2025"),
        ("Half of the carts are lost.", "half"),
        ("Twenty buyers left.", "twenty"),
        ("The Tee 502 Bio sells.", "502"),
    ],
)
def test_typed_figure_goes_back(text: str, quoted: str) -> None:
    assert any(f"“{quoted}”" in fault for fault in faults_of(points=(text,)))


def test_digits_of_the_request_may_be_repeated_but_not_with_a_unit() -> None:
    asked = "our top 5 products"
    assert faults_of("Here are the top 5 products.", words=asked) == []
    assert faults_of("The top product has 5 % of sales.", words=asked)
    assert faults_of("Customers of level 3 pay.", words="level 3 customers") == []


def test_unknown_slot_and_other_braces_go_back() -> None:
    assert "no figure f9" in faults_of("{f9} paid.")[0]
    assert "not compared" in faults_of("It went {f1:from-to}.")[0]
    assert "text" in faults_of("{f4:abs} sells.")[0]
    assert "braces" in faults_of("It went {f1:percent}.")[0]
    assert "braces" in faults_of("Hello {name}.")[0]


def test_wrong_quotation_goes_back() -> None:
    assert "quotation marks" in faults_of("A buyer writes “Much too small for me”.")[0]
    assert faults_of("Pour « how is mobile checkout doing? »", language="fr") == []


def test_links_and_mentions_go_back() -> None:
    for text in ("See https://evil.example/x", "Ask <@U123>", "Hello @channel"):
        assert any("leave out" in fault for fault in faults_of(text))


def test_exhibit_must_exist() -> None:
    assert faults_of(exhibit="e1") == []
    assert "there is no e4; there are: e1" in faults_of(exhibit="e4")[0]


def test_lengths_and_numbers_of_parts_are_bounded() -> None:
    assert "at most 110" in faults_of("a" * 111)[0]
    assert "at most 5" in faults_of(points=("a",) * 6)[0]
    assert faults_of("") == ["headline: it is empty"]
    step = NextStepForm(label="Do it", skill="fly", words="fly")
    assert "no skill fly" in faults_of(steps=(step,))[0]


def test_french_dates_and_figures() -> None:
    said = "Du 1er au 26 novembre, {f2} paient."
    assert faults_of(said, language="fr") == []
    assert faults_of("La moitié des clientes paient.", language="fr")
    assert faults_of("Gold and Silver tiers pay more.", language="en") == []


def test_report_has_the_filled_figures_and_cites_their_facts() -> None:
    form = ReportForm(
        headline="Mobile checkout fell {f2:from-to}.",
        points=["We lost {f3:abs}."],
        exhibit="e1",
        cannot_tell="none",
        not_used=["Gold"],
        next_steps=[NextStepForm(label="Draft the e-mail", skill="draft", words="draft it")],
    )
    report = build_report(form, build_book(), [EXHIBIT], language="en", read_as=("mobile · pay",))
    assert report.headline.text == "Mobile checkout fell from 58% to 39%."
    assert report.headline.facts == ("metric.mobile.pay", "metric.mobile.pay-before")
    assert report.points[0].text.replace("\u00a0", " ") == "We lost €11,800."
    assert report.not_used is not None
    assert report.not_used.text == "“Gold”"
    assert report.table == EXHIBIT.table
    assert report.sources is not None
    assert report.sources.text == "orders.csv, up to 26 November 2026"
    assert list_cited_facts(report) == (
        "metric.mobile.pay",
        "metric.mobile.pay-before",
        "metric.all.revenue",
    )
    french = build_report(form, build_book(), [EXHIBIT], language="fr")
    assert "de 58\u00a0% à 39\u00a0%" in french.headline.text


def test_unfillable_slot_raises() -> None:
    form = ReportForm(
        headline="{f77}", points=[], exhibit="none", cannot_tell="none", not_used=[], next_steps=[]
    )
    with pytest.raises(SlotError):
        build_report(form, build_book(), [], language="en")
