"""What the files given to `import` are: each by itself, or those that complete each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import CannotDo
from bot.library.files import Understood, understand
from bot.library.files.joining import together
from bot.library.files.understood import Dates, Said, Sign
from bot.words import Words


@dataclass(frozen=True)
class Seen:
    """A file that can be taken in. `told` is what was done to make it of several."""

    path: Path
    found: Understood
    told: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What was said of the files: see `Said`."""

    kind: str | None = None
    called: Mapping[str, str] | None = None
    currency: str | None = None
    dates: Dates | None = None
    decimal: Sign | None = None

    @classmethod
    def of(cls, said: Said) -> "Asked":
        return cls(said.kind, said.called, said.currency, said.dates, said.decimal)

    def understand(self, path: Path, name: str) -> Understood:
        return understand(
            path,
            name=name,
            kind=self.kind,
            called=self.called,
            currency=self.currency,
            dates=self.dates,
            decimal=self.decimal,
        )


def look(
    paths: Sequence[Path], folder: Path, asked: Asked
) -> tuple[list[Seen], list[tuple[Path, CannotDo]]]:
    """Those that can be taken in, in the order given, and why the others can't. Orders and their
    lines in two files become one, written into `folder`."""
    seen: list[Seen] = []
    hopeless: list[tuple[Path, CannotDo]] = []
    for path in paths:
        try:
            seen.append(Seen(path, asked.understand(path, path.name)))
        except CannotDo as why:
            hopeless.append((path, why))
    alone = asked.kind in (None, "orders") and len(hopeless) > 1
    joined = together(paths, folder, asked.called or {}) if alone else None
    if joined is None:
        return seen, hopeless
    whole = Seen(joined.path, asked.understand(joined.path, joined.name), joined.told)
    rest = [(path, why) for path, why in hopeless if path not in joined.used]
    return [whole, *seen], rest
