"""What was understood of a file before it is taken in, as its card shows it."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from bot.i18n.messages import Words


class Matched(BaseModel):
    """One column of theirs and what it becomes. `how` is said in English: "keyed", "yes/no"."""

    model_config = ConfigDict(frozen=True)
    theirs: str
    ours: str
    how: str = ""


class Glimpse(BaseModel):
    """`rows` is counted or estimated; `sample` holds up to three rows by our columns, personal
    values hidden. `apart` columns are kept encrypted, `dropped` ones never stored. `joined` says
    how one table was made of several files."""

    model_config = ConfigDict(frozen=True)
    kind: str
    rows: int
    first: date | None = None
    last: date | None = None
    rejected: int | None = None  # rows that would stay out; None: not known before it is read
    currency: str | None = None
    columns: tuple[Matched, ...] = ()
    sample: tuple[dict[str, str], ...] = ()
    apart: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    assumed: tuple[Words, ...] = ()
    joined: tuple[Words, ...] = ()
    otherwise: tuple[tuple[str, str], ...] = ()  # what may be said: ("dates", "day-first")

    @property
    def keyed(self) -> tuple[str, ...]:
        """Their columns whose values are replaced by a key."""
        return tuple(one.theirs for one in self.columns if one.how == "keyed")
