"""Play the recorded calls of `questions` on other shops, and compare what the tools find there.

Each question's own SQL gives the right figures of the other shop, from its CSV files. The calls of
tools are those recorded for the sample shop, so they may name what the other shop does not have.
The answers to people are not judged: they were written for the sample shop. It ends with 1 if
anything is wrong.
"""

import argparse
import asyncio
import re
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import duckdb

from bot.agent.turns import StoredTurn
from bot.cli.play import FILLED, SETTINGS_FILES, SHOP, PlaygroundHome
from bot.core.facts import Fact
from bot.data.private_files import private_process
from bot.playground import shop as sample
from evals import check_sets
from evals.check_sets import SETS, TABLES, TODAY, Case, list_values, normalize_value, read_cases
from evals.figures import compare_figures
from evals.questions import FoundFacts, play_question
from evals.recordings import (
    RECORDINGS,
    CaseModel,
    PendingRequest,
    RecordingStore,
    UnfitRecording,
)
from evals.report import format_table
from evals.run import QUESTIONS, drop_receipt, find_folder
from evals.shop import EvalShop, find_home, open_shop

SHOPS = Path(__file__).with_suffix(".toml")
POLICY = "policy.toml"
LIBRARY = "[library]\n"
NO_FLOORS = f"{LIBRARY}floor = 1\nsales_floor = 1\n"
TOO_FEW = re.compile(r"\bunder \d+ (people|customers)\b")  # a tool says that it withholds
Verdict = Literal["right", "no figures", "withheld", "not told", "wrong"]


# The shops.


@dataclass(frozen=True)
class OtherShop:
    """How another shop is made: the sample shop of another size and seed, in another currency,
    without some rows and cells. `leave_out` has the SQL condition of the rows by file, `blank` that
    of the cells by file and column. `not_told` has the reason of each case whose figures the
    recorded calls can't find."""

    name: str
    size: sample.Size
    seed: int
    currency: str = "EUR"
    about: str = ""
    leave_out: Mapping[str, str] = field(default_factory=dict)
    blank: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    not_told: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self, *, with_floors: bool = True) -> Iterator[EvalShop]:
        """Open the shop; it is made when something that it depends on has changed. Without floors
        the tools withhold no small group."""
        made_from = f"{self.size} {self.seed} {self.currency} {self.leave_out} {self.blank}"
        with open_shop(find_home(made_from), partial(self._fill, with_floors=with_floors)) as shop:
            yield shop

    def _fill(self, playground: PlaygroundHome, *, with_floors: bool) -> None:
        done, made = playground.folder / FILLED, playground.folder / SHOP
        if not done.exists():
            with private_process(playground.folder):
                print(f"Filling the shop {self.name} (once) …")
                self.write_files(made)
                for name in SETTINGS_FILES:
                    shutil.copyfile(made / name, playground.folder / name)
                playground.import_shop(made, self.currency)
                done.write_text("{}\n", encoding="utf-8")
        policy = (made / POLICY).read_text(encoding="utf-8")
        policy = policy if with_floors else policy.replace(LIBRARY, NO_FLOORS)
        (playground.folder / POLICY).write_text(policy, encoding="utf-8")

    def write_files(self, folder: Path) -> None:
        """Write the shop's CSV files."""
        sample.fill(folder, size=self.size, seed=self.seed, today=TODAY)
        for table in TABLES:
            rewrite_file(
                folder / f"{table}.csv",
                self.currency,
                self.leave_out.get(table, "false"),
                self.blank.get(table, {}),
            )


def rewrite_file(path: Path, currency: str, leave_out: str, blank: Mapping[str, str]) -> None:
    """Leave out the rows that fit the condition, empty the cells that fit theirs, and state
    another currency."""
    whole = path.with_suffix(".whole")
    path.rename(whole)
    with duckdb.connect() as files:
        files.execute(
            f"CREATE TABLE one AS SELECT * FROM read_csv('{whole}', header=true, all_varchar=true)"
        )
        files.execute(f"DELETE FROM one WHERE {leave_out}")
        for column, condition in blank.items():
            files.execute(f'UPDATE one SET "{column}" = NULL WHERE {condition}')
        columns = [row[0] for row in files.execute("DESCRIBE one").fetchall()]
        if "devise" in columns:
            files.execute("UPDATE one SET devise = ?", [currency])
        files.execute(f"COPY one TO '{path}' (HEADER)")
    whole.unlink()


def read_shops(path: Path = SHOPS) -> list[OtherShop]:
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return [OtherShop(name=name, **one) for name, one in read.items()]


# What the recorded calls find.


@dataclass
class FoundReplies(FoundFacts):
    """What the tools found, and their replies as the model reads them."""

    replies: list[str] = field(default_factory=list)

    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None:
        await super().store_sent(call, turn, stored)
        self.replies += [one.text for one in stored.sent.tool_replies]


@dataclass(frozen=True)
class OtherRun:
    """What came of one case in another shop. `missing` are the figures that no tool found."""

    case: str
    verdict: Verdict
    missing: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()


def answer_by_sql(files: duckdb.DuckDBPyConnection, case: Case) -> Case:
    """Return the case with the answers that its SQL gives on these files."""
    if "sql" not in case:
        return case
    rows = files.execute(case["sql"]).fetchall()
    answer = {**case["answer"], "rows": [[normalize_value(cell) for cell in row] for row in rows]}
    others = [answer_by_sql(files, one) for one in list_values(case.get("also_right"))]
    return {**case, "answer": answer, "also_right": others, "may_be_withheld": []}


async def play_calls(case: Case, shop: EvalShop, store: RecordingStore) -> FoundReplies:
    """Play the recorded calls, and return what the tools found and said."""
    found = FoundReplies()
    model = CaseModel(case["id"], store)
    with suppress(PendingRequest, UnfitRecording):  # what was written for the sample shop ends
        await play_question(case, shop, model, drop_receipt, found)
    return found


def judge_calls(case: Case, found: FoundReplies, currency: str) -> OtherRun:
    """Compare what the tools found with the answer of the SQL. Amounts in a currency that the shop
    does not have are wrong, whatever their value."""
    facts = list(found.facts.values())
    foreign = tuple(one.as_read.spelled("en") for one in facts if is_foreign(one, currency))
    result = compare_figures(case, facts)
    replies = tuple(found.replies)
    if foreign or result is None:
        return OtherRun(case["id"], "wrong", foreign, replies)
    if result.missing:
        return OtherRun(case["id"], "wrong", tuple(map(str, result.missing)), replies)
    return OtherRun(case["id"], "right" if result.found else "no figures", (), replies)


def is_foreign(fact: Fact, currency: str) -> bool:
    unit = fact.unit or ""
    return len(unit) == 3 and unit.isupper() and unit != currency


async def play_shop(one: OtherShop, store: RecordingStore, part: str = "") -> list[OtherRun]:
    """Play the cases whose id contains `part`. What is missing and said to be too few people is
    played again without floors: it is withheld if it is right then."""
    cases = [
        case
        for _, case in read_cases(SETS / QUESTIONS)
        if not case.get("cannot") and part in case["id"]
    ]
    with one.open() as shop:
        files = check_sets.open_shop(find_folder(shop) / SHOP)
        answered = {case["id"]: answer_by_sql(files, case) for case in cases}
        runs = [
            judge_calls(case, await play_calls(case, shop, store), one.currency)
            for case in answered.values()
        ]
    few = {run.case for run in runs if run.verdict == "wrong" and says_too_few(run)}
    shown: dict[str, Verdict] = {}
    if few:
        with one.open(with_floors=False) as shop:
            for name in few:
                found = await play_calls(answered[name], shop, store)
                shown[name] = judge_calls(answered[name], found, one.currency).verdict
    return [settle_verdict(run, shown.get(run.case), one.not_told) for run in runs]


def says_too_few(run: OtherRun) -> bool:
    return any(TOO_FEW.search(reply) for reply in run.replies)


def settle_verdict(run: OtherRun, shown: Verdict | None, not_told: Mapping[str, str]) -> OtherRun:
    """Return the run with its verdict. `shown` is the verdict without floors. A reason that is not
    needed is wrong, too."""
    verdict = run.verdict
    if verdict == "wrong" and shown == "right":
        verdict = "withheld"
    if run.case in not_told:
        verdict = "not told" if verdict == "wrong" else "wrong"
    return OtherRun(run.case, verdict, run.missing, run.replies)


# The command line.


def format_runs(runs: Mapping[str, Sequence[OtherRun]]) -> list[str]:
    verdicts = get_args(Verdict)
    rows = []
    for name, own in runs.items():
        counts = Counter(run.verdict for run in own)
        rows.append((name, len(own), *(counts[one] for one in verdicts)))
    return format_table(("other shops", "questions", *verdicts), rows)


def format_run(run: OtherRun, reason: str = "") -> Iterator[str]:
    why = reason or f"missing: {', '.join(run.missing) or 'none'}"
    yield f"  {run.case}: {run.verdict}; {why}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evals.other_shops")
    parser.add_argument("--shop", action="append", help="only this shop; repeatable")
    parser.add_argument(
        "--case", metavar="ID", default="", help="only cases whose id contains this"
    )
    parser.add_argument("--replies", action="store_true", help="show what the tools replied")
    args = parser.parse_args(arguments)
    shops = [one for one in read_shops() if not args.shop or one.name in args.shop]
    store = RecordingStore(RECORDINGS / QUESTIONS)
    runs = {one.name: asyncio.run(play_shop(one, store, args.case)) for one in shops}
    for line in format_runs(runs):
        print(line)
    for one in shops:
        print(f"{one.name}: {one.about}")
        for run in runs[one.name]:
            if run.verdict in ("not told", "wrong") or args.replies:
                for line in format_run(run, one.not_told.get(run.case, "")):
                    print(line)
            if args.replies:
                for reply in run.replies:
                    print("    | " + reply.replace("\n", "\n    | "))
    return any(run.verdict == "wrong" for own in runs.values() for run in own)


if __name__ == "__main__":
    sys.exit(main())
