"""Characters that hide, reorder or control text are removed at every output."""

import csv
import io
import json
import logging
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from bot.__main__ import main
from bot.agent.pipeline import _split_output
from bot.audiences.platforms import encode_csv, normalize_email, normalize_id
from bot.cli.admin import print_line
from bot.cli.serve import LOG_FORMAT, OneLineFormatter
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.core.parts import Copy, Part
from bot.data.ingest.rejects import RejectedRow, render_rejects
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.i18n.messages import Words
from bot.playground.terminal.console import PlainConsole
from bot.slack.client import INVISIBLE_CHARACTERS
from bot.text.escape import (
    escape_csv_cell,
    escape_line,
    escape_mrkdwn,
    format_json,
    sanitize_file_name,
    strip_hidden,
    strip_hidden_deep,
)
from tests.conftest import NOW
from tests.conftest import bench as bench
from tests.slack.bench import BRAND, MARIE, MARKETING, Bench

# What must be gone: directions, zero-width signs, controls, tags, annotations, variation selectors.
RANGES = (
    (0x00, 0x08),
    (0x0B, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE007F),
    (0xE0100, 0xE01EF),
)
SIGNS = [chr(code) for first, last in RANGES for code in range(first, last + 1)]
GONE = re.compile("[" + "".join(re.escape(sign) for sign in SIGNS if sign != "\r") + "]")
COMMANDS = (
    "\x1b[2J",
    "\x1b]0;owned\x07",
    "\x1b[31m",
    "\x9b2J",
    "\x1b]8;;https://evil.example\x1b\\",
)
WAYS: dict[str, Callable[[str], str]] = {
    "plain": strip_hidden,
    "mrkdwn": escape_mrkdwn,
    "line of a log": escape_line,
    "cell": escape_csv_cell,
    "file name": sanitize_file_name,
    "sentence": lambda text: strip_hidden_deep(Words("{what}", what=text)).to("en"),
    "address": normalize_email,
    "id": normalize_id,
}


def hostile(seed: int) -> Iterator[str]:
    """Each such character once between letters, then random text."""
    dice = random.Random(seed)
    for sign in SIGNS:
        yield f"Lin{sign}en shirt"
    for _ in range(200):
        pieces = ["Linen", " ", "=1+1", "é", "👩", *COMMANDS, *dice.sample(SIGNS, 6)]
        yield "x" + "".join(dice.choices(pieces, k=dice.randint(1, 9)))


@pytest.mark.parametrize("way", sorted(WAYS))
def test_no_hidden_character_passes_an_output(way: str) -> None:
    for text in hostile(1):
        shown = WAYS[way](text)
        assert not GONE.search(shown), (text, shown)
        if way not in ("address", "id") and text.startswith("Lin"):
            assert re.sub(r"\W|n$", "", shown) in ("Linenshirt",) or "\n" in strip_hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧 ❤️ 🏳️‍🌈 stay",
        "نمی‌خواهم",
        "क्‍ष and श्री",
        "été à l’île",
        "naïve façade",
        "tab\tand\nline",
    ],
)
def test_visible_text_is_unchanged(text: str) -> None:
    assert strip_hidden(text) == text


def test_json_is_parsed_back_unchanged() -> None:
    for text in hostile(2):
        told = format_json({"title": text})
        assert not GONE.search(told)
        assert json.loads(told) == {"title": text}


def test_spreadsheet_formulas_are_escaped(tmp_path: Path) -> None:
    dice = random.Random("cells")
    starts = (
        "=",
        "+",
        "-",
        "@",
        "\t=",
        "\r=",
        "\n=",
        " =",
        "\u200b=",
        "\u202e+",
        "\ufeff@",
        "|",
        "%",
    )
    rows = [
        RejectedRow(
            line=n,
            column=dice.choice(starts) + "c",
            reason=RejectReason(
                RejectCode.OTHER, sentence=dice.choice(starts) + "cmd|' /C calc'!A0"
            ),
            row=start + "1+1",
        )
        for n, start in enumerate(starts * 10)
    ]
    text = render_rejects(rows, "en").decode("utf-8-sig")
    cells = [cell for row in list(csv.reader(io.StringIO(text)))[1:] for cell in row[1:]]
    assert len(cells) == 3 * len(rows)
    assert not [cell for cell in cells if not cell.startswith("'")]
    addressed = encode_csv(
        "plain-email", [(normalize_email(f"{one}x@shop.example"),) for one in starts]
    )
    assert not re.search(rb"^[\s\"]*[=+\-@|%]", addressed, re.MULTILINE)


def test_file_name_cannot_leave_its_folder() -> None:
    for text in (
        "../../etc/passwd",
        "a/b\\c.csv",
        "..",
        "",
        "\u202etxt.exe",
        "-rf",
        "x" * 400 + ".csv",
    ):
        name = sanitize_file_name(text)
        assert name
        assert len(name) <= 120
        assert not re.search(r'[/\\:*?"<>|]|^[.-]', name)
        assert not GONE.search(name)
    assert sanitize_file_name("x" * 400 + ".csv").endswith(".csv")
    assert sanitize_file_name("Résumé d’été.csv") == "Résumé d’été.csv"


def test_log_record_is_one_line() -> None:
    form = OneLineFormatter(LOG_FORMAT)
    for text in (*hostile(3), "one\n2026-11-24 INFO bot: approved", "one\r\ntwo", "one\u2028two"):
        record = logging.LogRecord("bot", logging.INFO, "x", 1, "said %s", (text,), None)
        line = form.format(record)
        assert "\n" not in line
        assert not GONE.search(line)


def test_terminal_prints_no_hidden_character(capsys: pytest.CaptureFixture[str]) -> None:
    for text in hostile(4):
        print_line(text)
    assert not GONE.search(capsys.readouterr().out)


def test_play_terminal_prints_no_hidden_character() -> None:
    out = io.StringIO()
    console = PlainConsole(file=out, force_terminal=False, width=400)
    for text in hostile(5):
        console.print(Text(text, "bold"))
    assert not GONE.search(out.getvalue())


def test_import_prints_no_hidden_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands that print others' text: names of files, columns and products."""
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path / "home"))
    sign = "\u202e\x1b[31m\u200b"
    path = tmp_path / f"shop\u202e{sign[1:5]}.csv"
    note = f"washed linen, {sign} woven and sewn in Portugal, for warm days and cool evenings" * 2
    rows = [f'Shirt {sign}{n},{n + 10}.00,Maison{sign},"{note}"' for n in range(3)]
    path.write_text("\n".join([f"title,price,vendor,odd{sign}", *rows, f"{sign},x,y,z"]), "utf-8")
    said = ""
    for command in (
        ["import", str(path), "--yes", "--currency", "EUR"],
        ["facts", "product", "--where", "product=shirt-31m1"],
        ["facts", "product", "--json", "--where", "product=shirt-31m1"],
        ["try", "draft", f"e-mail: {sign}Shirt [31m1 is back"],
        ["try", "draft", "--json", f"e-mail: {sign}Shirt [31m1 is back"],
        ["import", str(tmp_path / f"gone{sign}.csv")],
    ):
        main(command)
        told = capsys.readouterr()
        assert not GONE.search(told.out + told.err), command
        said += told.out + told.err
    assert "3 new" in said
    assert "Back in stock: Shirt" in said


def strings(value: Any) -> Iterator[str]:
    """All strings that a client shows in what Slack was sent."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in INVISIBLE_CHARACTERS:
                yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


async def test_no_hidden_character_reaches_slack(bench: Bench) -> None:
    """On cards of drafts and files and in messages: everything that the local Slack received."""
    dice = random.Random("slack")

    def dirty(text: str) -> str:
        return "".join(c + dice.choice([*SIGNS[1:], *COMMANDS]) for c in text)

    bench.parts = (
        Part(kind="copy", key="subject", title="Subject", body=Copy(text=dirty("A linen shirt"))),
        Part(
            kind="copy", key=dirty("body"), title=dirty("Body"), body=Copy(text=dirty("Breathes."))
        ),
    )
    bench.checks = (
        Check(
            rule="claim",
            level="warn",
            words=Words("Said: {what}", what=dirty("soft")),
            part="subject",
            quote=dirty("linen"),
        ),
    )
    await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt is back")
    await bench.run()
    name = f"orders{''.join(SIGNS[40:60])}.csv"
    await bench.slack.post_message(
        MARIE, MARKETING, f"<@{bench.slack.bot_user}> these", files=[(name, b"Order,Amount\n1,2\n")]
    )
    await bench.run()
    ours = [
        one
        for place in bench.slack.places.values()
        for one in place.by_ts.values()
        if one.user == bench.slack.bot_user
    ]
    assert len(ours) >= 2
    for message in ours:
        for text in strings([message.text, message.blocks]):
            assert not GONE.search(text), text


def test_stored_draft_has_no_hidden_character() -> None:
    """A new draft contains no hidden character, whatever its parts."""
    from tests.support.channel_outputs import Email

    told = {
        part: {"text": f"Li\u200bnen\u202e {part}", "facts": []}
        for part in ("subject", "preheader", "body", "call_to_action")
    }
    hooks = [{"angle": "a", "text": "So\u200bft"}, {"angle": "b", "text": "Light\u202e"}]
    parts, kept = _split_output(Email.model_validate({**told, "hooks": hooks}), BRAND, "code")
    for text in (*(part.text for part in parts), *(hook.text for hook in kept)):
        assert not GONE.search(text)
    fact = Fact(
        id="feedback.x.quote-1",
        label="quote",
        value="So\u200bft",
        source="r.csv, line 2",
        as_of=NOW.date(),
    )
    assert strip_hidden_deep(fact).value == "Soft"
    assert strip_hidden_deep(fact).id == fact.id
