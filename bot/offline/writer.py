"""The writer without an AI: code composes the texts, and nothing leaves the machine."""

from bot.i18n.messages import Words


class OfflineWriter:
    """A `Writer` without an AI: the texts are those of `bot.offline.drafts` and its reports."""

    name = "rules"
    by_rules = True

    async def check(self) -> Words | None:
        """There is nothing to set up."""
        return None

    async def close(self) -> None:
        """There is nothing to close."""
