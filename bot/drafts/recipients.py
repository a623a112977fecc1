"""For whom a text is and where it leads, as a card and the terminal say it."""

from collections.abc import Sequence

from bot.config.brand import Brand
from bot.core.channels import Channel, load_channels
from bot.core.facts import Evidence
from bot.core.parts import Part
from bot.core.request import BASKET_LEFT, Brief
from bot.drafts.models import Draft, find_main_product, tag_links
from bot.i18n.messages import Words
from bot.text.links import find_links, is_allowed_host, parse_host
from bot.text.normalize import collapse_spaces

ASKED_FOR = Words("asked for: “{audience}”")
LEADS_TO = Words("Leads to: {link}")
NOT_IN_TEXT, NOT_USED = Words("Not in the text: {what}"), Words("Not used: {what}")
NOT_TAKEN = Words("Of the brief, not read or not in the text: {what}")
NO_RANGE_PAGE = Words(
    "Leads to: {link}, the home page. No page of this range is known (`pages` in brand.toml)."
)
SPLIT_BY_LANGUAGE = Words("The same people have a text {tongue}: send each to those who read it.")
NO_PAGE = Words("Leads to: no page known. Add its link.")


def describe_recipients(
    brief: Brief, evidence: Evidence, channel: Channel | None
) -> list[Words | str]:
    """Return for whom a text is, how many they are, whom the brief asked for, and when: what code
    says as Words, the brief's own words as text. Those who were counted are told by their rule, as
    it may be another than the words mean. What anybody may read, and what concerns one customer,
    has no audience but a stated one."""
    rule, size = (evidence.get(f"segment.audience.{name}") for name in ("audience", "size"))
    audience: Words | str = collapse_spaces(brief.audience or "")
    asked: Words | None = None
    if brief.goal_audience and not (channel and channel.is_public):
        asked = ASKED_FOR.with_params(audience=audience) if audience else None  # a country
        audience = brief.goal_audience
    elif rule:
        if brief.typed_audience and audience != rule.value:
            asked = ASKED_FOR.with_params(audience=audience)
        audience = rule.words or Words("{line}", line=str(rule.value))
    elif not (audience or brief.notice or (channel and channel.is_public)):
        audience = Words("your whole list")
    dates = collapse_spaces(brief.dates or "")
    counted = size and (size.words or Words("{line}", line=str(size.value)))
    return [one for one in (audience, audience and counted, asked, audience and dates) if one]


def is_same_in_other_language(one: Draft, other: Draft) -> bool:
    """Whether two texts are sent to the same people, each in a language of its own."""
    channel = load_channels().get(other.channel or "")
    is_sent = channel is not None and not (channel.is_public or other.brief.notice)
    people = [(it.channel, it.brief.rule or it.brief.audience) for it in (one, other)]
    return is_sent and people[0] == people[1] and one.brief.language != other.brief.language


def describe_unused(what: str, *, is_copy: bool, by_rules: bool = False) -> Words:
    """Say what of the request is not taken up. A text may lack what others see to: when it goes
    out, a picture. Of a brief that rules read, it may be words that they don't know."""
    line = NOT_TAKEN if by_rules else NOT_IN_TEXT
    return (line if is_copy else NOT_USED).with_params(what=what)


def list_brief_links(brief: Brief, site: str | None) -> list[str]:
    """Return the pages that the brief names, those of the latest version first, as addresses of the
    web: on the brand's site, where it has one, as a shop that is named beside them is no page for
    the reader."""
    hosts = {parse_host(site)} if site else set()
    texts = [*(one.words for one in reversed(brief.instructions)), brief.words]
    return [
        link.text if "://" in link.text else f"https://{link.text}"
        for text in texts
        for link in find_links(text)
        if link.plain and (not hosts or is_allowed_host(link.host, hosts))
    ]


def find_target(
    brief: Brief,
    parts: Sequence[Part],
    evidence: Evidence,
    channel: Channel | None,
    site: str | None,
    page: str | None = None,
) -> str | None:
    """Return the page that the button, the ad or the post is to lead to: the one that the brief
    names, or that of its one product, else the brand's `page`, else that of the one product that
    the text is about, unless an offer is on more than it. Of several products an ad or a push leads
    to the first. Others and buttons lead to the brand's site. None where the text has its link, or
    stands on that page itself."""
    if channel is None or channel.is_listing or any(find_links(part.text) for part in parts):
        return None
    if named := list_brief_links(brief, site):
        return named[0]
    if page and (brief.others or not brief.product or brief.goal == BASKET_LEFT):
        return page
    product = brief.product or (None if brief.offer else find_main_product(parts))
    link = evidence.get(f"product.{product}.link")
    leads = bool(channel.ads_on) or channel.opens_page
    if link is not None and (leads or not brief.others):
        return str(link.value)
    buttons = list_buttons(channel)
    has_button = any(part.key in buttons and part.text.strip() for part in parts)
    return site if has_button or leads else None


def find_page(brief: Brief, evidence: Evidence, brand: Brand) -> str | None:
    """Return the brand's page of what a text is about: the basket that was left, its range, or the
    range of all its products."""
    products = filter(None, (brief.product, *brief.others))
    types = {fact.value for one in products if (fact := evidence.get(f"product.{one}.type"))}
    name = brief.category or (str(*types) if len(types) == 1 else None)
    return brand.find_page("basket" if brief.goal == BASKET_LEFT else name, brief.market)


def list_buttons(channel: Channel) -> frozenset[str]:
    return frozenset(key for key, limit in channel.parts.items() if limit.role == "button")


def _is_of_range(brief: Brief) -> bool:
    return brief.category is not None and brief.product is None


def find_draft_target(draft: Draft, brand: Brand | None) -> str | None:
    """Return the page that a draft leads to, with its campaign code."""
    channel = load_channels().get(draft.channel or "")
    site = brand.find_site(draft.brief.market) if brand else None
    page = find_page(draft.brief, draft.facts, brand) if brand else None
    link = find_target(draft.brief, draft.parts, draft.facts, channel, site, page)
    for known in brand.link_sites if brand else ():
        link = link and tag_links(link, known, draft.code)
    return link


def describe_draft_target(draft: Draft, brand: Brand | None) -> Words | None:
    """Say where the reader of a draft is led, as its card and what is sent of it say it."""
    channel = load_channels().get(draft.channel or "")
    link = find_draft_target(draft, brand)
    return _describe(link, draft.brief, draft.parts, channel, brand)


def describe_target(
    brief: Brief,
    parts: Sequence[Part],
    evidence: Evidence,
    channel: Channel | None,
    *,
    brand: Brand,
) -> Words | None:
    """Say where the reader's click leads."""
    page = find_page(brief, evidence, brand)
    link = find_target(brief, parts, evidence, channel, brand.find_site(brief.market), page)
    return _describe(link, brief, parts, channel, brand)


def _describe(
    link: str | None,
    brief: Brief,
    parts: Sequence[Part],
    channel: Channel | None,
    brand: Brand | None,
) -> Words | None:
    """Say which page it is. An ad leads somewhere: where no page is known, that is said; so it is
    of a range whose page is not."""
    if link is not None:
        site = brand.find_site(brief.market) if brand else None
        is_known = brand is not None and brand.find_page(brief.category, brief.market) is not None
        is_home = _is_of_range(brief) and not is_known and not list_brief_links(brief, site)
        is_home &= link.partition("?")[0].rstrip("/") == (site or "").rstrip("/")
        return (NO_RANGE_PAGE if is_home else LEADS_TO).with_params(link=link)
    has_link = any(find_links(part.text) for part in parts)
    return NO_PAGE if channel and channel.ads_on and not has_link else None
