"""The figures of one task under short names, and the slots in a text that code fills with them.

A model never types a figure. It reads `f12: 58% …` and writes `{f12}`, `{f12:bare}` (without the
unit), `{f12:abs}` (without the sign), `{f12:round}` ("about €136,000") or `{f12:from-to}` (a
comparison: "from 58% to 39%"). The slots are filled once, in the text's language, before the draft
is stored. An output stands on the facts of its slots and on those that its parts cite.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel

from bot.core.exhibits import Exhibit
from bot.core.facts import (
    FACT_UNITS,
    MIN_LARGE_VALUE,
    PERCENT_UNITS,
    Fact,
    is_money,
    spell_unit,
)
from bot.core.half_up import round_half_up
from bot.core.parts import Copy, Hook, Quote, Table
from bot.core.rounding import round_alike, tell_as_table
from bot.i18n.languages import get_language
from bot.i18n.messages import Language, Words

SLOT_PATTERN = re.compile(r"\{(f\d{1,4})(?::(bare|abs|round|from-to))?\}")
_JOINT = re.compile(r"(,|,? [^\W\d]+) ")  # between two counts that share their unit
# Words and signs behind a slot that say its unit; a range of shares may be in points.
_SAID_UNITS = {"%": r"%|per ?cent|pour ?cent|points?\b|pts\b", "points": r"points?\b|pts\b"}
_SAID_MONEY = r"[€£$]|euros?\b|pounds?\b|dollars?\b"
SENTENCE_START = re.compile(r"(?:^|[.!?…]\s|\n)[\s*_•–-]*$")
SlotForm = Literal["", "bare", "abs", "round", "from-to"]
ROUND_DIGITS = 3  # of a rounded figure
T = TypeVar("T")


class SlotError(ValueError):
    """A slot that can't be filled, in words that the model can act on."""


class FilledText(NamedTuple):
    """A text with its slots filled, and the ids of the facts in them."""

    text: str
    facts: tuple[str, ...]


class FactBook:
    """Facts in the order in which the tools returned them, named f1, f2, … The same fact (same id
    and value) keeps its name."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts: dict[str, Fact] = {}
        self._names: dict[tuple[str, str, str], str] = {}
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> str:
        name = self.next_name(fact)
        if name not in self._facts:
            self._names[fact.id, str(fact.value), fact.unit or ""] = name
            self._facts[name] = fact
        return name

    def update(self, fact: Fact) -> None:
        """Take this fact, which is told in another way, in place of the one of its name."""
        self._facts[self.add(fact)] = fact

    def tell_as_table(self, cells: Collection[str]) -> None:
        """Tell the shares beside a table as those of their measure are told in it. `cells` are the
        ids of its facts."""
        told = tell_as_table(self._facts.values(), cells)
        self._facts = dict(zip(self._facts, told, strict=True))

    def next_name(self, fact: Fact) -> str:
        """Return the name that `add` would give this fact."""
        key = (fact.id, str(fact.value), fact.unit or "")
        return self._names.get(key) or f"f{len(self._facts) + 1}"

    def find_name(self, id: str) -> str | None:
        """Return the name of the first fact with this id."""
        return next((name for name, fact in self._facts.items() if fact.id == id), None)

    def get(self, name: str) -> Fact | None:
        return self._facts.get(name)

    @property
    def by_name(self) -> Mapping[str, Fact]:
        return self._facts

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(self._facts.values())

    def spell(
        self, name: str, form: SlotForm, language: Language, *, no_cents: bool = False
    ) -> str:
        """Return the exact text that a slot becomes. Raises SlotError. With `no_cents` a whole
        amount is told without them."""
        fact = self._facts.get(name)
        if fact is None:
            raise SlotError(f"There is no figure {name}.")
        if no_cents and is_money(fact) and not fact.decimals:
            fact = fact.model_copy(update={"shown_decimals": 0, "exact": None})
        if form == "from-to":
            return self._spell_change(name, fact, language)
        if form and not isinstance(fact.value, Decimal):
            raise SlotError(f"{name} is text, so it has no form “{form}”: write {{{name}}}.")
        if form == "abs" and isinstance(fact.value, Decimal):
            exact = None if fact.exact is None else abs(fact.exact)
            fact = fact.model_copy(update={"value": abs(fact.value), "exact": exact})
            return fact.as_read.spelled(language)
        if form == "round":
            return self._spell_rounded(name, fact, language)
        if form == "bare":
            fact = fact.as_read.model_copy(update={"unit": None})  # rounded as with its unit
        return fact.shown(language)

    def _spell_rounded(self, name: str, fact: Fact, language: Language) -> str:
        exact = fact.number
        step = Decimal(1).scaleb(exact.adjusted() - ROUND_DIGITS + 1)
        if step <= 1 or fact.unit in PERCENT_UNITS:
            raise SlotError(f"{name} is as round as it is told: write {{{name}}}.")
        rounded = round_half_up(exact / step) * step
        whole = {"value": round_half_up(rounded), "exact": None, "shown_decimals": None}
        near = fact.model_copy(update=whole)
        return Words("about {figure}", figure=near.shown(language)).to(language)

    def find_compared(self, fact: Fact) -> tuple[Fact, Fact] | None:
        """Return the two values that a comparison of this fact tells, now and before: of a change,
        those that it lies between."""
        known = {one.id: one for one in reversed(self._facts.values())}
        before = known.get(fact.compared_with or "")
        if before and (before.is_change or not fact.is_change):
            return fact, before
        kind, subject, measure = fact.parts
        of = measure.rpartition("-")[0]  # a bare "change" is of what its row compares
        pairs = (
            (one, known[one.compared_with])
            for one in self._facts.values()
            if fact.is_change and not one.is_change and one.compared_with in known
            if one.compared_with == fact.compared_with
            or (not before and one.parts[:2] == (kind, subject) and of in ("", one.parts.measure))
        )
        return next(pairs, None)

    def _spell_change(self, name: str, fact: Fact, language: Language) -> str:
        pair = self.find_compared(fact)
        if not pair and fact.is_change:
            raise SlotError(
                f"{name} is the change itself, not a value that changed: write {{{name}}}."
            )
        if not pair:
            raise SlotError(f"{name} is not compared with an earlier figure: write {{{name}}}.")
        now, before = pair
        if before.unit == now.unit and now.unit in FACT_UNITS:  # a word, which stands once
            before = before.model_copy(update={"unit": None})
        return get_language(language).marks.change.format(
            old=before.shown(language), new=now.shown(language)
        )

    def _has_whole_amount(self, text: str) -> bool:
        """Whether one of the slots is an amount that is told without cents."""
        facts = (self._facts.get(slot[1]) for slot in SLOT_PATTERN.finditer(text))
        return any(is_money(one) and _is_told_whole(one) for one in facts if one)

    def _round_alike(self, text: str) -> "FactBook":
        """Return the book in which the rates of a text that nothing has rounded beside others are
        told alike."""
        names = dict.fromkeys(slot[1] for slot in SLOT_PATTERN.finditer(text))
        rates = {n: f for n in names if (f := self._facts.get(n)) and f.unit == "%"}
        open_rates = {
            name: fact
            for name, fact in rates.items()
            if not fact.is_change and fact.shown_decimals is None
        }
        alike = zip(open_rates, round_alike(open_rates.values()), strict=True)
        book = FactBook()
        book._facts = {**self._facts, **dict(alike)}
        return book

    def _lacks_unit(self, text: str, slot: re.Match[str]) -> bool:
        """Whether a percentage or a sum leaves out a unit that stands neither beside its slot nor
        with the next one: “from {f1:bare} to {f2}”."""
        fact, behind = self._facts.get(slot[1]), text[slot.end() :]
        if fact is None or not (fact.unit in PERCENT_UNITS or is_money(fact)):
            return False
        said = _SAID_UNITS.get(fact.unit or "", _SAID_MONEY)
        if re.match(rf"(?i)[\s-]?(?:{said})", behind):
            return False
        if is_money(fact) and re.search(r"[€£$]\s?$", text[: slot.start()]):
            return False
        following = SLOT_PATTERN.search(behind)
        other = self._facts.get(following[1]) if following else None
        is_joint = following and _JOINT.fullmatch(behind[: following.start()])
        return not (is_joint and other and other.unit == fact.unit)

    def fill(self, text: str, language: Language) -> FilledText:
        """Fill the slots of a text. A unit or a word that the text repeats beside a slot stands
        once, as does that of two comparisons; a percentage or a sum keeps its unit where nothing
        beside it says it; rates of one measure have as many decimals; a phrase
        that begins a sentence has a capital. Raises SlotError for a slot that can't be filled."""
        book = self._round_alike(text)
        ids: list[str] = []
        pieces: list[str] = []
        end, before, counted, listed = 0, "", "", False
        no_cents = self._has_whole_amount(text)
        compared: set[str | None] = set()  # units of comparisons that have been told
        for found in SLOT_PATTERN.finditer(text):
            pieces.append(text[end : found.start()])
            form: SlotForm = found[2] or ""  # type: ignore[assignment]
            if form == "bare" and book._lacks_unit(text, found):
                form = ""
            filled = book.spell(found[1], form, language, no_cents=no_cents)
            fact = book._facts[found[1]]
            pair = book.find_compared(fact) if form == "from-to" else None
            fact = pair[0] if pair else fact
            is_phrase = form in ("round", "from-to") or fact.is_our_text
            if is_phrase:
                filled = filled[_measure_repeated_start(filled, "".join(pieces)) :]
            if is_phrase and SENTENCE_START.search(text[: found.start()]):
                filled = filled[:1].upper() + filled[1:]
            joint = pieces[-1] if _JOINT.fullmatch(pieces[-1]) else ""
            # a comma with a word ends a list, else it begins something new: ", between 1 and 2"
            is_joint = joint and (not joint.startswith(", ") or joint == ", " or listed)
            listed = joint == ", "
            if counted == fact.unit and form == "" and is_joint:
                pieces[-2] = book.spell(before, "bare", language)
            before, counted = found[1], fact.unit if form == "" and fact.unit in FACT_UNITS else ""
            ids.append(fact.id)
            if pair:
                ids.append(pair[1].id)
                if fact.unit in FACT_UNITS:
                    words = spell_unit(fact.unit, language)
                    of = re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, words))})\b[^.!?\n]*$")
                    is_said = fact.unit in compared or of.search("".join(pieces))
                    for word in words if is_said else ():
                        filled = filled.removesuffix(f"\u00a0{word}")
                compared.add(fact.unit)
            pieces.append(filled)
            end = found.end()
            if form != "bare":
                end += _measure_repeated_unit(fact.unit, text[end:], language)
            if form == "" and _names_unit_again(fact.unit, text[end:], language):
                pieces[-1], counted = book.spell(found[1], "bare", language), ""
        whole = "".join([*pieces, text[end:]])
        return FilledText(whole, tuple(dict.fromkeys(ids)))


def _is_told_whole(fact: Fact) -> bool:
    is_large = abs(fact.number) >= MIN_LARGE_VALUE and not fact.decimals
    return fact.shown_decimals == 0 or is_large


def _measure_repeated_unit(unit: str | None, rest: str, language: Language) -> int:
    """Return how many characters at the beginning of `rest` say the unit that has just been said:
    in "4,973 customers customers" those of the second one."""
    if unit not in FACT_UNITS and unit != "%":
        return 0
    for word in spell_unit(unit, language):
        said = rest.lstrip(" \u00a0\u202f")
        after = said[len(word) : len(word) + 1]
        if said[: len(word)].casefold() == word.casefold() and not after.isalnum():
            return len(rest) - len(said) + len(word)
    return 0


def _measure_repeated_start(filled: str, before: str) -> int:
    """Return how many characters at the beginning of `filled` say the word, not a figure, on which
    the text before it ends: in "de" + "de 58 % à 39 %" those of the second one."""
    start = re.match(r"([^\W\d]+) ", filled)
    last = re.search(r"([^\W\d]+) $", before)
    is_same = start and last and start[1].casefold() == last[1].casefold()
    return len(start[0]) if start and is_same else 0


def _names_unit_again(unit: str | None, rest: str, language: Language) -> bool:
    """Whether `rest` says what is counted after one word more: "254 customers past customers"."""
    second = re.match(r"\s[^\W\d]+\s([^\W\d]+)", rest)
    if unit not in FACT_UNITS or not second:
        return False
    return second[1].casefold() in {one.casefold() for one in spell_unit(unit, language)}


def replace_fact_names(value: T, book: FactBook) -> T:
    """Return a copy in which parts that cite a fact by its name (f12) cite it by its id."""

    def find_id(name: str) -> str:
        fact = book.get(name.strip("{} "))
        return fact.id if fact else name

    changed: Any = value
    if isinstance(value, Copy | Hook | Table):
        changed = value.model_copy(update={"facts": tuple(find_id(one) for one in value.facts)})
    elif isinstance(value, Quote):
        changed = value.model_copy(update={"fact": find_id(value.fact)})
    elif isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = value.model_copy(
            update={name: replace_fact_names(one, book) for name, one in fields.items()}
        )
    elif isinstance(value, list | tuple):
        changed = type(value)(replace_fact_names(one, book) for one in value)
    return changed  # type: ignore[no-any-return]


def collect_cited_facts(
    output: BaseModel, book: FactBook, exhibits: Sequence[Exhibit]
) -> tuple[Fact, ...]:
    """Return the facts that the output cites, in the order in which they were found, with those
    that they are compared with, those of the same rows, and what can't be told."""
    texts = [*_iterate_texts(output.model_dump())]
    names = {found[1] for text in texts for found in SLOT_PATTERN.finditer(text)}
    ids = {fact.id for name in names if (fact := book.get(name))}
    ids |= {fact.id for fact in book.facts if fact.id in texts}
    ids |= {fact.id for text in texts if (fact := book.get(text.strip("{} ")))}
    for exhibit in exhibits:
        if exhibit.id and exhibit.id in texts:
            ids |= {*exhibit.facts, *(exhibit.table.facts if exhibit.table else ())}
    ids |= {fact.compared_with for fact in book.facts if fact.id in ids and fact.compared_with}
    rows = {id.rpartition(".")[0] for id in ids}
    return tuple(
        fact
        for fact in book.facts
        if fact.id.rpartition(".")[0] in rows or fact.parts.subject in ("cannot", "age")
    )


def list_told(ids: Iterable[str], known: Iterable[Fact]) -> frozenset[str]:
    """Return these ids of facts, and those of what they were calculated from or compared with."""
    by_id, told, left = {fact.id: fact for fact in known}, set[str](), [*ids]
    while left:
        if (id := left.pop()) not in told:
            told.add(id)
            if fact := by_id.get(id):
                left += [*fact.calculated_from, *filter(None, [fact.compared_with])]
    return frozenset(told)


def _iterate_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        for one in value.values():
            yield from _iterate_texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _iterate_texts(one)
