"""Turn what a message changes in a draft into the request for its next version."""

from collections.abc import Collection
from datetime import date

from bot.config.brand import Brand
from bot.core.library import Library
from bot.core.request import Brief, IncomingRequest, SkillRequest
from bot.tasks.briefs import Plan, name_what_is_beside, plan_requests
from bot.tasks.copy_briefs import revise_parts
from bot.tasks.message_prompt import ThreadDraft
from bot.tasks.named_products import name_products
from bot.tasks.offers import join_must_say, join_offers, list_replaced
from bot.tasks.understanding import ReadRequest, Understanding


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
        "offer": join_offers(old.offer, new.offer, new.ended_offers),
        "occasion": new.occasion or old.occasion,
        "goal": new.goal or old.goal,
        "tone": new.tone or old.tone,
        "must_say": join_must_say(old.must_say, new.must_say, new.offer),
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
