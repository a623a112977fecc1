"""Turn what a message changes in a draft into the request for its next version."""

from collections.abc import Collection
from datetime import date
from typing import Literal

from bot.config.brand import Brand
from bot.core.library import Library
from bot.core.request import OFFER_JOINT, Brief, IncomingRequest, SkillRequest
from bot.grounding.figure_checks import has_threshold
from bot.grounding.numbers import read_figures
from bot.grounding.price_cuts import find_cuts
from bot.tasks.briefs import Plan, name_what_is_beside, plan_requests
from bot.tasks.copy_briefs import list_replaced, revise_parts
from bot.tasks.message_prompt import ThreadDraft
from bot.tasks.named_products import name_products
from bot.tasks.understanding import ReadRequest, Understanding
from bot.text.normalize import normalize_text


async def plan_revision(
    before: SkillRequest,
    understanding: Understanding,
    incoming: IncomingRequest,
    *,
    brand: Brand,
    library: Library,
    today: date,
    draft: ThreadDraft,
    shown: Collection[str] = (),
) -> Plan:
    """Return the request of the draft again, and after it those of the texts for other channels or
    markets that its message asks for as well. `shown` are the products that the draft stands on:
    an instruction that names one of a text on a range puts another in its place there."""
    mentioned = {one.handle for one in await library.find_mentioned(incoming.reason or "")}
    is_swap = before.brief.product is None and not mentioned.isdisjoint(shown)
    revised = revise_request(before, understanding, incoming, brand, is_swap=is_swap)
    # What the message sets anew holds for the texts beside as well.
    draft = draft.model_copy(update={"brief": revised.brief})
    beside = tuple(
        one.model_copy(update={"about": draft.id}) if one.about else one
        for one in understanding.beside
    )
    if _find_other_market(before.brief, incoming, brand):
        beside = ()  # the others were made with the version of the first market
    others = await plan_requests(
        understanding.model_copy(update={"requests": beside}),
        incoming.model_copy(
            update={"words": incoming.reason or "", "reason": None, "previous": None, "answers": {}}
        ),
        brand=brand,
        library=library,
        today=today,
        drafts=(draft,),
    )
    requests = [revised, *others.requests]
    if others.requests:
        requests = [name_what_is_beside(one, requests, understanding) for one in requests]
        known = dict.fromkeys((*before.brief.beside, *requests[0].brief.beside))
        brief = requests[0].brief.model_copy(update={"beside": tuple(known)})
        requests[0] = requests[0].model_copy(update={"brief": brief})
    return Plan(requests=tuple(requests), cannot=others.cannot)


def revise_request(
    before: SkillRequest,
    understanding: Understanding,
    incoming: IncomingRequest,
    brand: Brand,
    *,
    is_swap: bool = False,
) -> SkillRequest:
    """Return the request of a draft again, with what the instruction sets anew. After a swap the
    text is still about its range, and about the new product beside it."""
    new = next(iter(understanding.requests), ReadRequest(skill=before.skill))
    old = before.keep_reason().brief
    changed: dict[str, object] = {
        "audience": new.audience or old.audience,
        "rule": new.rule if new.audience or new.rule else old.rule,
        "offer": _join_offers(old.offer, new),
        "occasion": new.occasion or old.occasion,
        "goal": new.goal or old.goal,
        "tone": new.tone or old.tone,
        "must_say": tuple(dict.fromkeys((*old.must_say, *new.must_say))),
        "parts": revise_parts(before.channel, new, old) if before.channel else (),
        "left_over": understanding.left_over,
        "material": incoming.material,
        "assumed": (),
        "options": (),
    }
    if new.language and new.is_language_stated:
        changed["language"] = new.language
    if market := _find_other_market(old, incoming, brand):
        changed |= {"market": market, "language": brand.markets[market].language}
    if new.since or new.until:
        changed |= {"since": new.since, "until": new.until, "dates": new.period_words}
    changed["replaced"] = list_replaced(old, old.model_copy(update=changed))
    if is_swap:
        handles = (one.handle for one in new.products if one.handle)
        changed["others"] = tuple(dict.fromkeys((*old.others, *handles)))
    else:
        changed |= name_products(new.products)
    is_translated = changed.get("language", old.language) != old.language
    if is_translated:
        changed["asked_in"] = None
    return before.model_copy(
        update={
            "brief": old.model_copy(update=changed),
            "reason": "\n".join(filter(None, [incoming.reason, *incoming.more_words])) or None,
            "previous": incoming.previous,
            "fixed": (),
            # A translation keeps no passage word for word.
            "kept": () if is_translated else understanding.kept,
        }
    )


def _find_other_market(before: Brief, incoming: IncomingRequest, brand: Brand) -> str | None:
    """Return the market for which a button wants the same version of a text."""
    market = incoming.answers.get("market")
    return market if market in brand.markets and market != before.market else None


def _join_offers(old: str | None, read: ReadRequest) -> str | None:
    """Return the offer with what an instruction adds to it: free delivery beside a cut. Another
    cut, or another sum to spend, takes the place of the one before, and so does what the
    instruction is read to end."""
    new, ended = read.offer, [normalize_text(one) for one in read.ended_offers]
    if not old or not new:
        return new or old
    kind, said = _find_offer_kind(new), normalize_text(new)
    kept = [
        one
        for one in old.split(OFFER_JOINT)
        if (before := normalize_text(one)) not in said
        and not any(before in gone or gone in before for gone in ended)
        and (kind is None or _find_offer_kind(one) != kind)
    ]
    return OFFER_JOINT.join([*kept, new])


def _find_offer_kind(offer: str) -> Literal["cut", "least"] | None:
    if find_cuts(offer) or any(one.first.unit == "%" for one in read_figures(offer)):
        return "cut"
    return "least" if has_threshold(offer) else None
