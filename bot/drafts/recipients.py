"""For whom a text is and where it leads, as a card and the terminal say it."""

from collections.abc import Sequence

from bot.core.channels import Channel
from bot.core.facts import Evidence
from bot.core.parts import Part
from bot.core.request import Brief
from bot.i18n.messages import Words
from bot.text.links import find_links
from bot.text.normalize import collapse_spaces

LEADS_TO = Words("Leads to: {link}")


def describe_recipients(
    brief: Brief, evidence: Evidence, channel: Channel | None
) -> list[Words | str]:
    """Return for whom a text is, how many they are, and when: what code says as Words, the
    brief's own words as text. What anybody may read, and what concerns one customer, has no
    audience but a stated one."""
    rule, size = (evidence.get(f"segment.audience.{name}") for name in ("audience", "size"))
    audience: Words | str = collapse_spaces(brief.audience or "")
    if brief.goal_audience and not (channel and channel.is_public):
        audience = brief.goal_audience
    elif rule and (brief.typed_audience is None or audience in ("", rule.value)):
        audience = rule.words or Words("{line}", line=str(rule.value))
    elif not (audience or brief.notice or (channel and channel.is_public)):
        audience = Words("your whole list")
    dates = collapse_spaces(brief.dates or "")
    counted = size and (size.words or Words("{line}", line=str(size.value)))
    return [one for one in (audience, audience and counted, audience and dates) if one]


def find_target(
    brief: Brief, parts: Sequence[Part], evidence: Evidence, channel: Channel | None
) -> str | None:
    """Return the page that the button, the ad or the post is to lead to: that of its product. None
    where the text has its link, stands on that page itself, or is about several things."""
    link = evidence.get(f"product.{brief.product}.link")
    if channel is None or channel.is_listing or brief.others or link is None:
        return None
    has_link = any(find_links(part.text) for part in parts)
    return None if has_link else str(link.value)
