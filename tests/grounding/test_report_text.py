"""What a report's prose may hold: slots for figures, and digits of names, quotations and dates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.claim_check import build_claim_prompt
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook, SlotError
from bot.core.facts import Evidence, Fact, Source
from bot.core.parts import Copy, Table
from bot.core.report import (
    MAX_POINT,
    NextStepForm,
    Report,
    ReportForm,
    build_report,
    list_cited_facts,
    list_sources,
)
from bot.core.request import Brief, SkillRequest
from bot.grounding.calculations import CalculationError, prove_figure
from bot.grounding.report_text import ReportChecker
from bot.grounding.sources import Sources, read_fact
from bot.i18n.messages import Language, Words

TODAY = date(2026, 11, 27)
SINCE, UNTIL = date(2026, 11, 1), date(2026, 11, 26)
SINCE_OLD, UNTIL_OLD = date(2025, 11, 1), date(2025, 11, 26)


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


@pytest.mark.parametrize(
    ("text", "language", "filled"),
    [
        ("{f1:round} in December", "en", "About €136,000 in December"),
        ("En décembre, {f1:round}", "fr", "En décembre, environ 136 000 €"),
        ("En décembre, environ {f1:round}", "fr", "En décembre, environ 136 000 €"),
        ("We sold {f2:round}", "en", "We sold about 9,880 units"),
    ],
)
def test_a_figure_may_be_rounded_and_is_then_said_to_be(
    text: str, language: Language, filled: str
) -> None:
    book = FactBook(
        [
            fact("m.all.revenue", Decimal("136382"), "EUR"),
            fact("m.all.units", Decimal("9876"), "units"),
            fact("m.all.rate", Decimal("39"), "%"),
            fact("m.all.orders", Decimal("97"), "orders"),
        ]
    )
    assert book.fill(text, language).text == filled
    for name in ("f3", "f4"):
        with pytest.raises(SlotError, match="round as it is told"):
            book.fill(f"{{{name}:round}}", language)


@pytest.mark.parametrize(
    ("text", "language", "filled"),
    [
        ("{f1} d'entre eux", "fr", "Au moins 23 d'entre eux"),
        ("Of 36, {f2} agreed. {f2} came.", "en", "Of 36, under 20 agreed. Under 20 came."),
        ("{f3}: {f1}", "en", "lin-solene: at least 23"),
        ("No. {f4:from-to}", "fr", "No. De 58\u00a0% à 39\u00a0%"),
    ],
)
def test_our_words_have_a_capital_where_they_begin_a_sentence(
    text: str, language: Language, filled: str
) -> None:
    before, now = fact("m.all.pay-before", Decimal(58), "%"), "m.all.pay-before"
    book = FactBook(
        [
            fact("audiences.yours.by-email", "at least 23"),
            fact("audiences.yours.by-sms", "under 20"),
            fact("product.tee.name", "lin-solene"),
            fact("m.all.pay", Decimal(39), "%", compared_with=now),
            before,
        ]
    )
    assert book.fill(text, language).text == filled


@pytest.mark.parametrize(
    ("text", "language", "filled"),
    [
        ("{f1} clients au total", "fr", "4\u202f973\u00a0clients au total"),
        ("{f1} Customers, all told", "en", "4,973\u00a0customers, all told"),
        ("{f1}, customers since May", "en", "4,973\u00a0customers, customers since May"),
        ("{f1:bare} customers", "en", "4,973 customers"),
        ("{f2} % de plus", "fr", "+12\u00a0% de plus"),
        ("{f1} customership", "en", "4,973\u00a0customers customership"),
        ("{f1} past customers came", "en", "4,973 past customers came"),
        ("{f1}, past customers", "en", "4,973\u00a0customers, past customers"),
        ("La baisse est de {f3:from-to}.", "fr", "La baisse est de 58\u00a0% à 39\u00a0%."),
        ("The range is from {f3:from-to}", "en", "The range is from 58% to 39%"),
    ],
)
def test_a_unit_that_the_text_repeats_stands_once(
    text: str, language: Language, filled: str
) -> None:
    book = FactBook(
        [
            fact("metric.all.customers", Decimal("4973"), "customers"),
            fact("trends.fr.change", Decimal("12"), "%"),
            fact("m.all.pay", Decimal("39"), "%", compared_with="m.all.pay-before"),
            fact("m.all.pay-before", Decimal("58"), "%"),
        ]
    )
    assert book.fill(text, language).text == filled


def test_a_status_is_told_in_the_language_of_the_report() -> None:
    book = FactBook([fact("parcels.gironde.status", "confirmed", label="status", about="Gironde")])
    assert book.fill("En Gironde, c'est {f1}.", "fr").text == "En Gironde, c'est confirmé."
    assert book.fill("In Gironde it is {f1}.", "en").text == "In Gironde it is confirmed."


def test_comparisons_of_one_unit_say_it_once() -> None:
    book = FactBook(
        [
            fact("m.all.carts", Decimal(131), "visits", compared_with="m.all.carts-before"),
            fact("m.all.carts-before", Decimal(83), "visits"),
            fact("m.all.paid", Decimal(24), "visits", compared_with="m.all.paid-before"),
            fact("m.all.paid-before", Decimal(23), "visits"),
        ]
    )
    told = book.fill("Carts grew {f1:from-to}, orders only {f3:from-to}.", "en").text
    assert told == "Carts grew from 83 to 131\u00a0visits, orders only from 23 to 24."
    told = book.fill("Les paniers vont {f1:from-to}, les commandes {f3:from-to}.", "fr").text
    assert told == "Les paniers vont de 83 à 131\u00a0visites, les commandes de 23 à 24."


def test_comparison_whose_unit_stands_before_it_does_not_say_it_again() -> None:
    book = FactBook(
        [
            fact("m.all.orders", Decimal(216), "orders", compared_with="m.all.orders-before"),
            fact("m.all.orders-before", Decimal(261), "orders"),
        ]
    )
    told = book.fill("Orders went {f1:from-to}. Mobile went {f1:from-to}.", "en").text
    assert told == "Orders went from 261 to 216. Mobile went from 261 to 216."
    told = book.fill("Mobile went {f1:from-to}.", "en").text
    assert told == "Mobile went from 261 to 216\u00a0orders."
    told = book.fill("Les commandes passent {f1:from-to}.", "fr").text
    assert told == "Les commandes passent de 261 à 216."


def test_counts_in_a_row_say_their_unit_once_and_a_range_says_its_own() -> None:
    book = FactBook([fact(f"m.part-{n}.carts", Decimal(n), "visits") for n in (20, 30, 40)])
    told = book.fill("Carts: {f1}, {f2}, and {f3}.", "en").text
    assert told == "Carts: 20, 30, and 40\u00a0visits."
    told = book.fill("Carts: {f1}, between {f2} and {f3}.", "en").text
    assert told == "Carts: 20\u00a0visits, between 30 and 40\u00a0visits."


def test_rates_of_one_measure_have_as_many_decimals() -> None:
    now, before, other = (
        fact(id, Decimal(value), "%")
        for id, value in (
            ("calculated.now.share", "18.32"),
            ("calculated.before.share", "27.71"),
            ("m.all.vat", "44.44"),
        )
    )
    book = FactBook([now, before, other])
    told = book.fill("{f1} paid, down from {f2}; {f3} came back.", "en").text
    assert told == "18.3% paid, down from 27.7%; 44% came back."
    assert book.fill("{f2} paid.", "en").text == "28% paid."


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
    notes: tuple[str, ...] = (),
) -> list[str]:
    form = ReportForm(
        headline=headline,
        points=list(points),
        exhibit=exhibit,
        cannot_tell=cannot_tell,
        not_used=[],
        next_steps=list(steps),
    )
    return ReportChecker(
        build_book(),
        [EXHIBIT],
        request_words=words,
        language=language,
        skills={"answer", "draft"},
        today=TODAY,
        notes=notes,
    ).find_faults(form)


@pytest.mark.parametrize(
    "text",
    [
        "On mobile {f2} of carts are paid.",
        "Mobile checkout fell {f2:from-to} since 1 November.",
        "From 1 to 26 November {f2} paid, in 2026.",
        "In November 2026 you sold {f3:abs}.",
        "In 2026 orders fell by {f3:abs}.",
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
        ("We lost 11 800 € there.", "11 800 €"),
        ("It fell by 19 points.", "19 points"),
        ("On 14 December {f2} paid.", "14 December"),
        ("In 2025 it was {f1}.", "2025"),
        ("Half of the carts are lost.", "half"),
        ("Twenty buyers left.", "twenty buyers left"),
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
    assert faults_of("Less than Q2's revenue.", words="Q3 against Q2 revenue?") == []


def test_unknown_slot_and_other_braces_go_back() -> None:
    assert "no figure f9" in faults_of("{f9} paid.")[0]
    assert "not compared" in faults_of("It went {f1:from-to}.")[0]
    assert "text" in faults_of("{f4:abs} sells.")[0]
    assert "braces" in faults_of("It went {f1:percent}.")[0]
    assert "braces" in faults_of("Hello {name}.")[0]


@pytest.mark.parametrize(
    ("measure", "compared_with"),
    [
        ("conversion-change", "metric.all.conversion-before"),
        ("conversion-change", None),
        ("change", None),
    ],
)
def test_a_comparison_of_a_change_tells_the_two_values(
    measure: str, compared_with: str | None
) -> None:
    before = "metric.all.conversion-before"
    rate = fact("metric.all.conversion", Decimal("2.22"), "%", compared_with=before)
    other = fact("metric.all.orders", Decimal(7), "orders", compared_with="metric.all.orders-old")
    change = fact(f"metric.all.{measure}", Decimal("-0.15"), "points", compared_with=compared_with)
    earlier = fact(before, Decimal("2.37"), "%")
    filled = FactBook([earlier, other, rate, change]).fill("{f4:from-to}", "en")
    assert filled.text == "From 2.37% to 2.22%"
    assert set(filled.facts) == {rate.id, before}
    with pytest.raises(SlotError, match=r"write \{f1\}\."):
        FactBook([change]).fill("{f1:from-to}", "en")


WEEK = {"since": date(2026, 11, 23), "until": date(2026, 11, 28)}
WEEK_BEFORE = {"since": date(2026, 11, 16), "until": date(2026, 11, 21)}


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("Du 23 au 28 novembre, il remonte de {f3} contre le 16 au 21.", True),
        ("Il fait {f1}, contre {f2} du 16 au 21.", True),
        ("It rose {f4} from the 23–28 against the 16–21.", True),
        ("Il remonte de {f3} contre le 15 au 21.", False),
        ("Il a pris {f3} en 16 à 21 commandes.", False),
        ("Il remonte, contre le 16 au 21.", False),
    ],
)
def test_days_of_a_figure_need_no_month(text: str, is_right: bool) -> None:
    book = FactBook(
        [
            fact("m.fr.revenue", Decimal(32000), "EUR", compared_with="m.fr-before.re", **WEEK),
            fact("m.fr-before.re", Decimal(23000), "EUR", **WEEK_BEFORE),
            fact("m.fr.revenue-change", Decimal(39), "%", compared_with="m.fr-before.re", **WEEK),
            fact(
                "calculated.fr.percent-change",
                Decimal(39),
                "%",
                query="percent_change(m.fr.revenue, m.fr-before.re)",
            ),
        ]
    )
    faults = ReportChecker(book, (), "et la France ?", "fr", (), TODAY).find_faults(write(text))
    assert (not faults) is is_right, faults


NOTES = (
    "Returns of orders of the last 30 days may still come.",
    "The plan keeps a 10% control group.",
    "The test ran du 2 septembre au 20 novembre 2025.",
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Returns of orders of the last 30 days are not all in.", "en"),
        ("Les retours de moins de 30 jours manquent.", "fr"),
        ("The 30-day returns are not all in.", "en"),
        ("A 10 % control group is kept.", "en"),
        ("Du 2 septembre au 20 novembre 2025, {f2} ont payé.", "fr"),
        ("From 2 September to 20 November {f2} paid.", "en"),
        ("Il a fini le 20 cette fois-là.", "fr"),
        ("Over 26 days {f2} paid.", "en"),  # that many have the days of the figure
    ],
)
def test_figure_of_a_note_may_be_repeated_with_its_unit(text: str, language: Language) -> None:
    assert faults_of(points=(text,), language=language, notes=NOTES) == []


@pytest.mark.parametrize(
    "text",
    [
        "We lost 30 customers.",
        "Le magasin a fini avec 20 autres.",
        "Il a fini le 21 cette fois.",
        "The last 31 days.",
        "Some 10 days.",
        "It is 10%-15%.",
    ],
)
def test_figure_of_a_note_with_another_unit_goes_back(text: str) -> None:
    assert faults_of(points=(text,), notes=NOTES) != []


def test_figure_of_a_column_may_be_repeated_with_its_unit() -> None:
    table = Table(columns=("Segment", "Bought within 90 days"), rows=(("Gold", "12"),), facts=())
    form = ReportForm(
        headline="Gold bought most within 90 days.",
        points=[],
        exhibit="none",
        cannot_tell="none",
        not_used=[],
        next_steps=[],
    )

    def find_faults(*exhibits: Exhibit) -> list[str]:
        return ReportChecker(
            FactBook(),
            exhibits,
            request_words="who buys?",
            language="en",
            skills=(),
            today=TODAY,
        ).find_faults(form)

    assert find_faults(Exhibit(id="e1", shows="segments", table=table)) == []
    assert find_faults() != []


def test_number_word_within_a_code_is_the_codes_own() -> None:
    code = fact("campaign.mail.code", "om-261110-trois-bougies", label="code")
    checker = ReportChecker(FactBook([code]), (), "which code?", "fr", (), TODAY)
    assert not checker.list_unproven(write("Le code om-261110-trois-bougies arrive en tête."))
    assert checker.list_unproven(write("Le code om-261110-sept-bougies a trois commandes."))


def test_what_is_not_answered_compares_nothing_without_a_figure() -> None:
    assert faults_of(cannot_tell="one list of both groups without doubles") == []
    assert faults_of(cannot_tell="whether {f2} doubles") != []
    assert faults_of("Mobile payments doubled.") != []


def test_bare_count_in_words_alone_sends_nothing_back() -> None:
    assert faults_of("Two reasons stand out, and three campaigns share them.") == []
    assert faults_of("Deux raisons, sur une quinzaine de produits.", language="fr") == []
    both = faults_of("Four reasons stand out.", points=("It fell by 19 points.",))
    assert ["“19 points”" in both[0], "“four”" in both[1]] == [True, True]
    assert faults_of("Twice as many pay.")


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
    assert faults_of("a" * 130) == []
    assert "at most 130" in faults_of("a" * 131)[0]
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
    report = build_report(
        form, build_book(), EXHIBIT, data={}, language="en", read_as=("mobile · pay",)
    )
    assert report.headline.text == "Mobile checkout fell from 58% to 39%."
    assert report.headline.facts == ("metric.mobile.pay", "metric.mobile.pay-before")
    assert report.points[0].text.replace("\u00a0", " ") == "We lost €11,800."
    assert report.not_used is not None
    assert report.not_used.text == "“Gold”"
    assert report.table == EXHIBIT.table
    assert report.sources is not None
    assert report.sources.text == "orders.csv, up to 26 November"
    assert list_cited_facts(report) == (
        "metric.mobile.pay",
        "metric.mobile.pay-before",
        "metric.all.revenue",
    )
    french = build_report(
        form, build_book(), EXHIBIT, data={"orders.csv": Words("orders")}, language="fr"
    )
    assert "de 58\u00a0% à 39\u00a0%" in french.headline.text
    assert french.sources is not None
    assert french.sources.text.startswith("commandes, ")


def test_data_of_a_calculated_figure_are_those_of_its_inputs() -> None:
    visits = Fact(
        id="metric.all.visits",
        label="visits",
        value=Decimal(900),
        source=Source("events.csv"),
        as_of=date(2026, 11, 26),
    )
    split = visits.model_copy(
        update={
            "id": "calculated.split.visits-change",
            "source": Source("orders.csv"),
            "query": "split(metric.all.visits)",
        }
    )
    report = Report(headline=Copy(text="It came with visits.", facts=(split.id,)))
    told = list_sources(report, FactBook([split, visits]), {}, "en")
    assert told == "orders.csv, events.csv, up to 26 November"


@pytest.mark.parametrize(
    ("unused", "is_shown"),
    [
        ("exclude anyone with an open ticket", False),
        ("exclude whoever lives near our shops", True),
        ("reviews in the last days", True),
    ],
)
def test_what_cannot_be_told_is_not_listed_as_not_used_too(unused: str, is_shown: bool) -> None:
    form = ReportForm(
        headline="{f2}",
        points=[],
        exhibit="none",
        cannot_tell="who has an open ticket in the last days (no message has a status)",
        not_used=[unused],
        next_steps=[],
    )
    report = build_report(form, build_book(), None, data={}, language="en")
    assert bool(report.not_used) is is_shown


def test_unfillable_slot_raises() -> None:
    form = ReportForm(
        headline="{f77}", points=[], exhibit="none", cannot_tell="none", not_used=[], next_steps=[]
    )
    with pytest.raises(SlotError):
        build_report(form, build_book(), None, data={}, language="en")


SOLD = (
    fact("metric.box.sold", Decimal("133"), label="boxes sold"),
    fact("plan.box.forecast", Decimal("110"), label="boxes forecast"),
    fact("metric.all.orders", Decimal("742"), "orders", since=date(2026, 11, 1), until=UNTIL),
    fact("metric.old.orders", Decimal("690"), "orders", since=SINCE_OLD, until=UNTIL_OLD),
)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("Orders went from {f4} to {f3}.", True),
        ("Orders went from {f3} to {f4}.", False),
        ("{f3} orders, against {f4} a year ago.", True),
        ("{f4} orders, against {f3} a year ago.", False),
    ],
)
def test_figures_keep_their_roles(text: str, is_right: bool) -> None:
    faults = check_sales().find_faults(write(text))
    assert (not faults) is is_right, faults


def list_months(*shares: int) -> list[Fact]:
    """The shares of months from July on."""
    return [
        fact(
            f"metric.month-{n}.share",
            Decimal(share),
            "%",
            since=date(2026, n, 1),
            until=date(2026, n, 28),
        )
        for n, share in enumerate(shares, 7)
    ]


@pytest.mark.parametrize(
    ("shares", "text", "is_right"),
    [
        ((9, 7, 6, 8), "Les mois vont de {f3} à {f1}.", True),
        ((9, 7, 6, 8), "The months range from {f3} to {f1}.", True),
        ((9, 7, 6, 8), "The share went from {f2} to {f1}.", False),
        ((9, 7, 6, 8), "The share went from {f1} to {f3}.", True),
        ((9, 8, 7, 6), "The share went from {f4} to {f1}.", False),  # it fell all the time
        ((9, 6), "The share went from {f2} to {f1}.", False),
    ],
)
def test_the_lowest_and_the_highest_of_a_course_may_stand_in_any_order(
    shares: Sequence[int], text: str, is_right: bool
) -> None:
    checker = replace(check_sales(), book=FactBook(list_months(*shares)))
    faults = checker.find_faults(write(text))
    assert any("turns the days round" in one for one in faults) is not is_right, faults


UPS = tuple(
    fact(f"r.{id}", Decimal(n), unit, label=label, about=about)
    for id, n, unit, label, about in (
        ("revenue-change", 37, "%", "revenue, change", ""),
        ("candles-change", 91, "%", "change", "Bougies et senteurs"),
        ("with", 34, "customers", "parmi eux, acceptent les e-mails", ""),
        ("all", 60, "customers", "clients qui remplissent les conditions", ""),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "Sales are {f1}. Bougies et senteurs sold more, a confirmed {f2}.",
        "Sans condition, {f3} acceptent les e-mails, sur {f4:bare}.",
    ],
)
def test_no_distance_between_words_says_which_figure_they_mean(text: str) -> None:
    assert ReportChecker(FactBook(UPS), (), "", "fr", (), TODAY).find_faults(write(text)) == []


PARTS = [
    fact("metric.new.orders", Decimal(512), "orders"),
    fact("metric.known.orders", Decimal(498), "orders"),
    fact("metric.app.orders", Decimal(340), "orders"),
    fact("metric.app.revenue", Decimal(510), "EUR"),
    fact("metric.app.share", Decimal(34), "%"),
]


@pytest.mark.parametrize(
    ("text", "asked", "is_fair"),
    [
        ("New and known buyers are half and half: {f1} and {f2}.", "", True),
        ("New and known buyers are half and half: {f1} and {f3}.", "", False),
        ("Two thirds of the {f1} came by app: {f3}.", "", True),
        ("Two thirds came by app: {f3}, worth {f4}.", "", False),  # of another unit
        ("A third came by app: {f5}.", "", True),
        ("A third came by app.", "", False),  # "a" stands in every request
        ("It is no half-and-half: {f3} of {f2}.", "is a sale 50/50, half-half?", True),
        ("Moitié-moitié : {f1} et {f2}.", "", True),
    ],
)
def test_a_share_in_words_is_one_that_slots_or_the_request_show(
    text: str, asked: str, is_fair: bool
) -> None:
    checker = ReportChecker(FactBook(PARTS), (), asked or "is it a fair share?", "en", (), TODAY)
    assert (checker.find_faults(write(text)) == []) is is_fair


@pytest.mark.parametrize(
    ("text", "asked", "is_fair"),
    [
        ("La cinquième, Carafe Onde, suit.", "", True),  # a rank
        ("Alba came third.", "", True),
        ("A third worst can't be named.", "the worst 3 campaigns?", True),
        ("A third worst can't be named.", "the worst 4 campaigns?", False),
        ("A third of sales is mobile.", "the worst 3 campaigns?", False),
        ("Un cinquième des ventes vient du mobile.", "", False),
        ("One third of sales is mobile.", "", False),
        ("The cost per thousand impressions is not known.", "", True),  # the measure's own name
        ("Le coût pour 1\u202f000 impressions manque.", "", True),
        ("Elles ont acheté pour 1 000 euros.", "", False),
        ("Voici les 5 premiers.", "les cinq meilleurs ?", True),
        ("Voici les 5 premiers.", "les quatre meilleurs ?", False),
    ],
)
def test_ranks_names_of_rates_and_what_was_asked_are_no_typed_figures(
    text: str, asked: str, is_fair: bool
) -> None:
    checker = ReportChecker(FactBook(PARTS), (), asked or "combien ?", "fr", (), TODAY)
    faults = checker.find_faults(write(text))
    assert (not faults) is is_fair, faults


def check_sales(*proofs: Fact) -> ReportChecker:
    return ReportChecker(
        FactBook(SOLD),
        [],
        request_words="how are sales?",
        language="en",
        skills=(),
        today=TODAY,
        proofs=proofs,
    )


def write(text: str) -> ReportForm:
    return ReportForm(
        headline=text, points=[], exhibit="none", cannot_tell="none", not_used=[], next_steps=[]
    )


@pytest.mark.parametrize(
    ("text", "calculation", "is_proven"),
    [
        ("{f3} orders, 7.5% more than the {f4} of last year.", "f3 / f4 - 1", True),
        ("{f3} orders, 9.5% more than the {f4} of last year.", "f3 / f4 - 1", False),
        ("{f1} sold, twenty-three more than the {f2} planned.", "f1 - f2", True),
        ("{f1} sold, twenty-five more than the {f2} planned.", "f1 - f2", False),
        ("{f3} orders, over 50 more than the {f4} of last year.", "f3 - f4 > 50", True),
        ("{f3} orders, over 60 more than the {f4} of last year.", "f3 - f4 > 60", False),
        ("{f3} orders, more than 7% up on {f4}.", "f3 / f4 - 1", True),
        ("{f3} orders, less than 7% up on {f4}.", "f3 / f4 - 1", False),
    ],
)
def test_typed_figure_stands_with_its_calculation_alone(
    text: str, calculation: str, is_proven: bool
) -> None:
    form = write(text)
    (unproven,) = check_sales().list_unproven(form)
    assert check_sales().find_faults(form)
    named = {f"f{number}": one for number, one in enumerate(SOLD, 1)}
    sources = Sources(Evidence(facts=SOLD))
    if not is_proven:
        with pytest.raises(CalculationError):
            prove_figure(unproven, calculation, named, sources)
        return
    proof = prove_figure(unproven, calculation, named, sources)
    assert not check_sales(proof).find_faults(form)


def test_months_that_the_days_of_a_fact_make_up_need_no_calculation() -> None:
    year = fact(
        "metric.all.texts", Decimal("90"), since=date(2025, 11, 28), until=date(2026, 11, 27)
    )
    checker = ReportChecker(FactBook([year]), (), "how are we?", "en", (), TODAY)
    assert not checker.find_faults(write("{f1} over the last 12 months."))
    assert checker.find_faults(write("{f1} over the last 11 months."))


def test_claim_check_reads_the_sentence_of_a_figure_with_its_slots_filled() -> None:
    form = write("{f3} orders, 7.5% more than the {f4} of last year.")
    (unproven,) = check_sales().list_unproven(form)
    request = SkillRequest(
        skill="answer", brief=Brief(words="how are sales?", author="UMARIE", language="en")
    )
    message = build_claim_prompt((), Evidence(facts=SOLD), request, figures=[unproven])
    assert "g1 in “742 orders, 7.5% more than the 690 orders of last year.”" in message
    assert "{f" not in message


def test_fact_whose_value_is_a_sentence_of_ours_is_read_as_any_other() -> None:
    said = fact("segment.audience.rule", "at least 3 orders", words=Words("{n} orders", n=3))
    assert read_fact(said).figures
    assert hash(said) == hash(said.model_copy())


def test_form_says_how_long_a_point_may_be() -> None:
    assert f"at most {MAX_POINT} characters" in str(ReportForm.model_fields["points"].description)
