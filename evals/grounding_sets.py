"""Play the sets of honest and planted sentences through the checks by code.

    python -m evals.grounding_sets

Figures that code alone finds no source for get the calculations of `calculations.yaml`, which stand
in a model's place. It prints how many planted sentences are caught, and how many honest ones are
blocked or marked
wrongly. No model is called: what only the second call can find is counted as "not measured".
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from bot.agent.stated_facts import find_stated_facts
from bot.config.brand import Brand
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.request import Brief, SkillRequest
from evals.grounding_shops import (
    NO_LIMITS,
    CopyText,
    check_shop_sentence,
    read_shop_sentences,
    read_shops,
)

FOLDER = Path(__file__).parent / "grounding"
CALCULATIONS = FOLDER / "calculations.yaml"
TODAY = date(2026, 11, 25)
BRAND = Brand(name="Maison Alba", sender="ALBA", site="https://alba.example")
MAX_BLOCKED, MAX_MARKED = 1 / 300, 6 / 300  # the aims, as shares of the honest sentences
ALL_CAUGHT = (  # kinds of which none may pass
    *("price", "figure", "offer", "role", "quote", "quotation", "date", "weekday", "stock"),
    *("before-after", "reference-price", "banned-word", "sms-opt-out"),
)


@dataclass(frozen=True)
class Sentence:
    facts: str
    language: str
    text: str
    kind: str = "honest"
    by: str = "code"


@dataclass
class Counts:
    """What came of the sentences: `missed` and `wrong` are shown with what was found."""

    honest: int = 0
    sent_back: int = 0  # honest sentences of reports, once, before people see them
    blocked: int = 0
    blocked_by_code: int = 0  # without the calculations that a model would propose
    marked: int = 0
    planted: Counter[str] = None  # type: ignore[assignment]
    caught: Counter[str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.planted, self.caught = Counter(), Counter()
        self.wrong: list[str] = []
        self.missed: list[str] = []


def read_sentences(name: str) -> Iterator[Sentence]:
    for group in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")):
        rest = {key: group[key] for key in ("kind", "by") if key in group}
        for text in group["sentences"]:
            yield Sentence(group["facts"], group["language"], text, **rest)


def read_worlds() -> dict[str, dict[str, Any]]:
    worlds: dict[str, dict[str, Any]] = yaml.safe_load(
        (FOLDER / "facts.yaml").read_text(encoding="utf-8")
    )
    return worlds


def build_evidence(world: dict[str, Any]) -> Evidence:
    facts = [
        Fact(
            id=f"product.{world['product']}.{measure}",
            label=label,
            value=value if isinstance(value, str) else Decimal(str(value)),
            unit=unit,
            source="shop.csv",
            as_of=TODAY,
        )
        for measure, label, value, unit in world["facts"]
    ]
    quote = Fact(id="feedback.praise.quote", label="quote from a review", value=world["quote"],
                 source="feedback.csv", as_of=TODAY)  # fmt: skip
    return Evidence(facts=(*facts, quote, *find_stated_facts(world["brief"], "UMARIE", TODAY)))


def prepare_sentence(sentence: Sentence, world: dict[str, Any]) -> CopyText:
    brief = Brief(
        words=world["brief"],
        author="UMARIE",
        language="fr" if sentence.language == "fr" else "en",
        product=world["product"],
    )
    part = Part(kind="copy", key="body", title="Body", body=Copy(text=sentence.text))
    request = SkillRequest(skill="draft", brief=brief, channel="email")
    return CopyText((part,), build_evidence(world), request, BRAND, NO_LIMITS, TODAY)


def count_sentences() -> Counts:
    worlds, counts = read_worlds(), Counts()
    for sentence in read_sentences("honest"):
        result = prepare_sentence(sentence, worlds[sentence.facts]).check()
        counts.honest += 1
        counts.blocked += result.is_blocked
        counts.blocked_by_code += result.is_blocked
        counts.marked += result.is_marked and not result.is_blocked
        counts.wrong += [f"{sentence.text} → {c.rule}: {c.quote}" for c in result.checks]
    for sentence in read_sentences("planted"):
        key = sentence.kind if sentence.by == "code" else f"{sentence.kind} (second call)"
        counts.planted[key] += 1
        if prepare_sentence(sentence, worlds[sentence.facts]).check().is_found:
            counts.caught[key] += 1
        elif sentence.by == "code":
            counts.missed.append(f"{sentence.kind}: {sentence.text}")
    for name in ("shops", "third"):
        count_shop_sentences(
            counts, FOLDER / f"honest_{name}.yaml", FOLDER / f"planted_{name}.yaml"
        )
    return counts


def count_shop_sentences(counts: Counts, honest: Path, planted: Path) -> None:
    """Add the sentences on invented shops, copy and reports. What goes back to the writer of a
    report counts as caught; of honest sentences it is counted apart."""
    shops = read_shops()
    calculations = yaml.safe_load(CALCULATIONS.read_text(encoding="utf-8"))
    for sentence in read_shop_sentences(honest):
        counts.blocked_by_code += check_shop_sentence(sentence, shops).is_blocked
        result = check_shop_sentence(sentence, shops, calculations.get(sentence.id, ()))
        counts.honest += 1
        counts.blocked += result.is_blocked
        counts.marked += result.is_marked and not result.is_blocked
        counts.sent_back += bool(result.sent_back)
        if result.is_blocked or result.is_marked:
            found = "; ".join((*(f"{c.rule}: {c.quote}" for c in result.checks), *result.sent_back))
            counts.wrong.append(f"{sentence.id} {sentence.text} → {found}")
    for sentence in read_shop_sentences(planted):
        key = sentence.kind if sentence.by == "code" else f"{sentence.kind} (second call)"
        result = check_shop_sentence(sentence, shops)
        counts.planted[key] += 1
        if result.is_found:
            counts.caught[key] += 1
        elif sentence.by == "code":
            counts.missed.append(f"{sentence.kind}: {sentence.id} {sentence.text}")


def main() -> int:
    counts = count_sentences()
    lines = [
        f"honest sentences: {counts.honest}, wrongly blocked {counts.blocked}, "
        f"wrongly marked {counts.marked}, sent back once {counts.sent_back}; "
        f"without calculations of a model {counts.blocked_by_code} are blocked"
    ]
    for kind, many in counts.planted.items():
        rest = "" if "(" not in kind else "; the second call is not measured here"
        lines.append(f"planted, {kind}: {counts.caught[kind]} of {many} caught by code{rest}")
    lines += [f"wrong: {line}" for line in counts.wrong]
    lines += [f"missed: {line}" for line in counts.missed]
    sys.stdout.write("\n".join(lines) + "\n")
    missed = any(line.split(":")[0] in ALL_CAUGHT for line in counts.missed)
    is_good = (
        counts.blocked <= MAX_BLOCKED * counts.honest
        and counts.marked <= MAX_MARKED * counts.honest
        and not missed
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
