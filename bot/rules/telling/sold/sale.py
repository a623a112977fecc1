"""What is asked of the sales: which figure, cut by what, of whom, against which days."""

from dataclasses import dataclass

from bot.core.sales_query import SalesQuery

RETURNS = ("returned", "return-rate")


@dataclass(frozen=True)
class Sale:
    """What is asked of the sales; `tally` is what is counted for it."""

    tally: SalesQuery
    least: bool = False
    best: bool = False
    grows: int = 0  # 1: what grew most, -1: what fell most
    dated: bool = False
    times: str = ""  # how often they ordered: "times-2"
    per: str = ""  # on average: day, week, month
    why: bool = False
    months: tuple[tuple[str, str], ...] = ()  # misspelt, and what each was read for

    @property
    def measure(self) -> str:
        return self.tally.measure

    @property
    def cut(self) -> str:
        return self.tally.cut

    @property
    def narrow(self) -> bool:
        tally = self.tally
        ends = (tally.over, tally.under, tally.pieces_from, tally.pieces_to)
        amount = any(end is not None for end in ends)
        return bool(tally.only or tally.names or tally.instead or tally.without or amount)
