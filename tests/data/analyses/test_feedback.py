"""The feedback analysis on the sample shop and on small made-up sets."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.data.analyses.feedback import find
from bot.data.analyses.feedback.objections import praise_and_objection
from bot.data.analyses.feedback.quotes import read_sentences
from bot.data.analyses.feedback.texts import read_texts, select_feedback
from bot.data.analyses.feedback.theme_concentration import find_concentrations
from bot.data.analyses.feedback.theme_table import ThemeTable, build_theme_table, is_praise
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.playground.shop.generation import read_planted
from bot.privacy import has_mask
from tests.support.sample_tables import planted_themes, sample, shelf
from tests.support.small_tables import small

PLANTED = {
    "sizing": "sizing-small",
    "late": "delivery-late",
    "phone": "website-phone",
    "sold out": "stock-sold-out",
    "packaging": "packaging",
}
SMALL = ("lin-alba", "lin-solene", "mai-maud")


@cache
def found() -> AnalysisResult:
    return find(sample(), AnalysisFilter())


@cache
def heard() -> ThemeTable:
    where = AnalysisFilter()
    return build_theme_table(read_texts(sample(), select_feedback(sample(), where), where))


@pytest.fixture(scope="module")
def truth() -> dict[str, tuple[str, ...]]:
    return planted_themes()


def value(subject: str, measure: str, among: AnalysisResult | None = None) -> Any:
    fact = (among or found()).get(subject, measure)
    assert fact is not None, (subject, measure)
    return fact.value


def texts_on(subject: str, said: ThemeTable) -> set[str]:
    return {t.id for t, flag in zip(said.texts, said.flags_of(subject), strict=True) if flag}


@pytest.mark.parametrize("theme", PLANTED)
def test_planted_themes_are_found_in_their_texts(
    theme: str, truth: dict[str, tuple[str, ...]]
) -> None:
    made = {one for one, themes in truth.items() if theme in themes}
    told = texts_on(PLANTED[theme], heard())
    assert len(made & told) >= 0.9 * len(told)
    assert len(made & told) >= 0.9 * len(made)


def test_texts_on_linen_are_praise(truth: dict[str, tuple[str, ...]]) -> None:
    made = {one for one, themes in truth.items() if "linen" in themes}
    said = heard()
    praised = {
        t.id
        for t, yes in zip(said.texts, is_praise(said.flags_of("fabric-linen")), strict=True)
        if yes
    }
    assert len(made & praised) >= 0.9 * max(len(made), len(praised))


def test_runs_small_complaints_have_the_planted_rate() -> None:
    rows = Counter(t.product for t in heard().texts)
    told = Counter(
        t.product
        for t, flag in zip(heard().texts, heard().flags_of("sizing-small"), strict=True)
        if flag
    )
    for product in SMALL:
        assert told[product] / rows[product] == pytest.approx(
            read_planted("sizing")["told"], abs=0.05
        )


def test_concentrations_are_found_where_they_were_planted() -> None:
    for product in SMALL:
        assert value(f"sizing-small--product-{product}", "verdict") == "confirmed"
    assert value("delivery-late--region-33", "verdict") == "confirmed"
    south_west = {f"region-{one}" for one in read_planted("late_parcels")["departments"]}
    late = [s.split("--")[1] for s in found().subjects() if s.startswith("delivery-late--region")]
    assert set(late) <= south_west


@pytest.mark.parametrize("floor", [10, 60])  # fewer texts than 60 are on the product
def test_concentration_names_the_one_product_of_a_category(floor: int) -> None:
    said = heard()
    tested = find_concentrations(said, said, floor)
    places = [one for one in tested if one.subject == "stock-sold-out" and one.is_found]
    assert {one.value for one in places if one.dimension in ("product", "category")} == {"lit-nuee"}
    (one,) = (one for one in places if one.value == "lit-nuee")
    assert one.texts < 60
    assert one.mentions + one.elsewhere == len(texts_on("stock-sold-out", said))


def test_planted_new_theme_is_a_confirmed_change() -> None:
    for theme in ("website-phone", "stock-sold-out", "delivery-late"):
        assert value(theme, "verdict") == "confirmed"
    assert value("website-phone", "texts-now") == 18
    assert value("website-phone", "share-before") == 0


def test_planted_noise_is_not_a_confirmed_change() -> None:
    noise = {"packaging", "colour", "returns"}
    verdicts = {
        fact.id: fact.value
        for fact in found().facts
        if fact.id.endswith(".verdict") and fact.id.split(".")[1].split("-")[0] in noise
    }
    assert len(verdicts) >= 3
    assert "confirmed" not in verdicts.values()


def test_different_product_mix_is_no_change() -> None:
    assert value("fabric-linen", "change") < -20
    assert value("fabric-linen", "verdict") == "other products or channels"


def test_frequent_growing_complaint_is_ranked_first() -> None:
    assert value("delivery-late", "fix-first-rank") == 1
    assert value("website-phone", "fix-first-rank") == 2
    assert _score("delivery-late") > _score("website-phone") > 0
    assert value("sizing-small", "fix-first-reach") < 50


def test_ranked_complaints_have_days_and_no_rise_that_is_none() -> None:
    themes = {f.parts.subject for f in found().facts if f.parts.measure == "fix-first-rank"}
    counted = [f for f in found().facts if f.parts.measure == "fix-first-complaints"]
    assert {(f.since, f.until) for f in counted} == {(date(2026, 7, 28), date(2026, 11, 24))}
    rises = {f.parts.subject for f in found().facts if f.parts.measure == "fix-first-trend"}
    assert rises < themes
    assert all(value(theme, "fix-first-trend") != 1 for theme in rises)


def _score(theme: str) -> float:
    """What themes are ranked by."""
    made_of = [value(theme, f"fix-first-{m}") for m in ("complaints", "trend", "reach")]
    return float(made_of[0]) * float(made_of[1]) * (1 + float(made_of[2]) / 100)


def test_quotes_are_verbatim_with_the_text_id() -> None:
    whole = {t.id: t.hide_ids(t.whole[t.offset :]) for t in heard().texts}
    quoted = [f for f in found().facts if f.label.startswith("quote ")]
    assert len(quoted) > 20
    for fact in quoted:
        one = str(fact.source).split(", ")[1]
        assert str(fact.value) in whole[one]
        assert fact.unit in ("fr", "en")


def test_no_quote_has_a_mark_of_what_was_replaced() -> None:
    texts = [
        "Hello,\nThe shirt shrank in the wash.\nKind regards,\n[NAME] ([EMAIL])",
        "Thank you [NAME], the shirt fits.\nThe linen is soft and thick.",
        "[NAME] from [NAME]",
    ]
    read = read_sentences(
        _reviews(texts), AnalysisFilter(), words=None, theme=None, tone="any", most=9
    )
    assert [one.said for one in read.sentences] == [
        "The shirt shrank in the wash.",
        "The linen is soft and thick.",
    ]
    assert read.private == 1
    assert not [fact for fact in found().facts if has_mask(str(fact.value))]


def test_quotes_contain_no_phone_number_or_address() -> None:
    assert any("06 39 98" in t.whole for t in heard().texts)
    for fact in found().facts:
        assert "06 39 98" not in str(fact.value)
        assert ".example" not in str(fact.value)


def test_one_product_has_its_praise_and_its_objection() -> None:
    praise, objection = praise_and_objection(sample(), "lin-alba")
    assert praise is not None
    assert objection is not None
    assert praise.id == "feedback.fabric-linen--product-lin-alba.praise-share"
    assert objection.id == "feedback.sizing-small--product-lin-alba.complaint-share"
    assert objection.value == pytest.approx(38, abs=3)
    assert praise_and_objection(sample(), "no-such-thing") == (None, None)


@pytest.mark.slow
def test_analysis_is_deterministic() -> None:
    again = find(shelf(_made()), AnalysisFilter())
    assert [(f.id, f.value) for f in again.facts] == [(f.id, f.value) for f in found().facts]


def test_fact_ids_and_queries_are_valid() -> None:
    import re

    for fact in found().facts:
        assert re.fullmatch(r"feedback\.[a-z0-9-]+\.[a-z0-9-]+", fact.id), fact.id
        assert fact.query in found().queries
    assert len({f.id for f in found().facts}) == len(found().facts)


def test_filter_restricts_the_texts() -> None:
    only = find(sample(), AnalysisFilter(product="lin-alba"))
    assert value("sizing-small", "complaint-share", only) >= 80
    assert value("all", "texts", only) == 60
    english = find(sample(), AnalysisFilter(language="en"))
    assert value("all", "texts", english) < 200
    with pytest.raises(CannotDo, match="device"):
        find(sample(), AnalysisFilter(device="mobile"))


def test_no_texts_or_few_texts_are_refused_with_a_sentence() -> None:
    nobody = find(small(), AnalysisFilter())
    assert [w.text for w in nobody.limits] == [
        "There is no feedback yet: import a file of reviews, messages or answers."
    ]
    few = find(_reviews(["Très joli, mais trop petit."] * 5), AnalysisFilter())
    assert not few.facts
    assert "feedback file would help" in few.limits[0].to("en")
    assert few.limits[0].to("fr").startswith("5 textes")


def test_undated_texts_have_levels_but_no_changes() -> None:
    rows = [{"id": str(i), "text": "The dress runs small.", "rating": 2.0} for i in range(60)]
    one = find(small(feedback=rows), AnalysisFilter())
    assert value("sizing-small", "share", one) == 100
    assert one.get("sizing-small", "verdict") is None
    assert any("dated texts" in w.text for w in one.limits)


def test_language_without_a_list_has_stars_but_no_themes() -> None:
    rows = _rows(["Der Stoff ist sehr schön und die Lieferung war schnell, gerne wieder."] * 40)
    one = find(small(feedback=rows), AnalysisFilter())
    assert value("all", "texts-without-list", one) == 40
    assert value("all", "happy-share", one) == 0
    assert not [s for s in one.subjects() if s.startswith(("fabric", "delivery"))]
    assert any("without a list of themes" in w.text for w in one.limits)


def test_no_ratings_give_no_share_of_happy_texts() -> None:
    rows = [{**row, "rating": None} for row in _rows(["J'adore cette robe, merci."] * 40)]
    one = find(small(feedback=rows), AnalysisFilter())
    assert one.get("all", "happy-share") is None


def test_unchanged_themes_have_no_confirmed_change() -> None:
    """Twenty shuffles of the days: whatever is confirmed is chance."""
    import numpy as np

    from bot.data.analyses.feedback.texts import choose_periods
    from bot.data.analyses.feedback.theme_shares import compare_periods

    said, over = heard(), choose_periods(AnalysisFilter(), sample().as_of("feedback"))
    recent = over.is_now(said.texts) | over.is_before(said.texts)
    kept, false = said.select(recent), 0
    for seed in range(20):
        now = np.random.default_rng(seed).permutation(over.is_now(kept.texts))
        false += sum(one.verdict == "confirmed" for one in compare_periods(kept, now, ~now))
    assert false <= 4


def _made() -> Path:
    from tests.support.sample_tables import made

    return made()


def _rows(texts: list[str]) -> list[dict[str, Any]]:
    start = datetime(2026, 11, 20)
    return [
        {"id": f"R{i}", "text": text, "rating": 3.0, "at": start - timedelta(days=i % 20)}
        for i, text in enumerate(texts)
    ]


def _reviews(texts: list[str]) -> Warehouse:
    return small(today=date(2026, 11, 25), feedback=_rows(texts))


def test_periods_without_texts_are_reported() -> None:
    """Two months without a review are no good months."""
    rows = [
        {"id": str(n), "at": datetime(2026, month, 1 + n % 27, 12), "text": said, "rating": stars}
        for n, (said, stars) in enumerate([("Runs small, sent it back.", 2), ("Lovely", 5)] * 30)
        for month in (4, 5, 8, 9)
    ]
    for n, row in enumerate(rows):
        row["id"] = str(n)
    found = find(small(feedback=rows), AnalysisFilter())
    said = [words.to("en") for words in found.limits if "Nobody wrote" in words.to("en")]
    assert said == [
        "Nobody wrote from 28 May 2026 to 31 July 2026: what customers thought then can't be told."
    ]


def test_complaint_quote_is_from_an_unhappy_customer() -> None:
    """Five stars and "a bit too small" is the more typical wording, and no complaint to show."""
    rows = [
        {
            "id": f"h{n}",
            "at": datetime(2026, 9, 1 + n % 27, 12),
            "rating": 5,
            "text": f"Love it, a bit too small but love it {n}",
        }
        for n in range(40)
    ]
    rows += [
        {
            "id": f"u{n}",
            "at": datetime(2026, 9, 1 + n, 12),
            "rating": 1,
            "text": f"It was far too small for me, I sent number {n} back with regret",
        }
        for n in range(6)
    ]
    found = find(small(feedback=rows), AnalysisFilter())
    quoted = [f for f in found.facts if f.id == "feedback.sizing-small.quote-1"]
    assert [str(fact.source).rpartition(", ")[2] for fact in quoted] == ["1/5"]
