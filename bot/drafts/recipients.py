"""For whom a text is, as a card and the terminal say it."""

from bot.core.channels import Channel
from bot.core.facts import Evidence
from bot.core.request import Brief
from bot.i18n.messages import Words
from bot.text.normalize import collapse_spaces


def describe_recipients(
    brief: Brief, evidence: Evidence, channel: Channel | None
) -> list[Words | str]:
    """Return for whom a text is, how many they are, and when: what code says as Words, the
    brief's own words as text. What anybody may read, and what concerns one customer, has no
    audience but a stated one."""
    rule, size = (evidence.get(f"segment.audience.{name}") for name in ("audience", "size"))
    audience: Words | str = collapse_spaces(brief.audience or "")
    if rule and audience in ("", rule.value):
        audience = rule.words or Words("{line}", line=str(rule.value))
    elif not (audience or brief.notice or (channel and channel.is_public)):
        audience = Words("your whole list")
    dates = collapse_spaces(brief.dates or "")
    counted = size and (size.words or Words("{line}", line=str(size.value)))
    return [one for one in (audience, audience and counted, audience and dates) if one]
