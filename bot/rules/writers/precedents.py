"""The form of the text that was opened most among the nearest sent before: how its subject is made.

Only the form is taken: whether it names the thing, whether it has a colon, how long it is. No word,
price, date or offer of an old text is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.facts import Evidence
from bot.rules.writers.goods import Goods
from bot.rules.writers.lines import Line, unique
from bot.text.normalize import tokenize

ENOUGH = 100  # sent: below, a share of opened says little
_RATE = re.compile(r"(\d+(?:[.,]\d+)?)\s?% (?:of|sur) (\d+)")


@dataclass(frozen=True)
class Form:
    """How the subject that did best is made."""

    names: bool
    colon: bool
    length: int
    cites: tuple[str, ...] = ()  # the facts that tell of it

    def shown(self, line: Line, goods: Goods) -> Line:
        """A subject made as it is stands on it as well."""
        made_so = names_it(line.text, goods) == self.names
        return Line(line.text, unique([*line.cites, *self.cites])) if made_so else line

    def distance(self, text: str, goods: Goods) -> tuple[bool, bool, int]:
        """How far a subject is from it; the smaller, the nearer."""
        return (
            names_it(text, goods) != self.names,
            (":" in text) != self.colon,
            abs(len(text) - self.length) // 10,
        )


def best(evidence: Evidence, goods: Goods) -> Form | None:
    """The form of the past subject with the highest share of opened; None without any."""
    subjects, rates = {}, {}
    for fact in evidence.of("past_copy"):
        code, measure = fact.id.split(".")[1:3]
        if measure == "subject":
            subjects[code] = str(fact.value)
        rate = _RATE.search(str(fact.value)) if measure == "open-rate" else None
        if rate and int(rate[2]) >= ENOUGH:
            rates[code] = float(rate[1].replace(",", "."))
    opened = {code: rates[code] for code in subjects if code in rates}
    if not opened:
        return None
    of_it = {code: rate for code, rate in opened.items() if names_it(subjects[code], goods)}
    opened = of_it or opened  # those on the same thing say more than a point more of another's
    code = max(opened, key=lambda code: (opened[code], code))
    subject, told = subjects[code], (f"past_copy.{code}.subject", f"past_copy.{code}.open-rate")
    return Form(names_it(subject, goods), ":" in subject, len(subject), told)


def names_it(text: str, goods: Goods) -> bool:
    """Whether a subject has a telling word of the product's name."""
    own = {word for word in tokenize(goods.name) if len(word) > 3}
    own |= {word for word in tokenize(goods.noun_word) if len(word) > 3}
    return bool(own & set(tokenize(text)))


def like(form: Form | None, goods: Goods) -> Callable[[Line], tuple[bool, bool, int]] | None:
    """A key to sort subjects by, the nearest to the form first."""
    if form is None:
        return None
    return lambda line: form.distance(line.text, goods)
