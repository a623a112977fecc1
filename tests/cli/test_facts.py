"""The `facts` command."""

import json
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.agent.tool import ToolResult
from bot.app import Container
from bot.cli.facts import format_result, parse_where
from bot.core.facts import Fact, Source
from bot.data.analyses.result import AnalysisFilter
from bot.data.private_files import private_process
from bot.errors import CannotDo
from tests.support.paths import ROOT
from tests.support.stocked_library import stocked


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facts")
    with private_process(folder):
        container: Container = stocked(folder, "experiments", "orders")
        container.database.close()
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(home))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["facts", *arguments]) == 0
    return capsys.readouterr().out


def test_facts_are_printed_with_value_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "experiments")
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert any(line.startswith("winner B") for line in lines)
    assert any(line.startswith("effect 1.2 points") and "rows" in line for line in lines)
    assert "status broken" in "\n".join(lines)
    assert lines[-2].startswith("Source: experiments.csv")


def test_json_has_the_query_of_each_fact(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(printed(capsys, "experiments", "--json"))
    for fact in told["facts"]:
        assert fact["source"].startswith("experiments.csv")
        assert date.fromisoformat(fact["as_of"])
        assert "SELECT" in told["queries"][fact["query"]]
        assert fact["rows"]


def test_where_filters_by_product(capsys: pytest.CaptureFixture[str]) -> None:
    everything = json.loads(printed(capsys, "experiments", "--json"))
    one = json.loads(printed(capsys, "experiments", "--json", "--where", "experiment=panier-court"))
    assert 0 < len(one["facts"]) < len(everything["facts"])
    assert all(fact["id"].startswith("experiments.panier-court") for fact in one["facts"])


def test_product_facts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "product", "--where", "product=vai-onde")
    assert "€47.00" in told
    assert told.count("products.csv, line") >= 5


def test_product_is_found_by_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    title = json.loads(printed(capsys, "product", "--json", "--where", "product=vai-onde"))
    called = title["facts"][0]["about"]
    told = json.loads(printed(capsys, "sellers", "--json", "--where", f"product={called}"))
    assert any(fact["id"].startswith("sellers.product-vai-onde") for fact in told["facts"])


def test_filter_without_match_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sellers", "--where", "until=2001-01-01"]
    assert main(["facts", *asked]) == 3
    assert "Can't be told: Nothing fits what was asked." in capsys.readouterr().out


def test_stale_data_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def days(**ahead: int) -> int | None:
        later = datetime(2026, 11, 25, 12, tzinfo=UTC) + timedelta(**ahead)
        monkeypatch.setattr("bot.cli.facts.now", lambda: later)
        return json.loads(printed(capsys, "sellers", "--json"))["stale_days"]  # type: ignore[no-any-return]

    assert [days(days=0), days(days=30)] == [None, 31]
    told = printed(capsys, "sellers")
    assert "Old: it ends 31 days ago, and what came since is not in it." in told
    assert "Old:" not in printed(capsys, "sellers", "--where", "until=2026-11-01")


def test_unanswerable_questions_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "experiments", "--where", "experiment=nothing"]) == 3
    assert "Can't be told: There is no test called nothing." in capsys.readouterr().out


@pytest.mark.slow
def test_closed_pipe_ends_silently(home: Path) -> None:
    asked = f"{shlex.quote(sys.executable)} -m bot facts experiments | true"
    done = subprocess.run(
        ["sh", "-c", asked],
        cwd=ROOT,
        env={"SUPER_INTERN_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["weather"], "There are no facts of the kind weather."),
        (["product", "--where", "produkt=a"], "It knows: product."),
        (["product", "--where", "product"], "name=value"),
        (["product", "--where", "since=yesterday"], "a day like 2026-11-24"),
        (["product", "--where", "days=-3"], "a number above 0"),
        (["product", "--where", "product=nothing"], "There is no product nothing."),
        (["sellers", "--where", "product=nothing"], "There is no product nothing."),
        (["sellers", "--where", "country=XX"], "orders.csv has no country called XX. It has: FR"),
        (["experiments", "--where", "country=FR"], "experiments can't be narrowed by country"),
        (["plan", "--where", "wanted=a"], "--where knows no wanted."),
        (["sellers", "--where", "against=2026-10-01"], "--where knows no against."),
        (["audiences", "--where", "rule=a"], "rule wants an audience's rule"),
        (["sellers", "--where", "country=FR", "--where", "country=BE"], "says country twice"),
    ],
)
def test_typing_mistake_gets_a_message(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["facts", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_tool_tells_figures_as_cards_do() -> None:
    about: dict[str, Any] = {
        "label": "revenue",
        "unit": "EUR",
        "source": Source("o.csv"),
        "as_of": date.min,
    }
    value, whole = Decimal("234.60"), Decimal(235)
    facts = (
        Fact(id="orders.a.revenue", value=value, shown_decimals=0, **about),
        Fact(id="orders.b.revenue", value=whole, exact=value, **about),
    )
    told = format_result(ToolResult(facts=facts)).splitlines()[:2]
    assert [line.partition(": ")[2] for line in told] == ["€235", "€235"]


def test_where_parses_days_and_numbers() -> None:
    asked = parse_where(["since=2026-10-01", "days=90", "country=FR"])
    assert asked == AnalysisFilter(since=date(2026, 10, 1), days=90, country="FR")
    with pytest.raises(CannotDo):
        parse_where(["days=many"])


def test_tool_is_run_with_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    call = '{"dataset": "orders", "measures": ["revenue"], "dimensions": ["device"]}'
    told = printed(capsys, "query_metrics", call)
    assert "revenue before returns · by device" in told
    assert "revenue · mobile: €" in told
    found = json.loads(printed(capsys, "query_metrics", call, "--json"))
    assert found["facts"][0]["label"] == "revenue"
    assert found["exhibits"][0]["table"]["columns"] == ["Device", "Revenue"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["query_metrics", "revenue"], "query_metrics wants its parameters as JSON."),
        (["query_metrics", '{"dataset": "orders"}'], "query_metrics says: Name at least one"),
        (["query_metrics", '{"dataset": "weather"}'], "query_metrics says: dataset: "),
        (
            ["query_metrics", '{"dataset": "visits", "measures": ["visits"]}'],
            "query_metrics says: There are no visits yet",
        ),
        (["sellers", "{}"], "sellers is no tool, so it takes no parameters."),
    ],
)
def test_tool_with_wrong_parameters_says_why(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    capsys.readouterr()
    assert main(["facts", *arguments]) == 2
    assert words in capsys.readouterr().err
