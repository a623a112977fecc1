"""Prove a figure by a calculation that a model proposes: code evaluates it and compares.

A calculation is an expression such as "f12 - f3" or "14.49 / 3" of figures of facts or of what
people stated; for a date, the name of a fact. The proof is a fact, bound to the sentence.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, product

from bot.core.facts import Fact, FactId
from bot.grounding.numbers import list_numbers, read_figures
from bot.grounding.sources import UNPROVING_KINDS, Sources, read_fact
from bot.grounding.units import RATE, Figure, Reading, agrees, load_units, says
from bot.i18n.messages import Language, format_short_period
from bot.text.links import find_links
from bot.text.normalize import collapse_spaces, normalize_text

PROOF, SEPARATOR = "proof", " "
MAX_OPERATIONS, MAX_OPERAND = 4, Decimal(10**9)
EXPRESSION = re.compile(r"[\df.()*/ +-]{1,80}")
MAX_COUNT = 100  # the largest number that a sentence alone may name as multiplier or divisor
MAX_DAYS = 1000  # that are added to a day
MAX_READINGS = 256  # combinations of what the operands may measure
LITERAL = re.compile(r"\d{1,10}(?:\.\d{1,4})?")
NAME = re.compile(r"f\d{1,4}")
SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "–": "-"})
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s»])|\n+")  # « Sans défaut ! » goes on
HUNDRED, WHOLE = Decimal(100), Decimal(1)
BOUND = re.compile(r"(?P<a>[^<>=]+?) ?(?P<sign>[<>])=? ?(?P<b>[^<>=]+)")


class CalculationError(ValueError):
    """Why a calculation proves nothing."""


@dataclass(frozen=True)
class UnprovenFigure:
    """A figure without a source, in its sentence. `is_price`: the catalogue has another price.
    `shown`: the sentence of a report with its slots filled."""

    sentence: str
    figure: Figure
    reason: str
    is_price: bool = False
    shown: str = ""

    @property
    def proof_id(self) -> str:
        return build_proof_id(self.sentence, self.figure.text)


@dataclass(frozen=True)
class Operand:
    """A number with its dimension, in base units."""

    value: Decimal
    unit: str | None = None
    fact: Fact | None = None
    is_free: bool = False  # named by the sentence alone, or 100, or 1
    is_period: bool = False  # the length of the fact's days, not its value


Leaf = ast.Constant | ast.Name


def find_sentence(text: str, start: int) -> str:
    """Return the sentence that has this position."""
    begin = 0
    for match in SENTENCE_END.finditer(text):
        if start < match.start():
            return text[begin : match.start()].strip()
        begin = match.end()
    return text[begin:].strip()


def build_proof_id(sentence: str, quote: str) -> str:
    """Return the id of the proof of a figure in its sentence, whose links get a campaign later."""
    key = "\n".join(normalize_text(_drop_links(one)) for one in (sentence, quote))
    return str(FactId(PROOF, "figure", hashlib.sha256(key.encode()).hexdigest()[:16]))


def has_proof(figure: Figure, text: str, sources: Sources, *, kind: str = "") -> bool:
    """Whether a calculation, over facts of this kind, has proven the figure of this text."""
    id = sources.proofs and build_proof_id(find_sentence(text, figure.start), figure.text)
    operands = sources.proofs.get(id, None) if id else None
    return operands is not None and all(o.startswith(kind) for o in operands.split(SEPARATOR))


def list_proofs(text: str, facts: Iterable[Fact]) -> list[Fact]:
    """Return the proofs of figures whose sentence stands in a text."""
    proofs = [fact for fact in facts if fact.parts.kind == PROOF]
    whole = _drop_links(text) if proofs else ""
    return [fact for fact in proofs if _drop_links(fact.about) in whole]


def _drop_links(text: str) -> str:
    for link in reversed(find_links(text)):
        text = text[: link.start] + text[link.end :]
    return collapse_spaces(text)


def prove_figure(
    unproven: UnprovenFigure,
    calculation: str,
    named: Mapping[str, Fact],
    sources: Sources,
    *,
    language: Language = "en",
) -> Fact:
    """Return the proof of a figure by a calculation over these facts. Raises CalculationError."""
    text = calculation.strip().translate(SIGNS).strip("{} ")
    figure = unproven.figure
    finder = _OperandFinder(unproven, named, sources)
    if not figure.is_number:
        facts, is_period = _require_date(figure, text, finder)
        if is_period:
            return _build_period_proof(unproven, facts[0], sources, language)
        shown = NAME.sub(lambda name: named[name[0]].shown(language), text)
        return _build_proof(unproven, shown, facts, sources)
    if bound := BOUND.fullmatch(text):
        text = _drop_bound(figure, bound)
    tree, leaves = _parse(text)
    operands = [finder.find(leaf, tree) for leaf in leaves]
    if all(one.is_free for options in operands for one in options):
        raise CalculationError("no operand is a figure of a fact")
    for chosen in islice(product(*operands), MAX_READINGS):
        values = dict(zip(map(id, leaves), chosen, strict=True))
        try:
            value, unit = _evaluate(tree, values)
        except CalculationError:
            continue
        if unit is None and all(one.unit in load_units().money for one in chosen):
            unit = RATE
        if unit in (None, RATE) and _is_percent(tree):
            unit = "%"
        if says(figure, value, unit, is_rough=bool(unproven.shown)):
            if unproven.is_price and not figure.bound:
                _require_consistent_price(tree, values, unproven.sentence)
            facts = [one.fact for one in chosen if one.fact]
            if chosen[0].is_period:
                return _build_period_proof(unproven, facts[0], sources, language)
            shown = NAME.sub(lambda name: named[name[0]].shown(language), text)
            return _build_proof(unproven, shown.replace("*", "×"), facts, sources)
    raise CalculationError("the result is not what the sentence says")


def is_calculation(text: str) -> bool:
    """Whether a text that stands where a fact is cited is an expression with an operation."""
    try:
        return isinstance(_parse(text.translate(SIGNS))[0], ast.BinOp)
    except CalculationError:
        return False


def _parse(text: str) -> tuple[ast.expr, list[Leaf]]:
    """Return an expression of numbers, names of facts, + - * / and brackets, with its operands."""
    if not EXPRESSION.fullmatch(text):
        raise CalculationError("only numbers, names of facts, + - * / and brackets")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise CalculationError("it is no expression") from None
    leaves, operations, waiting = list[Leaf](), 0, [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(
            node.op, ast.Add | ast.Sub | ast.Mult | ast.Div
        ):
            operations += 1
            waiting += [node.left, node.right]
        elif isinstance(node, Leaf):
            leaves.append(node)
        else:
            raise CalculationError("only numbers, names of facts, + - * / and brackets")
    if operations > MAX_OPERATIONS:
        raise CalculationError(f"at most {MAX_OPERATIONS} operations")
    return tree, leaves


@dataclass(frozen=True)
class _OperandFinder:
    unproven: UnprovenFigure
    named: Mapping[str, Fact]
    sources: Sources

    def find(self, leaf: Leaf, tree: ast.expr) -> Sequence[Operand]:
        """Return what an operand may be. Raises CalculationError when it is in no evidence."""
        if isinstance(leaf, ast.Name):
            fact = self.named.get(leaf.id)
            if fact is None:
                raise CalculationError(f"there is no fact {leaf.id}")
            return self._read_named(fact, is_alone=leaf is tree)
        value = Decimal(str(leaf.value))
        if value > MAX_OPERAND:
            raise CalculationError(f"{value} is too large")
        found = list(self._find_known(value))
        if self._is_free(value, leaf, tree):
            found.append(Operand(value, is_free=True))
        if not found:
            raise CalculationError(f"{value} is in no fact")
        return list(dict.fromkeys(found))

    def _read_named(self, fact: Fact, *, is_alone: bool) -> Sequence[Operand]:
        if fact.parts.kind in UNPROVING_KINDS and fact.stated_by is None:
            raise CalculationError(f"{fact.id} proves nothing")
        readings = [one for figure in read_fact(fact).figures for one in figure.readings]
        if isinstance(fact.value, Decimal):
            readings = readings[:1]
        found = [one for one in dict.fromkeys(readings) if one.kind == "number"]
        options = [option for one in found for option in _list_options(one, fact)]
        if isinstance(fact.value, Decimal) and fact.exact is not None:
            options += [Operand(fact.exact * found[0].size, found[0].unit, fact)]
        if is_alone and fact.since and fact.until:
            days = Decimal((fact.until - fact.since).days + 1)
            options.append(Operand(days * 1440, "time", fact, is_period=True))
        if not options or len(found) > 1:
            raise CalculationError(f"{fact.id} has no figure, or several")
        return options

    def _find_known(self, value: Decimal) -> Iterator[Operand]:
        """Yield the figures of this value that facts have and that people stated."""
        brief = self.sources.brief
        mine = brief.product if brief else None
        for known in self.sources.known:
            if mine and known.product not in (None, mine):
                continue
            for figure in known.figures:
                for reading in figure.readings:
                    if reading.kind == "number" and abs(Decimal(str(reading.value))) == value:
                        yield from _list_options(reading, known.fact)
            if any(one.first.base == value for one in known.counts):
                yield Operand(value, None, known.fact)
        for statement in self.sources.statements:
            for figure in statement.figures:
                for reading in figure.readings:
                    if reading.kind == "number" and abs(Decimal(str(reading.value))) == value:
                        yield from _list_options(reading, None)
            if value in list_numbers(statement.text):
                yield Operand(value, None, None)

    def _is_free(self, value: Decimal, leaf: ast.expr, tree: ast.expr) -> bool:
        """Whether a number needs no source: the sentence names it, or it is a share's whole."""
        is_share = self.unproven.figure.first.unit in ("%", "points")
        for node in ast.walk(tree):
            if not isinstance(node, ast.BinOp) or leaf not in (node.left, node.right):
                continue
            is_right = node.right is leaf
            if isinstance(node.op, ast.Sub):
                return is_share and value in (WHOLE, HUNDRED)
            is_divisor = isinstance(node.op, ast.Div) and is_right
            if value == HUNDRED:
                return is_divisor or (is_share and isinstance(node.op, ast.Mult))
            is_named = 1 < value <= MAX_COUNT and value in list_numbers(self.unproven.sentence)
            return is_named and (is_divisor or isinstance(node.op, ast.Mult))
        return False


def _is_percent(tree: ast.expr) -> bool:
    """Whether something is multiplied by 100."""
    factors = [
        side
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
        for side in (node.left, node.right)
    ]
    return any(isinstance(one, ast.Constant) and one.value == 100 for one in factors)


def _list_options(reading: Reading, fact: Fact | None) -> Iterator[Operand]:
    """Yield a figure in base units; a count without a unit; a span of time as a number, too."""
    unit = None if reading.unit is None or reading.unit.startswith("#") else reading.unit
    yield Operand(reading.base, unit, fact)
    if unit in ("time", "months"):
        yield Operand(Decimal(str(reading.value)), None, fact)


def _evaluate(node: ast.expr, operands: Mapping[int, Operand]) -> tuple[Decimal, str | None]:
    """Return the value and dimension of an expression. Raises CalculationError."""
    if not isinstance(node, ast.BinOp):
        operand = operands[id(node)]
        return operand.value, operand.unit
    (a, unit), (b, other) = (_evaluate(side, operands) for side in (node.left, node.right))
    if isinstance(node.op, ast.Add | ast.Sub):
        left, right = operands.get(id(node.left)), operands.get(id(node.right))
        if (is_left := left is not None and left.is_free) or (right is not None and right.is_free):
            whole, rest = (a, other) if is_left else (b, unit)  # 1 - f5 / f4, or f4 / f5 - 1
            if (whole, rest) not in ((WHOLE, None), (HUNDRED, None), (HUNDRED, "%")):
                raise CalculationError("only a share is taken from a whole")
            return a - b, rest
        if unit != other:
            raise CalculationError("only figures of one unit are added")
        return (a + b if isinstance(node.op, ast.Add) else a - b), unit
    # A percentage is a number: 20 % of €85 is f2 * 20 / 100.
    unit, other = (None if one == "%" else one for one in (unit, other))
    if isinstance(node.op, ast.Mult):
        if unit and other:
            raise CalculationError("two measures are not multiplied")
        return a * b, unit or other
    if not b:
        raise CalculationError("nothing is divided by 0")
    if other and unit != other:
        raise CalculationError("a number is not divided by a measure")
    return a / b, None if other else unit


def _require_consistent_price(
    tree: ast.expr, operands: Mapping[int, Operand], sentence: str
) -> None:
    """A sum that differs from the catalogue's price is proven by a total, a multiple or a part of
    a price; by a difference only where both amounts are said. Raises CalculationError."""
    said = {abs(one.base) for f in read_figures(sentence) for one in f.readings}
    money = load_units().money
    taken_away = [
        operands[id(leaf)]
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
        for leaf in ast.walk(node)
        if id(leaf) in operands
    ]
    if (
        not isinstance(tree, ast.BinOp)
        or not any(one.unit in money for one in operands.values())
        or any(one.unit in money and one.value not in said for one in taken_away)
    ):
        raise CalculationError("the catalogue has another price")


def _drop_bound(figure: Figure, bound: re.Match[str]) -> str:
    """Return what a comparison that the sentence says holds to the figure: "f3" of "f3 < 28"."""
    value, said, sign = bound["a"].strip(), bound["b"].strip(), bound["sign"]
    if LITERAL.fullmatch(value) and not LITERAL.fullmatch(said):
        value, said, sign = said, value, "<" if sign == ">" else ">"
    is_said = LITERAL.fullmatch(said) and any(
        Decimal(said) in (abs(one.base), abs(Decimal(str(one.value)))) for one in figure.readings
    )
    if not is_said or figure.bound != sign:
        raise CalculationError("the sentence does not say that bound")
    return value


def _require_date(figure: Figure, text: str, finder: _OperandFinder) -> tuple[list[Fact], bool]:
    """Return the facts that have a date or a weekday, or from whose last day a number of days, as
    a fact has it, leads to it: "f3 + 21"; and whether it is a day of a fact's period, not of its
    value. Raises CalculationError."""
    (tree, leaves), days, facts = _parse(text), list[date](), list[Fact]()
    name = tree.left if isinstance(tree, ast.BinOp) else tree
    fact = finder.named.get(name.id) if isinstance(name, ast.Name) else None
    if fact is None:
        raise CalculationError("a date stands on a fact by its name")
    known: list[Figure] = []
    if isinstance(tree, ast.BinOp):
        if not (isinstance(tree.op, ast.Add) and fact.until):
            raise CalculationError("days are added to the last day of a fact")
        for one in finder.find(leaves[0], tree):
            if one.fact and one.unit in (None, "time") and one.value < MAX_DAYS:
                facts.append(one.fact)
                days.append(fact.until + timedelta(days=int(one.value)))
    else:
        days = [day for day in (fact.since, fact.until) if day]
        known = list(read_fact(fact).figures)
    of_days = [Figure("", 0, 0, (Reading("date", (d.year, d.month, d.day)),)) for d in days]
    is_in_value = any(agrees(figure, one) for one in known)
    is_in_days = any(agrees(figure, one) for one in of_days)
    if figure.first.kind not in ("date", "weekday") or not (is_in_value or is_in_days):
        raise CalculationError(f"{fact.id} does not have that day")
    return [fact, *facts], not is_in_value and not facts


def _build_period_proof(
    unproven: UnprovenFigure, fact: Fact, sources: Sources, language: Language
) -> Fact:
    """Build the proof of a day or a length of time by the days that a fact is about."""
    days = [day for day in (fact.since, fact.until) if day]
    shown = format_short_period(days[0], days[-1], language, date.min)
    return _build_proof(unproven, shown, [fact], sources).model_copy(update={"label": "period"})


def _build_proof(
    unproven: UnprovenFigure, shown: str, operands: Sequence[Fact], sources: Sources
) -> Fact:
    last = max((one.as_of for one in sources.evidence.facts), default=date.min)
    return Fact(
        id=unproven.proof_id,
        label="calculation",
        about=unproven.sentence,
        value=f"{unproven.figure.text} = {shown}",
        source=operands[0].source if operands else "brief",
        as_of=operands[0].as_of if operands else last,
        query=SEPARATOR.join(dict.fromkeys(one.id for one in operands)),
    )


def list_operands(proofs: Iterable[Fact], facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts that proofs stand on."""
    ids = {id for proof in proofs for id in (proof.query or "").split(SEPARATOR)}
    return [fact for fact in facts if fact.id in ids]
