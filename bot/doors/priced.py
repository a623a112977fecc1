"""Whether it is known what each configured model costs: without a price none is called."""

import asyncio
from urllib.parse import urlsplit

from bot.addresses import is_private
from bot.errors import TryAgain
from bot.policy import Policy
from bot.prices import price_of
from bot.settings import Settings
from bot.spending import unknown_price


def unpriced(settings: Settings, policy: Policy) -> list[str]:
    """A sentence for each model that would not be called."""
    if settings.writer != "claude":
        return []
    models = [name for name in (settings.model, settings.fallback_model) if name]
    unknown = [name for name in models if name not in policy.spend.prices and not price_of(name)]
    if not unknown:
        return []
    host = urlsplit(settings.anthropic_base_url or "").hostname
    try:
        if host and asyncio.run(is_private(host)):
            return []
    except TryAgain as away:
        return [away.words.to("en")] if away.words else []
    return [unknown_price(name).to("en") for name in unknown]
