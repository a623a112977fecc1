"""The digest skill."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.agent.digest_writer import list_occasions
from bot.agent.pipeline import DraftResult
from bot.cli.digest import classify_digest
from bot.config.brand import Brand
from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Evidence, Fact, Source
from bot.core.parts import Table
from bot.data.analyses.findings import WATCH
from bot.errors import CannotDo
from tests.support.sample_tables import sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small
from tests.support.still_shop import still


async def made(words: str) -> DraftResult:
    found = await run(words)
    assert isinstance(found, DraftResult)
    return found


@pytest.mark.parametrize("words", ["what moved this week?", "le point de la semaine"])
async def test_planted_changes_are_reported_with_proven_figures(words: str) -> None:
    found = await made(words)
    parts = {part.key: part for part in found.parts}
    assert "mobile" in parts["headline"].text
    points = [part for part in found.parts if part.key.startswith("points.")]
    assert len(points) <= 5
    on_card = "\n".join(part.text for part in points)
    assert "Revenue: " in on_card or "Chiffre d'affaires" in on_card
    assert "paying on the phone" in on_card or "paiement sur téléphone" in on_card
    text = "\n".join(part.text for part in (*points, parts["more"]))
    assert "site et paiement" not in text
    assert "website and payment" not in text
    assert "Bougies" in text
    assert "33" in text
    assert "Nuée" in text
    stated = {fact.id for fact in found.evidence.facts}
    for part in (parts["headline"], *points):
        assert part.facts
        assert set(part.facts) <= stated
    assert {"table", "picture", "how_to_read", "sources", "more"} <= set(parts)
    assert "grouped as Others" not in parts["how_to_read"].text  # it lists no groups
    assert not [fact for fact in found.evidence.facts if "small-groups" in fact.id]
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_words_that_the_digest_does_not_read_get_a_line() -> None:
    with pytest.raises(CannotDo) as no:
        await made("what moved this week in Belgium?")
    assert "Belgium" in no.value.words.to("en")


async def test_planted_noise_is_never_confirmed() -> None:
    found = await made("what moved this week?")
    shown = [part for part in found.parts if part.key.startswith(("headline", "points", "more"))]
    lines = [line for part in shown for line in part.text.casefold().splitlines()]
    watch = WATCH.with_params(what="").to("en").strip().casefold()
    for noise in ("packag", "payment:", "colour", "returns"):
        assert not [line for line in lines if noise in line[:30] and watch not in line]


async def test_at_most_three_distinct_leads() -> None:
    leads = (await made("what moved this week?")).leads
    assert 0 < len(leads) <= 3
    assert len({lead.words for lead in leads}) == len(leads)


def orders(last: int = 42) -> list[dict[str, object]]:
    """Sixty weeks of forty-two orders each. The last whole week may have fewer."""
    monday = date(2026, 11, 16)
    return [
        {
            "order": f"o{week}-{n}",
            "line": 1,
            "at": datetime.combine(monday - timedelta(days=7 * week - n % 7), datetime.min.time()),
            "customer": f"c{n}",
            "product": "p",
            "title": "Plain thing",
            "quantity": 1.0,
            "amount": Decimal("20.00"),
            "currency": "EUR",
        }
        for week in range(-1, 60)
        for n in range(last if week == 0 else 2 if week < 0 else 42)
    ]


async def test_quiet_shop_gives_one_line() -> None:
    found = await run("what moved this week?", shelf=small(orders=orders()))
    assert isinstance(found, DraftResult)
    quiet, days = found.parts
    assert (quiet.key, days.key) == ("quiet", "read_as")
    assert "\n" not in quiet.text + days.text
    assert "16 to 22 Nov 2026" in days.text
    assert "not yet 23 to 24 Nov" in days.text


async def test_first_lines_and_table_say_which_days_are_covered() -> None:
    found = await made("what moved this week?")
    days = found.parts[1]
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert days.key == "read_as"
    sales, others = days.text.splitlines()
    assert sales == "weekly sales 16 to 22 Nov 2026 (not yet 23 to 24 Nov)"
    assert others == ("up to 24 November: visits 14 days, parcels 56 days, feedback 30 days")
    assert table.columns[1:3] == ("A week, 16 to 22 Nov 2026", "The week before, 9 to 15 Nov 2026")
    orders = """SELECT count(DISTINCT "order") FROM orders
        WHERE "at"::DATE BETWEEN '2026-11-09' AND '2026-11-15'"""
    before = {row[0]: row[2] for row in table.rows}
    assert before["Orders"] == str(sample().engine.con.execute(orders).fetchone()[0])
    reading = next(part.text for part in found.parts if part.key == "how_to_read")
    assert "16 Sept to 10 Nov 2026" in reading  # what the visits are compared with


@pytest.mark.parametrize("words", ["what moved this week?", "le point de la semaine"])
async def test_days_after_the_last_whole_week_are_told_beside_the_week_before(words: str) -> None:
    found = await made(words)
    facts = {fact.id: fact for fact in found.evidence.facts}
    (point,) = [
        part
        for part in found.parts
        if part.key.startswith("points.") and any("orders-20261123" in id for id in part.facts)
    ]
    (sold,) = [facts[id] for id in point.facts if facts[id].label == "revenue"]
    (change,) = [facts[id] for id in point.facts if facts[id].is_change and "metric" in id]
    revenue = """SELECT round(sum(amount)) FROM orders
        WHERE "at"::DATE BETWEEN '2026-11-23' AND '2026-11-24'"""
    assert sold.value == sample().engine.con.execute(revenue).fetchone()[0]
    assert change.compared_with == "metric.orders-20261116-20261117.revenue"


async def test_part_of_a_week_that_is_named_has_the_table_and_comes_first() -> None:
    words = "what moved this week?"
    found = await run(words, skill="digest", since="2026-11-23", until="2026-11-29")
    assert isinstance(found, DraftResult)
    parts = {part.key: part for part in found.parts}
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert table.columns[1:3] == (
        "Sales, 23 to 24 Nov 2026",
        "The same weekdays before, 16 to 17 Nov 2026",
    )
    orders = """SELECT count(DISTINCT "order") FROM orders
        WHERE "at"::DATE BETWEEN '2026-11-23' AND '2026-11-24'"""
    told = {row[0]: row[1] for row in table.rows}
    assert told["Orders"] == str(sample().engine.con.execute(orders).fetchone()[0])
    assert "sales 23 to 24 Nov 2026" in parts["read_as"].text
    points = [part.text for part in found.parts if part.key.startswith(("headline", "points"))]
    assert not [one for one in points if "16 to 22 Nov" in one]
    assert "16 to 22 Nov" in parts["more"].text


async def test_week_that_the_weekly_sales_cover_is_told_as_a_whole() -> None:
    words = "what moved last week?"
    found = await run(words, skill="digest", since="2026-11-16", until="2026-11-22")
    assert isinstance(found, DraftResult)
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert table.columns[1] == "A week, 16 to 22 Nov 2026"


@pytest.mark.slow
async def test_sample_shop_without_changes_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample shop with only random and seasonal changes."""
    found = await run("what moved this week?", shelf=still(tmp_path, monkeypatch))
    assert isinstance(found, DraftResult)
    assert classify_digest(found) == "quiet"
    assert found.parts[0].text.startswith("Nothing moved")
    assert "\n" not in found.parts[0].text
    assert found.leads == ()
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_no_data_names_the_file_needed() -> None:
    found = await run("what moved this week?", shelf=small())
    assert isinstance(found, DraftResult)
    assert [part.title for part in found.parts] == ["What I can't tell"]


async def test_shop_with_orders_only_keeps_gaps_in_details() -> None:
    """Sixty weeks of forty orders, then a week with hardly any."""
    found = await run("what moved this week?", shelf=small(orders=orders(last=12)))
    assert isinstance(found, DraftResult)
    parts = {part.key: part.text for part in found.parts}
    assert "12" in parts["headline"]
    assert "There is no feedback yet" in parts["how_to_read"]
    assert "orders, up to 24 November" in parts["sources"]


async def last_week(*, days: int = 7, changed: dict[str, Decimal] | None = None) -> list[Fact]:
    """The facts that last week's digest would have stored, with some figures changed."""
    first = await made("what moved this week?")
    found = []
    for fact in first.evidence.facts:
        kind, subject, measure = fact.id.split(".", 2)
        if kind not in ("feedback", "funnel", "trends", "delivery"):
            continue
        new = {
            "id": f"before.{kind}--{subject}.{measure}",
            "as_of": fact.as_of - timedelta(days=days),
            "value": (changed or {}).get(f"{kind}--{subject}.{measure}", fact.value),
        }
        found.append(fact.model_copy(update=new))
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_last_findings_are_graded_with_both_figures(language: str) -> None:
    past = await last_week(changed={"feedback--website-phone.share-now": Decimal("16.1")})
    words = {"en": "what moved this week?", "fr": "le point de la semaine"}[language]
    found = await run(words, known=past)
    assert isinstance(found, DraftResult)
    graded = next(part for part in found.parts if part.key == "graded")
    went = {"en": "it went on", "fr": "cela se poursuit"}[language]
    (website,) = [line for line in graded.text.splitlines() if "16" in line and went in line]
    assert "10.1" in website.replace(",", ".")
    assert "before.feedback--website-phone.share-now" in graded.facts
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_passed_finding_is_reported_as_over() -> None:
    past = [
        Fact(
            id="before.feedback--packaging.verdict",
            label="verdict",
            about="packaging",
            value="to watch",
            source="reviews.csv",
            as_of=date(2026, 11, 17),
        ),
        Fact(
            id="before.feedback--packaging.share-now",
            label="share now",
            about="packaging",
            value=Decimal("5.2"),
            unit="%",
            source="reviews.csv",
            as_of=date(2026, 11, 17),
        ),
    ]
    found = await run("what moved this week?", known=past)
    text = collect_text(found)
    assert "Packaging, called to watch: it did not go on" in text
    assert "5.2% last time" in text


async def test_nothing_is_graded_without_newer_rows() -> None:
    found = await run("what moved this week?", known=await last_week(days=0))
    assert "no newer rows" in collect_text(found)
    assert "it went on" not in collect_text(found)
    assert isinstance(found, DraftResult)
    assert classify_digest(found) == "quiet"  # where only what moved was asked for


async def test_rows_of_other_data_are_not_called_old() -> None:
    gone = [
        Fact(
            id=f"before.feedback--no-longer.{measure}",
            label=measure,
            about="gone",
            value=value,
            source="reviews.csv",
            as_of=date(2026, 11, 17),
        )
        for measure, value in (("verdict", "to watch"), ("share-now", Decimal("5.2")))
    ]
    found = await run("what moved this week?", known=gone)
    assert isinstance(found, DraftResult)
    assert "no newer rows" not in collect_text(found)
    assert classify_digest(found) == "moved"


def campaign(chance: str, own: str, median: str) -> list[Fact]:
    def fact(measure: str, value: Decimal | str, unit: str | None = None) -> Fact:
        return Fact(
            id=f"sent.si-abc.{measure}",
            label=measure,
            about="Le pull Ronan revient",
            value=value,
            unit=unit,
            source="campaigns.csv",
            as_of=date(2026, 11, 20),
        )

    return [
        fact("name", "Le pull Ronan revient"),
        fact("asked", "e-mail : le pull Ronan revient"),
        fact("open-rate", Decimal(own), "%"),
        fact("open-rate-median", Decimal(median), "%"),
        fact("open-rate-chance", chance),
        fact("orders", Decimal(12), "orders"),
        fact("sales", Decimal("1834.50"), "EUR"),
    ]


@pytest.mark.parametrize(
    ("chance", "own", "said"),
    [
        ("yes", "31.0", "chance explains what lies between"),
        ("no", "41.0", "better than chance explains"),
        ("no", "11.0", "worse than chance explains"),
    ],
)
@pytest.mark.sample(3)
async def test_sent_campaign_is_compared_with_its_median(chance: str, own: str, said: str) -> None:
    found = await run("what moved this week?", known=campaign(chance, own, "30.5"))
    assert isinstance(found, DraftResult)
    assert said in collect_text(found)
    labels = {lead.label.text: lead for lead in found.leads}
    assert labels["Adjust what we sent"].ask
    assert labels["Adjust what we sent"].words == "e-mail : le pull Ronan revient"
    assert labels["Plan a test"].skill == "experiment"
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_only_chosen_sections_are_reported() -> None:
    known = campaign("yes", "31.0", "30.5")
    found = await run("what moved this week?", known=known, sections="feedback")
    assert isinstance(found, DraftResult)
    assert "Ronan" not in collect_text(found)
    assert "checkouts" not in collect_text(found)
    assert "late parcels" in collect_text(found)


async def test_digest_of_one_category_says_so() -> None:
    found = await run("what moved this week?", category="Bougies et senteurs")
    assert isinstance(found, DraftResult)
    text = collect_text(found)
    assert "Only Bougies et senteurs was looked at" in text
    assert "Plaid" not in text
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_alert_reports_one_series_only(language: str) -> None:
    series = "funnel.device-mobile-checkout-to-purchase"
    found = await run("This just moved", series=series, skill="digest", language=language)
    assert isinstance(found, DraftResult)
    said = {part.key: part.text for part in found.parts}
    assert "38" in said["headline"]
    assert len(said["headline"].splitlines()) == 1
    assert not {"graded", "sent", "work", "table", "more"} & set(said)
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_queue_section_is_quiet_when_nothing_waits() -> None:
    def waiting(n: int) -> list[Fact]:
        known = {"waiting": n, "oldest": 2} if n else {"waiting": n}
        return [
            Fact(
                id=f"work.queue.{measure}",
                label=measure,
                value=Decimal(value),
                unit="days" if measure == "oldest" else None,
                source="the intern's own record",
                as_of=date(2026, 11, 24),
            )
            for measure, value in known.items()
        ]

    found = await run("what moved this week?", known=waiting(3), sections="queue")
    assert isinstance(found, DraftResult)
    assert classify_digest(found) == "moved"
    assert "approval: 3; the oldest was made 2\u00a0days ago." in collect_text(found)
    found = await run("what moved this week?", known=waiting(0), sections="queue")
    assert isinstance(found, DraftResult)
    assert classify_digest(found) == "quiet"
    assert "Nothing waits for your approval." in collect_text(found)


async def test_unknown_season_is_stated_beside_a_rise() -> None:
    today, rows = date(2026, 11, 24), []
    for back in range(30 * 7):
        many = 30 if back < 22 else 10  # three times as many a day for three weeks
        for n in range(many):
            at = datetime(2026, 11, 23, 12) - timedelta(days=back, minutes=n)
            rows.append(
                {
                    "order": f"o{back}-{n}",
                    "line": 1,
                    "at": at,
                    "customer": f"c{back}-{n}",
                    "product": f"p{n % 5}",
                    "title": f"Thing {n % 5}",
                    "quantity": 1,
                    "amount": Decimal(20),
                }
            )
    shelf = small(today, orders=rows)
    found = await run("what moved this week?", shelf=shelf, today=today)
    assert isinstance(found, DraftResult)
    said = {part.key: part.text for part in found.parts}
    assert "210" in said["headline"]
    assert "season" in said["how_to_read"]
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_truncated_file_is_stated_and_no_fall_reported() -> None:
    from tests.data.analyses.test_truncated_orders import orders as made_up

    for words, says in (
        ("what moved this week?", "did the shop stop selling?"),
        ("le point de la semaine", "cessé de vendre"),
    ):
        found = await run(words, shelf=small(orders=made_up({9: 1.5, 999: 30.0})))
        assert isinstance(found, DraftResult)
        assert says in found.parts[0].text
        assert found.parts[0].key == "quiet"
        assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_fall_of_one_channel_is_reported() -> None:
    from tests.data.analyses.test_truncated_orders import orders as made_up

    found = await run("what moved this week?", shelf=small(orders=made_up({999: 60.0}, search=0.0)))
    assert isinstance(found, DraftResult)
    assert found.parts[0].key == "headline"
    assert "trends.source-search.last" in found.parts[0].facts


@pytest.mark.parametrize("first", [9, 23])
def test_a_week_with_a_retail_occasion_names_it(first: int) -> None:
    monday = date(2026, 11, first)
    last = Fact(
        id="trends.total-orders.last",
        label="last",
        value=Decimal(40),
        source=Source("orders.csv"),
        as_of=monday + timedelta(days=6),
        since=monday,
        until=monday + timedelta(days=6),
    )
    evidence, brand = Evidence(facts=(last,)), Brand(name="Maison")
    told = list_occasions(SentenceWriter("en"), evidence, brand, "FR")
    assert ["Black Friday" in line.text for line in told] == [True] * (first == 23)
