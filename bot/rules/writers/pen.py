"""Picks sentences and fills them: the same brief gives the same text, another product another."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.grounding.style import CLICHE_PATTERN, ECHO_WORDS
from bot.i18n.messages import Language
from bot.rules.writers.bank import phrases
from bot.rules.writers.lines import Line, Reason, again, unique
from bot.text.normalize import normalize_text, tokenize

_GAP = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_FORMS = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_START = re.compile(r"(^|[.!?]\s+|\n)([a-zà-öø-ÿœ])")
MAY_BE_EMPTY = frozenset({"until", "with_code", "over", "delivery_over"})
PERSONAL = ("{since}", "{of_since}", "{bought}")
BARE = "{why}."  # says nothing of its own, so it may be said again
REASONS_TRIED = 8
OUTSIDE = ("subject", "preheader", "hook", "page.title", "joint.subject", "joint.title")
VOUS = re.compile(r"\b(?:vous|votre|vos|(?!chez\b|assez\b|nez\b)[a-zé]{3,}ez)\b", re.IGNORECASE)
TU = re.compile(r"\b(?:tu|ton|ta|tes|toi)\b", re.IGNORECASE)


@dataclass
class Pen:
    """Writes in one language for one request. `gaps` and `cites` are what it knows."""

    language: Language
    seed: str
    address: str = "vous"
    gender: str = "m"
    plural: bool = False
    gaps: dict[str, str] = field(default_factory=dict)
    cites: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    shorts: list[Reason] = field(default_factory=list)
    avoid: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()  # its words, folded: seven in a row are not to be repeated
    said: list[tuple[str, str]] = field(default_factory=list)  # slots and sentences used
    told: list[Reason] = field(default_factory=list)
    inside: list[Reason] = field(default_factory=list)  # of what was told, what the body tells
    salted: bool = False  # another try: other reasons first
    once: frozenset[str] = frozenset({"truth"})  # its neighbours share it: one in a text is enough
    late: frozenset[str] = frozenset()  # topics that do not count for this audience
    full: bool = False  # there is room for what is true of the material in general
    speaking: bool = False  # a form of address was asked for: sentences that use it come first
    turn: int = 0  # whose turn it is: each audience begins at another sentence

    def say(
        self,
        *slots: str,
        most: int | None = None,
        unlike: tuple[str, ...] = (),
        echoing: bool = False,
        like: Callable[[Line], tuple[bool, bool, int]] | None = None,
    ) -> Line | None:
        """A sentence from the first of these slots that has one to fill. `a+b` pools two slots;
        `unlike` are texts it must not begin like; `echoing` may repeat the brief; `like` sorts
        what could be said, the likest first."""
        for slot in slots:
            some = self._candidates(slot, most)
            for template, line, reason in sorted(some, key=lambda c: like(c[1])) if like else some:
                if not differs(line.text, unlike) or (self.echoes(line.text) and not echoing):
                    continue
                self.said.append((slot, template))
                if reason:
                    self.tell(reason, outside=slot.startswith(OUTSIDE))
                return line
        return None

    def tell(self, reason: Reason, *, outside: bool = False) -> None:
        """This was told; `outside` the text, in its subject, the text may tell it in full."""
        self.told.append(reason)
        if not outside:
            self.inside.append(reason)

    def all(self, *slots: str, most: int | None = None) -> Iterator[Line]:
        """Every sentence that could be said, the likelier first; none is used up."""
        for slot in slots:
            for _, line, _ in self._candidates(slot, most):
                if not self.echoes(line.text):
                    yield line

    def has_said(self, *gaps: str, among: tuple[str, ...] = ()) -> bool:
        """Whether one of these gaps was filled already, in slots of this beginning."""
        return any(
            f"{{{gap}}}" in template or f"{{{gap}_cap}}" in template
            for slot, template in self.said
            for gap in gaps
            if not among or slot.split(".")[0] in among
        )

    def put(self, gap: str, text: str, cites: tuple[str, ...] = ()) -> None:
        """From now on this gap can be filled; an empty text leaves it open."""
        self.gaps[gap], self.cites[gap] = text, cites

    @contextmanager
    def calling(self, name: str) -> Iterator[None]:
        """Within, the product goes by this name, its offer too."""
        before = dict(self.gaps)
        self.gaps["deal"] = before.get("deal", "").replace(before["the"], name)
        self.gaps["the"] = name
        if "of" in before:
            self.gaps |= {"of": f"de {name}", "to": f"à {name}"}
        try:
            yield
        finally:
            self.gaps = before

    def fill(self, template: str, reason: Reason | None = None) -> Line | None:
        """The template in words; None when something it needs is not known."""
        cites: tuple[str, ...] = reason.cites if reason else ()
        filled = dict(self.gaps)
        if reason:
            gap = "why" if "{why}" in template else "short"
            inside = f": {{{gap}}}" in template
            filled[gap] = _small(reason.text, self.gaps.get("name", "")) if inside else reason.text
        for name in _GAP.findall(template):
            bare = name.removesuffix("_cap")
            if not filled.get(bare) and name not in MAY_BE_EMPTY:
                return None
            cites += self.cites.get(bare, ())
        text = _GAP.sub(lambda m: filled.get(m[1].removesuffix("_cap"), ""), template)
        return Line(self.finished(text), unique(cites), says_why=reason is not None)

    def finished(self, text: str) -> str:
        """Agreement, tu or vous, capitals and spaces."""
        text = agreed(text, self.gender, self.plural)
        text = _FORMS.sub(lambda m: m[1] if self.address == "vous" else m[2], text)
        text = re.sub(r"\s+([.,])", r"\1", re.sub(r"[ \t]+", " ", text)).strip()
        text = re.sub(r" +:", ":", text) if self.language == "en" else text
        text = re.sub(r"\.{2,}", ".", re.sub(r"([!?:])\.", r"\1", text))
        return _START.sub(lambda m: m[1] + m[2].upper(), text)

    def _candidates(self, slot: str, most: int | None) -> Iterator[tuple[str, Line, Reason | None]]:
        used = {template for _, template in self.said} - {BARE}
        pool = [t for one in slot.split("+") for t in phrases(self.language, one)]
        pool = [t for t in dict.fromkeys(pool) if t not in used]
        drawn = sorted(pool, key=lambda t: self.order(slot, t))
        start = self.turn % len(drawn) if drawn else 0
        for template in sorted([*drawn[start:], *drawn[:start]], key=self._rank):
            for reason in self._reasons(template, slot):
                line = self.fill(template, reason)
                if line and (most is None or len(line.text) <= most) and self._allowed(line):
                    yield template, line, reason

    def _heard(self, slot: str) -> list[Reason]:
        """What a slot is not to say again in other words; another way in may."""
        if slot.startswith("hook"):
            return []
        return self.told if slot.startswith(OUTSIDE) else self.inside

    def _reasons(self, template: str, slot: str) -> list[Reason] | list[None]:
        if "{why" in template:
            stock = self.reasons
        elif "{short" in template:
            stock = self.shorts
        else:
            return [None]
        topics = [reason.topic for reason in self.told if reason in stock]
        spent = {reason.topic for reason in self.told} & self.once
        fresh = [one for one in stock if one not in self.told and one.topic not in spent]
        heard = [one.text for one in self._heard(slot)]
        fresh = [one for one in fresh if not again(one.text, heard, self.gaps.get("name", ""))]
        if "{the}" in template[template.find("{why}") :]:  # "Linen creases. That is the shirt."
            fresh = [one for one in fresh if one.topic != "truth"]
        if "{the}" in template:  # "Here is the silk blouse. Silk blouse with a buckle collar."
            name = {word for word in tokenize(self.gaps.get("the", "")) if len(word) > 3}
            other = [one for one in fresh if not name or not name <= set(tokenize(one.text))]
            named = len(other) < len(fresh)  # then it opens by itself, before what is general
            fresh = [one for one in other if not (named and one.topic == "truth")]
        if not fresh and not slot.startswith(OUTSIDE):  # what the subject hints at, in full
            hinted = [one for one in self.told if one not in self.inside]
            fresh = [one for one in stock if self._is_of(one, hinted)][:1]
        often = {topic: topics.count(topic) // (2 if topic == "feature" else 1) for topic in topics}
        late = {topic: often.get(topic, 0) + (topic in self.late) for topic in {*often, *self.late}}
        return sorted(fresh, key=lambda reason: late.get(reason.topic, 0))[:REASONS_TRIED]

    def _is_of(self, reason: Reason, hinted: list[Reason]) -> bool:
        """Whether one of these hinted at it. What its neighbours share is told in full in a letter
        alone, where it stands beside the price."""
        if reason.topic not in self.once:
            return reason in hinted
        told = {one.topic for one in self.inside}
        same = any(one.topic == reason.topic and one.cites == reason.cites for one in hinted)
        return self.full and same and reason.topic not in told

    def _rank(self, template: str) -> tuple[int, int]:
        """Words the brand likes first, then what speaks of this audience's own purchases."""
        liked = sum(word.lower() in template.lower() for word in self.use)
        personal = sum(gap in template for gap in PERSONAL)
        spoken = self.speaking and bool(_FORMS.search(template))
        return -liked, -(personal + spoken)

    def _allowed(self, line: Line) -> bool:
        if any(sentence.count(": ") > 1 for sentence in re.split(r"[.?!] ", line.text)):
            return False
        return self.allowed(line.text)

    def allowed(self, text: str) -> bool:
        """Whether it has none of the words the brand avoids."""
        low = text.lower()
        return not any(re.search(rf"(?<!\w){re.escape(w.lower())}", low) for w in self.avoid)

    def speaks(self, text: str) -> bool:
        """Whether a sentence of the catalogue may stand in this text: no cliché, no word the brand
        avoids, and no tu where the brand says vous, or the other way round."""
        if CLICHE_PATTERN.search(text) or not self.allowed(text):
            return False
        otherwise = VOUS if self.address == "tu" else TU
        return self.language == "en" or not otherwise.search(text)

    def echoes(self, text: str) -> bool:
        """Whether it repeats seven words of the brief that are not the product's name."""
        runs = seven(tuple(tokenize(text)))
        asked = seven(self.brief) - seven(tuple(tokenize(self.gaps.get("name", ""))))
        return any(run in asked for run in runs)

    def order(self, *about: str) -> str:
        """A stable order that differs from brief to brief."""
        return hashlib.sha256("|".join((self.seed, *about)).encode()).hexdigest()


def _small(text: str, name: str) -> str:
    """As it stands behind a colon: without its capital, unless it begins with a name."""
    first = text.split()[0]
    named = first in name.split() or first[1:] != first[1:].lower()
    return text if named else text[0].lower() + text[1:]


def agreed(text: str, gender: str, plural: bool) -> str:
    """`[is|are]` by number, `[prêt|prête|prêts|prêtes]` by gender and number."""

    def pick(match: re.Match[str]) -> str:
        forms = match[1].split("|")
        if len(forms) == 2:
            return forms[1] if plural else forms[0]
        return forms[("f" in gender) + 2 * plural] if len(forms) == 4 else forms[0]

    return _CHOICE.sub(pick, text)


def seven(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The runs of seven words that would echo a brief."""
    return {words[at : at + ECHO_WORDS] for at in range(len(words) - ECHO_WORDS + 1)}


def differs(text: str, others: Iterable[str]) -> bool:
    """Whether a text begins otherwise than each of these."""
    start = normalize_text(text)[:20]
    return all(normalize_text(other)[:20] != start for other in others)
