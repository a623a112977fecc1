"""A terminal on which nobody's words move the cursor or stand in another order than written."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.text.escape import without_hidden


class PlainConsole(Console):
    """Rich leaves escape sequences in a text as they are; here they end."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield (
                segment if segment.control else segment._replace(text=without_hidden(segment.text))
            )
