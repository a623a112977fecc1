"""An audience in numbers: who fits, who may be reached how, and what such people did before.

The past is the test: the rule picks as of 90 days ago, and what those people bought since is
counted. That is what they bought by themselves and by whatever was sent to them; what one more
message adds, only a test shows.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import Purpose, Rule
from bot.data.analyses.segments.audience import agreeing
from bot.data.warehouse.warehouse import Shelf
from bot.rules.library.audiences.subject import Subject

SINCE = 90  # days
Z = 1.96
PURPOSES: tuple[Purpose, ...] = ("email", "sms", "ads")


@dataclass(frozen=True)
class Before:
    """Of `people` picked 90 days ago, `bought` the thing since; `sales` is what they paid for it,
    `squares` the sum of the squares of what each paid."""

    people: int
    bought: int
    sales: float
    squares: float

    @property
    def share(self) -> float:
        return self.bought / self.people if self.people else 0.0

    @property
    def share_interval(self) -> tuple[float, float]:
        """95 %, Wilson (JASA 22, 1927, 209–212): right for small shares too."""
        n, p = self.people, self.share
        middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        reach = Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    @property
    def sales_interval(self) -> tuple[float, float]:
        """95 % of what one of them spends on it on average, normal; never below nothing."""
        mean = self.sales / self.people
        variance = max(0.0, self.squares / self.people - mean**2)
        reach = Z * sqrt(variance / self.people)
        return max(0.0, mean - reach), mean + reach


def sizes_of(fits: ir.Table, shelf: Shelf) -> ir.Table:
    """One row: fits, and email, sms, ads where there are consents."""
    joined, counts = fits.distinct(), {"fits": _.count()}
    for purpose in PURPOSES:
        agreed = agreeing(shelf, purpose)
        if agreed is not None:
            yes = agreed.select(**{f"who_{purpose}": _.customer})
            joined = joined.left_join(yes, joined.customer == yes[f"who_{purpose}"])
            counts[purpose] = _[f"who_{purpose}"].count()
    return joined.aggregate(**counts)


def before_of(fits: ir.Table, lines: ir.Table, subject: Subject, since: date) -> ir.Table:
    """One row: people, bought, sales, squares. `fits` as of `since`; lines: all of them."""
    spent = (
        subject_lines(lines, subject)
        .filter(_.day > ibis.literal(since), _.amount >= 0)
        .group_by(buyer=_.customer)
        .aggregate(spent=_.amount.sum().cast("float64"))
    )
    people = fits.distinct()
    both = people.left_join(spent, people.customer == spent.buyer)
    return both.aggregate(
        people=_.count(),
        bought=_.buyer.count(),
        sales=_.spent.fill_null(0.0).sum(),
        squares=(_.spent * _.spent).fill_null(0.0).sum(),
    )


def subject_lines(lines: ir.Table, subject: Subject) -> ir.Table:
    """The lines that are about the subject; all when it is everything."""
    if subject.keys:
        return lines.filter(_.product.isin(subject.keys))
    if subject.category:
        return lines.filter(_.category.lower() == subject.category.lower())
    return lines


def before(row: dict[str, Any]) -> Before:
    """The one row of `before_of`."""
    sales, squares = (float(row[name] or 0) for name in ("sales", "squares"))
    return Before(int(row["people"] or 0), int(row["bought"] or 0), sales, squares)


def then(rule: Rule) -> Rule:
    """The rule as it would have stood 90 days ago: its days go back as well."""
    back = {
        name: getattr(rule, name) - timedelta(days=SINCE)
        for name in ("last_from", "last_until")
        if getattr(rule, name)
    }
    return rule.model_copy(update=back)
