"""`super-intern ask`: in a terminal, what a mention in Slack does."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.core.channels import load_channels
from bot.data.metrics.answer_log import SalesAnswer
from bot.db.session import Database
from tests.fakes.claude import (
    UNDERSTANDS,
    ScriptedClaude,
    Step,
    asked_request,
    calls,
    obediently,
    reading,
)
from tests.fakes.claude import understood as understood_as
from tests.handlers.test_answer_with_ai import report
from tests.support.tool_runner import full_params

BRAND = """name = "Maison Lin"
languages = ["en", "fr"]
[markets.FR]
language = "fr"
[markets.GB]
language = "en"
names = ["UK"]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one product, two markets and nothing else."""
    home = tmp_path / "home"
    monkeypatch.setenv("SUPER_INTERN_HOME", str(home))
    products = tmp_path / "products.csv"
    products.write_text("handle,title,price\nlinen-shirt,Linen shirt,49.00\n", encoding="utf-8")
    assert main(["import", "--yes", "--currency", "EUR", str(products)]) == 0
    (home / "brand.toml").write_text(BRAND)
    return home


async def run_ask(
    words: str,
    form: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
    script: tuple[Step, ...] = (),
) -> int:
    """Run the command with an AI that understands the words as `form`, and goes on by `script`."""

    def answer(body: dict[str, Any]) -> dict[str, Any] | str:
        return form if UNDERSTANDS in str(body.get("system")) else obediently(body)

    async with ScriptedClaude(Step(), *script, answer=answer) as claude:
        monkeypatch.setenv("ANTHROPIC_API_KEY", claude.key)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", claude.url)
        return await asyncio.to_thread(main, ["ask", words, *arguments])


async def test_a_request_is_understood_and_done(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = understood_as(
        "requests",
        asked_request(
            channels=[reading("email", "mail")],
            markets=[reading("FR", "FR"), reading("GB", "UK")],
            products=[reading("linen-shirt", "linen shirt")],
            goal="inform",
        ),
        unsupported=["poster"],
        left_over=["with emojis"],
    )
    words = "a mail and a poster on the linen shirt, FR and UK, with emojis"
    capsys.readouterr()
    assert await run_ask(words, form, monkeypatch, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "requests"
    assert found["left_over"] == ["with emojis"]
    assert found["line"].startswith("I can't do poster yet.")
    assert all(channel.title in found["line"] for channel in load_channels().values())
    read = [(one["market"], one["language"], one["products"]) for one in found["requests"]]
    assert read == [("FR", "fr", ["linen-shirt"]), ("GB", "en", ["linen-shirt"])]
    assert [draft["market"] for draft in found["drafts"]] == ["FR", "GB"]
    assert set(found["drafts"][0]) >= {"parts", "checks", "facts"}


async def test_what_it_does_not_do_is_said_in_the_language_of_the_words(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = understood_as("requests", unsupported=["un post LinkedIn"])
    words = "écris-nous un post LinkedIn sur la chemise en lin pour la rentrée"
    capsys.readouterr()
    await run_ask(words, form, monkeypatch)
    assert "Je ne sais pas encore faire un post LinkedIn" in capsys.readouterr().out
    await run_ask(words, form, monkeypatch, "--language", "en")
    assert "I can't do un post LinkedIn yet." in capsys.readouterr().out


async def test_the_language_is_that_of_the_message_and_not_of_a_product(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = understood_as("requests", language="en", unsupported=["poster"])
    capsys.readouterr()
    await run_ask("poster EN: Torchons de la cuisine", form, monkeypatch)
    assert "I can't do poster yet." in capsys.readouterr().out


async def test_a_reply_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    form = understood_as("reply", reply="Bonjour !")
    assert await run_ask("bonjour", form, monkeypatch) == 0
    assert capsys.readouterr().out == "Bonjour !\n"


async def test_a_question_says_how_it_is_answered(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = understood_as(
        "requests",
        asked_request(
            channels=[reading("email", "mail")], products=[reading("linen-shirt", "shirt")]
        ),
    )
    asks = calls(("ask_person", {"question": "For whom?", "options": ["Regulars"]}))
    capsys.readouterr()
    assert await run_ask("a mail on the shirt", form, monkeypatch, script=(asks,)) == 3
    *_, option, how = capsys.readouterr().out.splitlines()
    assert option == "  - Regulars"
    assert "ask again" in how


def test_without_an_ai_the_rules_read_the_words(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ask", "e-mail: our linen shirt is back in stock", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["by_rules"]) == ("requests", True)
    assert found["requests"][0]["products"] == ["linen-shirt"]
    assert main(["ask", "thanks"]) == 0
    assert capsys.readouterr().out == "You're welcome.\n"


def test_rights_are_those_of_the_person_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "policy.toml").write_text('[access]\nask = ["UMARIE"]\n')
    assert main(["ask", "thanks", "--as", "UMAX"]) == 2
    assert "You can't ask for work here" in capsys.readouterr().err
    assert main(["ask", "thanks", "--as", "UMARIE"]) == 0


async def test_a_text_is_for_the_people_of_the_report_beside_it(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    things = ("linen-shirt", "wool-scarf")
    orders = [f"o{n},2026-11-0{1 + n % 9},c{n},{things[n % 2]},1,49.00,EUR" for n in range(120)]
    (tmp_path / "orders.csv").write_text(
        "\n".join(["order id,date,customer,sku,quantity,price,currency", *orders])
    )
    agreed = [f"c{n},yes" for n in range(120)]
    (tmp_path / "customers.csv").write_text("\n".join(["customer_id,email_consent", *agreed]))
    files = [str(tmp_path / name) for name in ("orders.csv", "customers.csv")]
    assert main(["import", "--yes", "--currency", "EUR", *files]) == 0
    form = understood_as(
        "requests",
        asked_request("targeting"),
        asked_request(channels=[reading("email", "mail")], topic="linen"),
    )
    script = (
        calls(
            ("audience", full_params("audience", {"purpose": "email", "bought": ["linen-shirt"]}))
        ),
        report("{f2} bought linen."),
    )
    capsys.readouterr()
    words = "whom to write to about linen, and the mail"
    assert await run_ask(words, form, monkeypatch, "--json", script=script) == 0
    drafts = json.loads(capsys.readouterr().out)["drafts"]
    assert [one["skill"] for one in drafts] == ["targeting", "draft"]
    assert drafts[1]["assumed"] == []
    assert "segment.audience.size" in {fact["id"] for fact in drafts[1]["facts"]}


async def test_figures_of_a_report_stand_under_how_their_look_up_was_read(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    devices = ("mobile", "desktop")
    orders = [f"o{n},2026-11-0{1 + n % 9},c{n},linen-shirt,2,49.00,EUR" for n in range(120)]
    lines = [f"{one},{devices[n % 2]}" for n, one in enumerate(orders)]
    (tmp_path / "orders.csv").write_text(
        "\n".join(["order id,date,customer,sku,quantity,price,currency,device", *lines])
    )
    assert main(["import", "--yes", "--currency", "EUR", str(tmp_path / "orders.csv")]) == 0
    query = {"dataset": "orders", "measures": ["orders", "units"], "dimensions": ["device"]}
    script = (
        calls(
            ("query_metrics", full_params("query_metrics", query)),
            ("query_metrics", full_params("query_metrics", {**query, "since": "2026-11-03"})),
        ),
        report("{f1} in all.", exhibit="e1", as_table=True),
    )
    capsys.readouterr()
    form = understood_as("requests", asked_request("answer"))
    assert await run_ask("orders by device", form, monkeypatch, script=script) == 0
    told = capsys.readouterr().out.partition("Every figure:\n")[2].splitlines()
    assert told[0].startswith("  Orders, units by device · ")
    assert told[1] == "    orders: 120\u00a0orders (orders.csv)"
    assert told[2] == "    every other figure of the table (orders.csv)"
    with Database(f"sqlite:///{home / 'super-intern.db'}").begin() as session:
        told_to_asker = session.query(SalesAnswer)  # not what was looked up and is not shown
        assert [(row.since.day, row.piece) for row in told_to_asker] == [(1, None)]


async def test_each_of_two_tables_stands_under_its_own_title(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = understood_as("requests", asked_request("answer", topic="the linen shirt"))
    script = (
        calls(
            ("product", {"product": "linen-shirt"}),
            ("find_products", full_params("find_products", {"words": "linen", "most": 1})),
        ),
        report("{f1} is on sale.", exhibit="e1", further_exhibits=["e2"]),
    )
    capsys.readouterr()
    assert await run_ask("what is the linen shirt?", form, monkeypatch, script=script) == 0
    assert capsys.readouterr().out.count("In figures:") == 2
