"""Check the evaluation sets: that they load, hold together, and that each SQL gives its answer.

Run it from the repository's root: `.venv/bin/python evals/check_sets.py`. It makes the sample shop
in a temporary folder and reads its CSV files with DuckDB. No model is called. It ends with 1 if
anything is wrong and names every case that is.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.playground.shop import fill

Case = dict[str, Any]

SETS = Path(__file__).parent
TODAY = date(2026, 11, 25)  # the shop's data end on the day before
TABLES = (
    "products",
    "prices",
    "customers",
    "orders",
    "events",
    "feedback",
    "campaigns",
    "ads",
    "experiments",
)
OUTCOMES = {"requests", "revise", "answer_question", "reply", "not_for_us"}
FORBIDDEN_OUTCOMES = OUTCOMES | {"approve"}  # what a trap may tempt into
SKILLS = {"draft", "answer", "feedback", "targeting", "blockers", "trends", "predict"}
SKILLS |= {"experiment", "recap", "digest"}
CHANNELS = {"email", "sms", "product_page", "push", "instagram", "google_ad"}
MARKETS = {"FR", "BE", "LU", "CH", "GB", "IE"}
UNDERSTANDING = {"id", "language", "today", "place", "thread", "pending_question", "words"}
UNDERSTANDING |= {"expect", "must_not", "also_right"}
EXPECT = {"outcome", "requests", "draft", "instruction", "option", "value", "declines", "left_over"}
EXPECT |= {"remind"}
REQUEST = {"skill", "channels", "market", "language", "product", "range", "audience", "offer"}
REQUEST |= {"since", "until", "must_say", "tone", "left_over"}
QUOTED = ("range", "audience", "offer", "tone", "must_say", "left_over", "instruction", "declines")
MESSAGE = {"who", "kind", "id", "channel", "market", "version", "skill", "text"}
QUESTION = {"id", "language", "question", "today", "covers", "files", "how_read", "say_also"}
QUESTION |= {"may_be_withheld", "sql", "answer", "also_right", "cannot", "why", "can_tell"}
COVERED = {
    *("revenue_gross", "revenue_net", "orders", "units", "customers", "new_customers"),
    *("average_order_value", "median_order_value", "revenue_per_customer", "return_rate"),
    *("repeat_rate", "conversion", "open_rate", "click_rate", "days_between_orders"),
    *("share_of_total", "rank_share", "first_repeat_orders", "not_since", "at_least_n"),
    *("both_a_and_b", "a_never_c", "two_dimensions", "filter_groups", "having", "period"),
    *("comparison", "same_period_last_year", "order", "limit", "rating", "negative_share"),
    *("visits", "campaign_revenue", "cannot"),
}


class Findings:
    """What is wrong with the sets, by case."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, case: str, message: str) -> None:
        self.lines.append(f"{case}: {message}")

    def require(self, holds: bool, case: str, message: str) -> None:
        if not holds:
            self.add(case, message)


def read_cases(folder: Path) -> Iterator[tuple[str, Case]]:
    """Yield each case of a folder with the name of its file."""
    for path in sorted(folder.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            yield path.stem, case


def list_values(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def open_shop(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with one view for each CSV file of the shop."""
    shop = duckdb.connect()
    for table in TABLES:
        path = str(folder / f"{table}.csv").replace("'", "''")
        shop.execute(
            f"CREATE VIEW {table} AS SELECT * FROM read_csv('{path}', header=true, sample_size=-1)"
        )
    return shop


def normalize_value(value: Any) -> Any:
    """Return a value as it stands in YAML: amounts with two decimals, days as ISO dates."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float | Decimal):
        return round(float(value), 2)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def is_same(found: Any, stated: Any) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return bool(found == stated)
    return isinstance(stated, int | float) and bool(abs(found - stated) < 0.0051)


def check_answer(shop: duckdb.DuckDBPyConnection, name: str, case: Case, findings: Findings) -> int:
    """Run the SQL of a case and of its other right readings; return how many ran."""
    if "sql" not in case:
        return 0
    answer = case.get("answer")
    if not isinstance(answer, dict) or set(answer) != {"columns", "units", "rows"}:
        findings.add(name, "an SQL needs an answer with columns, units and rows")
        return 0
    try:
        result = shop.execute(case["sql"])
    except duckdb.Error as error:
        findings.add(name, f"the SQL fails: {error}")
        return 0
    columns = [column[0] for column in result.description or []]
    rows = [[normalize_value(value) for value in row] for row in result.fetchall()]
    stated = [[normalize_value(value) for value in row] for row in answer["rows"]]
    findings.require(columns == answer["columns"], name, f"the SQL gives the columns {columns}")
    findings.require(len(columns) == len(answer["units"]), name, "one unit for each column")
    same = len(rows) == len(stated) and all(
        len(row) == len(other) and all(map(is_same, row, other))
        for row, other in zip(rows, stated, strict=True)
    )
    findings.require(same, name, f"the SQL gives {rows}, stated is {stated}")
    others = list_values(case.get("also_right"))
    return 1 + sum(check_answer(shop, name, other, findings) for other in others)


def check_expect(
    name: str, case: Case, expect: Case, handles: set[str], findings: Findings
) -> None:
    """Check one right understanding: its fields, its words, its products and days."""
    findings.require(set(expect) <= EXPECT, name, f"unknown in expect: {set(expect) - EXPECT}")
    outcomes = set(list_values(expect.get("outcome")))
    findings.require(bool(outcomes) and outcomes <= OUTCOMES, name, f"outcome {outcomes}")
    if outcomes == {"requests"}:
        findings.require(bool(expect.get("requests")), name, "requests without a request")
    if outcomes == {"revise"}:
        findings.require("instruction" in expect, name, "a revision needs its instruction")
    if outcomes == {"answer_question"}:
        findings.require(bool({"option", "value"} & set(expect)), name, "an answer needs a value")
    if "option" in expect and "pending_question" in case:
        options = case["pending_question"]["options"]
        findings.require(expect["option"] in options, name, "the option is none of the question's")
    if "draft" in expect and "thread" in case:
        drafts = {message.get("id") for message in case["thread"]} | {"latest"}
        findings.require(expect["draft"] in drafts, name, f"no draft {expect['draft']} in thread")
    check_quotes(name, case["words"], expect, findings)
    if reminder := expect.get("remind"):
        findings.require(set(reminder) == {"words", "when"}, name, "a reminder has words and when")
        findings.require(reminder["words"] in case["words"], name, "remind: not in the words")
    for request in expect.get("requests", []):
        findings.require(set(request) <= REQUEST, name, f"unknown: {set(request) - REQUEST}")
        findings.require("skill" in request, name, "a request needs a skill")
        for field, known in (("skill", SKILLS), ("channels", CHANNELS), ("market", MARKETS)):
            unknown = set(list_values(request.get(field))) - known
            findings.require(not unknown, name, f"unknown {field}: {unknown}")
        unknown = set(list_values(request.get("product"))) - handles
        findings.require(not unknown, name, f"not in products.csv: {unknown}")
        since, until = request.get("since"), request.get("until")
        for day in (since, until):
            findings.require(day is None or type(day) is date, name, f"{day} is no day")
        if since and until:
            findings.require(since <= until, name, "since is after until")
        check_quotes(name, case["words"], request, findings)


def check_quotes(name: str, words: str, fields: Case, findings: Findings) -> None:
    """Check that quoted words stand in the message."""
    for field in QUOTED:
        for quote in list_values(fields.get(field)):
            findings.require(str(quote) in words, name, f"{field}: {quote!r} is not in the words")


def check_understanding(cases: list[tuple[str, Case]], handles: set[str], found: Findings) -> None:
    for _, case in cases:
        name = case["id"]
        found.require(set(case) <= UNDERSTANDING, name, f"unknown: {set(case) - UNDERSTANDING}")
        found.require(type(case.get("today")) is date, name, "today is no day")
        found.require(case.get("place") in {"dm", "mention", "thread"}, name, "place")
        found.require(bool(case.get("words")), name, "no words")
        for message in case.get("thread", []):
            found.require(set(message) <= MESSAGE, name, f"unknown: {set(message) - MESSAGE}")
            found.require(message["who"] in {"person", "intern", "other"}, name, "who")
            found.require(message["kind"] in {"draft", "report", "question", "text"}, name, "kind")
        if case.get("place") == "thread":
            found.require(bool(case.get("thread")), name, "a thread without earlier messages")
        for expect in (case["expect"], *case.get("also_right", [])):
            check_expect(name, case, expect, handles, found)
        for trap in case.get("must_not", []):
            found.require(len(trap) == 1, name, "a trap is one field and its value")
            for field, value in trap.items():
                if field == "outcome":
                    found.require(value in FORBIDDEN_OUTCOMES, name, f"outcome {value}")
                else:
                    found.require(field in REQUEST | {"option"}, name, f"trap in {field}")
    held = sum(stem == "held_out" for stem, _ in cases)
    found.require(len(cases) >= 120, "understanding", "at least 120 messages")
    found.require(0.3 <= held / len(cases) <= 0.4, "understanding", f"held out: {held}")


def check_questions(cases: list[tuple[str, Case]], found: Findings) -> None:
    covered: set[str] = set()
    for _, case in cases:
        name = case["id"]
        found.require(set(case) <= QUESTION, name, f"unknown: {set(case) - QUESTION}")
        found.require(case.get("today") == TODAY, name, f"today is not {TODAY}")
        if case.get("cannot"):
            found.require({"why", "can_tell"} <= set(case), name, "says not why")
        else:
            found.require({"sql", "answer", "how_read"} <= set(case), name, "no SQL or answer")
        covered |= set(case.get("covers", []))
    found.require(len(cases) >= 80, "questions", "at least 80 questions")
    french = sum(case["language"] == "fr" for _, case in cases)
    found.require(abs(2 * french - len(cases)) <= 2, "questions", f"{french} are in French")
    found.require(not COVERED - covered, "questions", f"not covered: {COVERED - covered}")


def check_multi_step(
    cases: list[tuple[str, Case]], handles: set[str], shop: duckdb.DuckDBPyConnection, f: Findings
) -> int:
    ran = 0
    for _, case in cases:
        f.require(2 <= len(case["steps"]) <= 4, case["id"], "two to four messages")
        for number, step in enumerate(case["steps"], 1):
            name = f"{case['id']}, step {number}"
            check_expect(name, step, step["expect"], handles, f)
            f.require(bool(step.get("holds")), name, "nothing has to hold")
            f.require(not step.get("cannot") or "why" in step, name, "says not why")
            ran += check_answer(shop, name, step, f)
    f.require(len(cases) >= 20, "multi_step", "at least 20 asks")
    return ran


def print_counts(title: str, cases: list[tuple[str, Case]]) -> None:
    print(f"{title}: {len(cases)}")
    for label, counts in (
        ("language", Counter(case["language"] for _, case in cases)),
        ("file", Counter(stem for stem, _ in cases)),
        ("outcome", Counter(get_first_outcome(case) for _, case in cases if "expect" in case)),
    ):
        if counts:
            print(f"  {label}: " + ", ".join(f"{name} {n}" for name, n in counts.most_common()))


def get_first_outcome(case: Case) -> str:
    return str(list_values(case["expect"]["outcome"])[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sets", type=Path, default=SETS, help="the folder with the sets")
    folder = parser.parse_args().sets
    findings = Findings()
    kinds = ("understanding", "questions", "multi_step")
    sets = {kind: list(read_cases(folder / kind)) for kind in kinds}
    ids = Counter(case["id"] for cases in sets.values() for _, case in cases)
    for name, count in ids.items():
        findings.require(count == 1, name, f"the id stands {count} times")
    for cases in sets.values():
        for _, case in cases:
            findings.require(case["language"] in {"en", "fr"}, case["id"], "language")
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place), size="middle", seed=7, today=TODAY)
        with open_shop(Path(place)) as shop:
            rows = shop.execute('SELECT "référence" FROM products').fetchall()
            handles = {str(row[0]) for row in rows}
            check_understanding(sets["understanding"], handles, findings)
            check_questions(sets["questions"], findings)
            ran = sum(check_answer(shop, c["id"], c, findings) for _, c in sets["questions"])
            ran += check_multi_step(sets["multi_step"], handles, shop, findings)
    for kind, cases in sets.items():
        print_counts(kind, cases)
    print(f"SQL run: {ran}")
    for line in findings.lines:
        print(f"wrong: {line}")
    print("all sets hold" if not findings.lines else f"{len(findings.lines)} findings")
    return 1 if findings.lines else 0


if __name__ == "__main__":
    sys.exit(main())
