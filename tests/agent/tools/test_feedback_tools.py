"""The tools on feedback: feedback_themes and read_feedback."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.tool import MAX_FACTS, ToolError, ToolResult, name_counts
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.data.analyses.feedback import _count_channels
from bot.data.analyses.feedback.aspects import THEME_TITLES
from bot.data.analyses.feedback.texts import DIMENSIONS, FeedbackText, strip_letter
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Words, format_short_period
from tests.support.metric_queries import query_tool
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import (
    call_tool,
    data_of,
    figure,
    sample_data,
    text_of,
    tool_deps,
)

LAST_YEAR = "\"at\"::DATE BETWEEN '2025-11-25' AND '2026-11-24'"
NOON = datetime.combine(TODAY, time(12))
pytestmark = pytest.mark.timeout(120)


def said_in(result: ToolResult) -> list[Fact]:
    """The facts that are customers' sentences."""
    return [fact for fact in result.facts if fact.parts.measure == "said"]


async def test_themes_give_the_figures_of_the_analysis() -> None:
    found = sample_data().findings("feedback", AnalysisFilter())
    result = await call_tool("feedback_themes")
    for fact in result.facts:
        same = found.get(fact.parts.subject, fact.parts.measure)
        assert same is not None
        assert same.value == fact.value
    table = result.exhibits[0].table
    assert table is not None
    assert table.rows[0][0] == "quality"


async def test_a_theme_that_rose_has_both_periods() -> None:
    result = await call_tool("feedback_themes")
    now = figure(result, "feedback.delivery-late.share-now")
    before = figure(result, "feedback.delivery-late.share-before")
    assert (now.since, now.until) == (date(2026, 10, 26), date(2026, 11, 24))
    assert before.until == date(2026, 10, 25)
    book = FactBook(result.facts)
    assert book.spell(book.add(now), "from-to", "fr") == "de 9,6\u00a0% à 17,4\u00a0%"


async def test_the_channels_of_the_texts_are_named_unless_one_was_asked_for() -> None:
    note, *_ = [one for one in (await call_tool("feedback_themes")).notes if "by channel" in one]
    many = f"SELECT count(*) FROM feedback WHERE channel = 'chat' AND {LAST_YEAR}"
    ((chats,),) = sample().engine.con.execute(f"{many} AND text IS NOT NULL").fetchall()
    assert f"chat {chats}" in note
    one = await call_tool("feedback_themes", {"channel": "chat"})
    assert not any("by channel" in note for note in one.notes)


def test_a_channel_of_few_people_has_no_count() -> None:
    text = FeedbackText("", None, "", 0, None, "en", (None,) * len(DIMENSIONS))

    def write(channel: str, n: int) -> list[FeedbackText]:
        places = tuple(channel if one == "channel" else None for one in DIMENSIONS)
        return [text._replace(id=f"{channel}{i}", places=places) for i in range(n)]

    every = [*write("review", 30), *write("chat", 20), *write("post", 2)]
    assert _count_channels(every, 5) == "review 30, chat, post"
    assert _count_channels(every[:50], 5) == "review 30, chat 20"


async def test_several_channels_are_taken_together_with_counts_of_the_days_asked() -> None:
    days = {"since": "2026-10-01", "until": "2026-11-20"}
    names = ("e-mail", "chat")
    both = await call_tool("feedback_themes", {**days, "channel": ", ".join(names)})
    each = [await call_tool("feedback_themes", {**days, "channel": name}) for name in names]
    whole = [fact.number for result in (both, *each) for fact in result.facts[:1]]
    assert whole[0] == sum(whole[1:])
    theme = both.facts[5].parts.subject
    measures = {fact.parts.measure for fact in both.facts if fact.parts.subject == theme}
    assert {"texts", "share"} <= measures
    assert {one.unit for one in both.facts if one.parts.measure == "texts"} == {"messages"}
    dated = {(fact.since, fact.until) for fact in both.facts if "complaints" in fact.parts.measure}
    assert dated == {(date(2026, 10, 1), date(2026, 11, 20))}
    with pytest.raises(ToolError, match="fax"):
        await call_tool("feedback_themes", {"channel": "e-mail, fax"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear team,\nThe sleeve is torn.\nKind regards,\n[NAME]", "The sleeve is torn."),
        ("The sleeve is torn\non the left.\n[NAME]\n[PHONE]", "The sleeve is torn\non the left."),
        ("Too small\nPity", "Too small\nPity"),
        ("Hello,", "Hello,"),
    ],
)
def test_letters_are_quoted_without_what_opens_and_closes_them(text: str, words: str) -> None:
    assert strip_letter(text) == words


async def test_one_theme_is_found_by_its_key_or_its_name_in_either_language() -> None:
    texts = []
    for theme in ("sizing-small", "runs small", "taille petit"):
        result = await call_tool("feedback_themes", {"theme": theme}, tool_deps(language="fr"))
        texts.append([(fact.id, fact.value) for fact in result.facts])
    assert texts[0] == texts[1] == texts[2]
    subjects = {id.split(".")[1] for id, _ in texts[0]}
    assert "sizing-small--product-lin-solene" in subjects


async def test_both_tools_take_the_same_names_of_a_theme() -> None:
    said = []
    for theme in ("sizing-small", "Runs small", "taille petit"):
        await call_tool("feedback_themes", {"theme": theme})
        result = await call_tool("read_feedback", {"theme": theme, "most": 5})
        said.append([fact.value for fact in result.facts])
    assert said[0]
    assert said[0] == said[1] == said[2]
    for tool in ("feedback_themes", "read_feedback"):
        with pytest.raises(ToolError, match="There is no theme “zips”"):
            await call_tool(tool, {"theme": "zips"})


async def test_an_unknown_theme_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ToolError, match="There are: quality, fabric"):
        await call_tool("feedback_themes", {"theme": "zips"})


async def test_sentences_are_in_the_feedback_letter_for_letter() -> None:
    result = await call_tool("read_feedback", {"words": "retard", "most": 15})
    assert len(said_in(result)) == 15
    rows = sample().engine.con.execute("SELECT id, text FROM feedback").fetchall()
    texts = dict(rows)
    for fact in said_in(result):
        said = str(fact.value)
        assert "retard" in said.lower()
        assert said in texts[fact.source.details[0]]
    days = [fact.as_of for fact in said_in(result)]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    ("given", "sql"),
    [
        (
            {"words": "retard", "country": "FR"},
            f"text ILIKE '%retard%' AND country = 'FR' AND {LAST_YEAR}",
        ),
        (
            {"words": "cadeau retard"},
            f"text ILIKE '%retard%' AND text ILIKE '%cadeau%' AND {LAST_YEAR}",
        ),
        (
            {"words": "retard", "since": "2026-10-01", "until": "2026-10-31"},
            "text ILIKE '%retard%' AND \"at\"::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
    ],
)
async def test_the_number_of_texts_that_fit_is_told(given: dict[str, Any], sql: str) -> None:
    result = await call_tool("read_feedback", {**given, "most": 3})
    row = sample().engine.con.execute(f"SELECT count(*) FROM feedback WHERE {sql}").fetchone()
    assert row is not None
    assert result.notes[0].startswith(f"{row[0]} texts fit")


async def test_both_tools_count_the_same_texts_of_a_theme() -> None:
    for theme in ("sizing", "delivery-late"):
        counted = await call_tool("feedback_themes", {"theme": theme})
        for measure, tone in (("texts", "any"), ("complaints", "complaint")):
            asked = {"theme": theme, "tone": tone, "most": 1}
            texts = figure(counted, f"feedback.{theme}.{measure}").value
            note = (await call_tool("read_feedback", asked)).notes[0]
            assert note.startswith(f"{texts} texts fit, of 2025-11-25 to 2026-11-24")


async def test_complaints_on_a_theme_and_a_product_in_french() -> None:
    result = await call_tool(
        "read_feedback",
        {"theme": "sizing-small", "tone": "complaint", "product": "Robe Solène en lin", "most": 3},
        tool_deps(language="fr"),
    )
    assert {fact.about for fact in result.facts} == {"Robe Solène en lin"}
    assert "Robe Solène en lin" in result.read_as
    assert "mots d'un client" in {fact.titled("fr") for fact in result.facts}


async def test_words_of_fewer_customers_than_the_floor_are_not_shown() -> None:
    with pytest.raises(ToolError, match="Fewer than 20 customers"):
        await call_tool("read_feedback", {"country": "LU", "most": 3})


async def test_a_text_with_personal_data_is_left_out_and_counted() -> None:
    texts = ["Écrivez-moi à jeanne.morel@example.org, la taille est petite."]
    texts += [f"La robe numéro {n} taille trop petit." for n in range(3)]
    rows = [
        {"id": f"v{n}", "at": NOON, "text": text, "customer": f"c{n}", "rating": 2.0}
        for n, text in enumerate(texts)
    ]
    result = await call_tool(
        "read_feedback", {"words": "taille", "most": 10}, tool_deps(data_of(small(feedback=rows)))
    )
    assert "jeanne" not in text_of(result)
    assert any(note.startswith("1 were left out") for note in result.notes)
    assert len(said_in(result)) == 3


async def test_ids_of_orders_and_customers_are_hidden_in_a_quote() -> None:
    text = "Commande 1042, client k-77, colis az990187 et non ZZ990187 : 20260 en retard."
    mine = {"id": "v1", "at": NOON, "text": text, "customer": "K-77", "order": "#1042"}
    others = [{"order": "AZ990187", "at": NOON, "customer": "c2", "product": "p"}]
    deps = tool_deps(data_of(small(feedback=[mine], orders=others)))
    result = await call_tool("read_feedback", {"most": 5}, deps)
    (said,) = said_in(result)
    assert said.value == "Commande […], client […], colis […] et non ZZ990187 : 20260 en retard."
    rows = [{**row, "order": "BX4410"} for row in reviews_of(10, 25, 20)]
    rows = [{**row, "text": f"{row['text'].rstrip('.')}, order BX4410."} for row in rows]
    found = data_of(small(feedback=rows)).findings("feedback", AnalysisFilter())
    quotes = [str(one.value) for one in found.facts if one.parts.measure.startswith("quote-")]
    assert quotes
    assert all("BX4410" not in quote and "[…]" in quote for quote in quotes)


async def test_a_long_text_is_cut_to_the_sentence_that_was_meant() -> None:
    before = "Le tissu est doux et la couleur est belle. " * 12
    text = f"{before}Mais la fermeture a cassé. Merci."
    row = {"id": "v1", "at": NOON, "text": text, "customer": "c1", "rating": 2.0}
    deps = tool_deps(data_of(small(feedback=[row])))
    result = await call_tool("read_feedback", {"words": "fermeture", "most": 5}, deps)
    assert [fact.value for fact in said_in(result)] == ["Mais la fermeture a cassé."]
    whole = await call_tool("read_feedback", {"most": 5}, deps)
    assert str(whole.facts[0].value) in text
    assert len(str(whole.facts[0].value)) <= 400


async def test_a_sentence_keeps_its_rating_channel_and_day() -> None:
    result = await call_tool("read_feedback", {"words": "retard", "most": 1})
    fact = result.facts[0]
    assert fact.since == fact.until == fact.as_of
    assert len(fact.source.details) == 3
    assert fact.rows == 1
    assert not isinstance(fact.value, Decimal)


async def test_the_overview_tells_of_each_theme_what_is_praise() -> None:
    result = await call_tool("feedback_themes")
    subjects = {f.parts.subject for f in result.facts if f.parts.measure == "complaint-share"}
    praised = {f.parts.subject for f in result.facts if f.parts.measure == "praise-share"}
    assert subjects
    assert praised == subjects


async def test_themes_without_days_say_the_days_that_they_are_of() -> None:
    result = await call_tool("feedback_themes", {}, tool_deps(language="fr"))
    texts = figure(result, "feedback.all.texts")
    assert texts.since is not None
    assert texts.until is not None
    row = (
        sample()
        .engine.con.execute(
            'SELECT count(*) FROM feedback WHERE "at"::DATE BETWEEN ? AND ?',
            [texts.since, texts.until],
        )
        .fetchone()
    )
    assert row == (texts.value,)
    days = format_short_period(texts.since, texts.until, "fr", TODAY)
    assert result.read_as == f"avis et messages · {days}"
    assert any(f"the texts of {texts.since} to {texts.until}" in note for note in result.notes)
    of_one = await call_tool("feedback_themes", {"category": "Mailles"}, tool_deps(language="fr"))
    assert of_one.read_as.endswith(f" · {days}")  # whenever its first and last text were
    narrow = await call_tool("feedback_themes", {"since": "2026-10-01"}, tool_deps())
    assert narrow.read_as == "reviews and messages · since 1 October"
    assert not any("No days were named" in note for note in narrow.notes)


def reviews_of(month: int, texts: int, sizing: int, **more: Any) -> list[dict[str, Any]]:
    """`texts` of a month of 2026, of which the first `sizing` complain about the size."""
    return [
        {
            "id": f"{month}-{n}-{more.get('country', '')}",
            "at": datetime(2026, month, 1 + n % 20, 12),
            "text": "Runs small, sent it back." if n < sizing else "The colour is lovely.",
            "rating": 2.0 if n < sizing else 5.0,
            "customer": f"c{month}-{n}-{more.get('country', '')}",
            **more,
        }
        for n in range(texts)
    ]


async def test_a_theme_is_told_by_month_and_since_when() -> None:
    rows = [row for month in range(3, 11) for row in reviews_of(month, 30, 3 if month < 8 else 15)]
    result = await call_tool("feedback_themes", {"theme": "sizing"}, data_deps(rows))
    assert figure(result, "feedback.onset-sizing.complaints-since").value == "2026-08-01"
    assert figure(result, "feedback.onset-sizing.complaint-share-since").value == 50
    assert figure(result, "feedback.onset-sizing.complaint-share-before").value == 10
    august = figure(result, "feedback.month-2026-08.share")
    assert august.value == 50
    assert (august.since, august.rows) == (date(2026, 8, 1), 30)
    table, line = result.exhibits[-1].table, result.exhibits[-1].chart
    assert table is not None
    assert [row[1:3] for row in table.rows[4:6]] == [("3", "30"), ("15", "30")]
    assert line is not None
    assert len(line.points) == 8


async def test_a_theme_is_counted_by_product_in_the_days_that_were_asked_for() -> None:
    asked = {"theme": "sizing", "since": "2026-10-26", "until": "2026-11-24"}
    result = await call_tool("feedback_themes", asked)
    counts = [
        one
        for one in result.facts
        if one.parts.subject.startswith("of-") and one.parts.measure == "texts-on-it"
    ]
    assert len(counts) > 1
    assert {(one.since, one.until) for one in counts} == {(date(2026, 10, 26), date(2026, 11, 24))}
    assert counts == sorted(counts, key=lambda one: -one.number)
    whole = figure(result, "feedback.sizing--2026-10-26--2026-11-24.texts")
    assert sum(one.number for one in counts) <= whole.number
    (table,) = [one.table for one in result.exhibits if one.shows == "the theme by product"]
    assert table is not None
    assert len(table.rows) == len(counts)


async def test_the_texts_of_one_product_are_counted_where_themes_take_more() -> None:
    asked = {"theme": "sizing", "product": "Robe Solène en lin", "since": "2026-11-15"}
    result = await call_tool("feedback_themes", {**asked, "until": "2026-11-24"})
    assert "themes take 20" in " ".join(result.notes)
    assert any(one.parts.subject.startswith("of-lin-solene") for one in result.facts)


async def test_no_start_is_told_of_a_steady_theme() -> None:
    rows = [row for month in range(3, 11) for row in reviews_of(month, 30, 6 + month % 3)]
    result = await call_tool("feedback_themes", {"theme": "sizing"}, data_deps(rows))
    assert not [fact for fact in result.facts if fact.parts.subject.startswith("onset")]
    assert any(note.startswith("Since when can't be told") for note in result.notes)
    assert figure(result, "feedback.month-2026-10.texts").value == 7


async def test_months_of_a_country_hold_enough_people() -> None:
    rows = [row for month in range(3, 11) for row in reviews_of(month, 12, 4, country="FR")]
    given = {"theme": "sizing", "country": "FR"}
    result = await call_tool("feedback_themes", given, data_deps(rows))
    spans = [f for f in result.facts if f.parts.subject.startswith("month-")]
    assert spans
    assert all(fact.rows == 24 for fact in spans)


async def test_shares_of_categories_side_by_side_have_the_same_decimals() -> None:
    days = {"since": "2026-10-26", "until": "2026-11-24"}
    result = await call_tool("feedback_themes", {**days, "category": "Mailles; Linge de lit; Bain"})
    shares = [one for one in result.facts if one.parts.measure == "share"]
    assert len({one.shown_decimals for one in shares}) == 1


async def test_many_categories_are_told_in_one_call_each_and_together() -> None:
    counted = sample().engine.con.execute(
        """SELECT p.category, count(*) FROM feedback f JOIN products p USING (product)
        WHERE f.text IS NOT NULL AND f."at"::DATE BETWEEN '2026-09-01' AND '2026-11-24'
        GROUP BY 1 ORDER BY 2 DESC LIMIT 6"""
    )
    texts = dict(counted.fetchall())
    days = {"since": "2026-09-01", "until": "2026-11-24"}
    named = {"category": "; ".join(texts), **days}
    result = await call_tool("feedback_themes", named)
    counts = {one.about: one.number for one in result.facts if one.parts.measure == "texts"}
    assert counts["all feedback"] == sum(texts.values())
    assert {name: counts[name] for name in texts} == texts
    by_category = result.exhibits[-1].table
    assert by_category is not None
    assert [row[0] for row in by_category.rows] == ["together", *texts]
    assert len(result.facts) <= MAX_FACTS
    assert any(one.parts.measure == "fix-first-rank" for one in result.facts)
    assert sum("left out" in note for note in result.notes) < 2
    read = await call_tool("read_feedback", {**named, "most": 3})
    (every,) = (one for one in read.facts if one.parts.measure == "all-texts")
    assert every.number == sum(texts.values())
    with pytest.raises(ToolError, match="called Bin"):
        await call_tool("read_feedback", {"category": f"{next(iter(texts))}; Bin"})


async def test_several_countries_and_stars_narrow_both_tools() -> None:
    rows = [
        row
        for country, texts in (("FR", 15), ("GB", 12), ("BE", 30))
        for row in reviews_of(10, texts, 5, country=country)
    ]
    deps = data_deps(rows)
    result = await call_tool("feedback_themes", {"country": "FR, GB"}, deps)
    assert figure(result, "feedback.all--fr-gb.texts").value == 27
    assert "France, United Kingdom" in result.read_as
    with pytest.raises(ToolError, match="has no country called DE"):
        await call_tool("feedback_themes", {"country": "FR, DE"}, deps)
    unhappy = {"country": "FR, GB, BE", "stars": "1-2"}
    with pytest.raises(ToolError, match="Fewer than 20"):
        await call_tool("read_feedback", {**unhappy, "most": 3}, deps)
    read = await call_tool("read_feedback", {"stars": "1-2", "most": 3}, deps)
    assert read.notes[0].startswith("15 texts fit")
    with pytest.raises(ToolError, match="1-2, 3 or 4-5"):
        await call_tool("read_feedback", {"stars": "bad", "most": 3}, deps)


async def test_too_few_texts_are_called_too_few() -> None:
    rows = [*reviews_of(10, 15, 5, country="GB"), *reviews_of(10, 30, 5, country="FR")]
    few = await call_tool("feedback_themes", {"theme": "sizing", "country": "GB"}, data_deps(rows))
    assert not few.facts
    assert few.notes[0].startswith("Fewer than 20 customers")
    old = [{**row, "at": datetime(2025, 6, 1), "id": f"old{n}"} for n, row in enumerate(rows[:6])]
    result = await call_tool("feedback_themes", {"theme": "sizing"}, data_deps([*rows[:15], *old]))
    assert result.notes[0].startswith("Only 15 texts")
    assert result.notes[1].startswith("6 more are from before")


async def test_the_words_of_a_few_among_many_of_a_country_are_shown() -> None:
    rows = [*reviews_of(10, 30, 5, country="FR"), *reviews_of(10, 5, 1, country="GB")]
    given = {"theme": "sizing", "country": "FR", "most": 3}
    result = await call_tool("read_feedback", given, data_deps(rows))
    assert result.notes[0].startswith("5 texts fit")
    assert result.facts


async def test_days_of_the_whole_file_ask_for_no_comparison() -> None:
    rows = [row for month in range(3, 11) for row in reviews_of(month, 12, 4)]
    given = {"since": "2026-03-01", "until": "2026-10-31"}
    result = await call_tool("feedback_themes", given, data_deps(rows))
    assert figure(result, "feedback.all--2026-03-01--2026-10-12.texts").value == 96
    assert not [note for note in result.notes if "What changed" in note]


def data_deps(rows: list[dict[str, Any]]) -> Any:
    return tool_deps(data_of(small(feedback=rows)))


async def test_where_a_theme_of_the_shop_is_concentrated_has_the_days_it_was_tested_on() -> None:
    result = await call_tool("feedback_themes", {"theme": "delivery-late"})
    places = [fact for fact in result.facts if "--region-" in fact.id]
    (whole,) = (fact for fact in result.facts if fact.id == "feedback.delivery-late.share")
    assert places
    assert whole.since is not None
    assert all(fact.since and fact.since > whole.since for fact in places)


async def test_theme_with_a_comma_in_its_name_is_translated_before_a_place() -> None:
    theme = Words(THEME_TITLES["stock-sold-out"])
    assert "," in theme.text
    french = tool_deps(language="fr")
    result = await call_tool("feedback_themes", {"theme": "stock-sold-out"}, french)
    abouts = {one.about for one in result.facts if one.about.count(", ") > 1}
    assert abouts
    assert all(about.startswith(f"{theme.to('fr')}, ") for about in abouts)
    table = next(one.table for one in result.exhibits if one.shows == "the theme by product")
    assert table
    assert not any("date" in row[0] for row in table.rows)


async def test_categories_are_told_side_by_side_in_one_call() -> None:
    days = {"since": "2026-09-01", "until": "2026-11-20"}
    both = await call_tool("feedback_themes", {**days, "category": "Mailles; Linge de lit"})
    for name in ("Mailles", "Linge de lit"):
        alone = await call_tool("feedback_themes", {**days, "category": name})
        theirs = {(one.id, one.value) for one in both.facts if one.about == name}
        assert theirs
        assert theirs <= {(one.id, one.value) for one in alone.facts}
        assert any(one.about == name and one.parts.measure == "texts" for one in both.facts)
    assert "Mailles, Linge de lit" in both.read_as
    table = [one.table for one in both.exhibits if one.shows == "themes of the feedback"][-1]
    assert table is not None
    assert {row[0].split(", ")[0] for row in table.rows} == {"Mailles", "Linge de lit"}
    themed = {**days, "category": "Mailles;Bain;Linge de lit", "theme": "quality-pilling"}
    result = await call_tool("feedback_themes", themed)
    table = [one.table for one in result.exhibits if one.shows == "themes of the feedback"][-1]
    assert table is not None
    assert table.rows[0][0] == "together, bobbles"
    assert any(one.about == "Mailles, bobbles" for one in result.facts)
    with pytest.raises(ToolError, match="no theme"):
        await call_tool("feedback_themes", {**themed, "theme": "zzqqxx"})
    with pytest.raises(ToolError, match="At most"):
        await call_tool("feedback_themes", {**days, "product": "a;b;c;d;e"})


async def test_categories_together_are_told_as_fully_as_one() -> None:
    named = {"category": "Mailles; Bain", "since": "2026-09-01", "until": "2026-11-20"}
    result = await call_tool("feedback_themes", named)
    of_all = [one for one in result.facts if "mailles-bain" in one.id]
    assert {"complaints", "fix-first-rank", "praise-share"} <= {f.parts.measure for f in of_all}
    assert any(note.startswith("More themes") for note in result.notes)
    assert not any("left out" in note for note in result.notes)


async def test_the_themes_that_most_complain_of_lead_a_table_of_their_own() -> None:
    result = await call_tool("feedback_themes")
    (blamed,) = (one for one in result.exhibits if one.shows == "what customers complain of most")
    assert blamed.table is not None
    many = [int(row[1].replace(",", "")) for row in blamed.table.rows]
    assert many == sorted(many, reverse=True)
    told = [one for one in result.facts if one.parts.measure == "complaints"]
    assert [one.number for one in told[:5]] == many[:5]


async def test_sentences_of_two_months_are_of_both() -> None:
    days = {"since": "2026-10-01", "until": "2026-11-20"}
    result = await call_tool("read_feedback", {**days, "tone": "complaint", "most": 8})
    said = [one.since for one in result.facts if one.since]
    assert [*said] == sorted(said, reverse=True)
    assert {day.month for day in said} == {10, 11}
    assert min(sum(day.month == month for day in said) for month in (10, 11)) == 4


async def test_parts_of_a_theme_stand_behind_it_and_bars_are_of_whole_themes() -> None:
    deps = tool_deps(language="fr")
    result = await call_tool("feedback_themes", {"since": "2026-06-01", "stars": "1-2"}, deps)
    assert result.read_as.startswith("avis et messages · 1 ou 2 étoiles · ")
    table, chart = result.exhibits[0].table, result.exhibits[0].chart
    assert table is not None
    names = [row[0] for row in table.rows]
    late = names.index("– colis en retard")
    above = [name for name in names[:late] if not name.startswith("–")]
    assert above[-1] == "livraison"
    assert chart is not None
    bars = [point.name for point in chart.points]
    whole = [name for name in names if not name.startswith("–")]
    assert bars[: len(whole)] == whole


async def test_sentences_come_with_how_many_texts_fit_of_how_many() -> None:
    whole = await call_tool("read_feedback", {"most": 1})
    (total,) = [fact for fact in whole.facts if fact.parts.measure == "all-texts"]
    found = await call_tool("read_feedback", {"tone": "complaint", "most": 1})
    fitting, every = (fact for fact in found.facts if fact.unit == "messages")
    assert (fitting.label, every.label) == ("texts with a complaint", "all texts")
    assert 0 < fitting.number < every.number == total.number
    assert "texts with a complaint" in found.read_as


async def test_shares_of_the_unhappy_name_the_ratings_that_they_are_of() -> None:
    found = await call_tool("feedback_themes")
    (unhappy,) = [fact for fact in found.facts if fact.parts.measure == "unhappy-share"]
    assert unhappy.label == "share of ratings of 1 or 2 stars"
    assert unhappy.of


async def test_one_kind_of_stars_is_a_part_of_all_ratings() -> None:
    units = {
        fact.unit
        for measures in (["stars_5"], ["ratings"])
        for fact in name_counts(
            (await query_tool(tool_deps(), dataset="feedback", measures=measures)).facts
        )
    }
    assert units == {"ratings"}
