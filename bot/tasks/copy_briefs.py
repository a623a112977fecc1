"""The requests for copy: one for each channel and market."""

from collections.abc import Collection, Iterator

from bot.config.brand import Brand
from bot.core.channels import get_default_channel, load_channels
from bot.core.request import Brief, IncomingRequest, SkillRequest
from bot.i18n.messages import Language
from bot.tasks.brief_assumptions import build_options, list_assumptions, list_unknown_products
from bot.tasks.message_prompt import ThreadDraft
from bot.tasks.named_products import list_products, list_unknown, name_products
from bot.tasks.offers import change_figure, join_must_say, list_replaced
from bot.tasks.understanding import ReadRequest, Understanding

ALL_PARTS = "all"


def write_for_each(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    brand: Brand,
    about: ThreadDraft | None,
) -> Iterator[SkillRequest]:
    source = about.brief if about is not None and about.is_copy else None
    if source is not None:
        read = _fill_from(read, source)
    elif about is not None:
        read = _fill_from_report(read, about.brief)
    if source and about and about.channel and not read.channels:
        read = read.model_copy(update={"channels": (about.channel,)})
    for market in read.markets or (about.brief.market if about else None,):
        for channel in read.channels or (get_default_channel().key,):
            one = read.model_copy(update={"channels": (channel,)}) if read.channels else read
            brief = _build_copy_brief(one, incoming, understanding, brand, market, about, source)
            yield SkillRequest(
                skill=read.skill,
                brief=brief.model_copy(
                    update={"channels": (channel,), "parts": find_parts(channel, one.parts)}
                ),
                channel=channel,
                reason=incoming.reason,
                previous=incoming.previous or (_describe_text(about) if about else None),
            )


def find_parts(channel: str, asked: Collection[str]) -> tuple[str, ...]:
    """Return the parts of a channel's text that alone are asked for; none where it is all of it."""
    known = load_channels()[channel].parts
    found = tuple(key for key in known if key in asked)
    return found if len(found) < len(known) else ()


def revise_parts(channel: str, read: ReadRequest, before: Brief) -> tuple[str, ...]:
    """Return the parts of the next version of a text: what a change names may add to those that it
    has, and takes none of them away. Who asks for all, or for the text itself, gets all."""
    is_whole = ALL_PARTS in read.parts or (read.channels and not read.parts)
    return () if is_whole or not before.parts else find_parts(channel, before.parts + read.parts)


def keep_parts(read: ReadRequest, before: Brief) -> tuple[str, ...]:
    """Return the parts that alone are asked for, where one continues a text: who names a channel
    without any ("now the whole mail") asks for all."""
    return read.parts or (() if read.channels else before.parts)


def _describe_text(about: ThreadDraft) -> str | None:
    """Return the text that another one starts from, with what people wrote into it."""
    if not about.is_copy or not about.text:
        return None
    lines = [f"This text starts from the one for {about.channel}, version {about.version}:"]
    lines.append(about.text)
    if about.passages:
        lines.append("People wrote these passages of it. Say the same, in their words where they")
        lines[-1] += " fit:"
        lines += [f"- {one.text}" for one in about.passages]
    return "\n".join(lines)


def _fill_from(read: ReadRequest, source: Brief) -> ReadRequest:
    """Take over from the draft that this one starts from what the message does not say."""
    kept: dict[str, object] = {
        name: getattr(source, name)
        for name in ("goal", "audience", "occasion", "since", "until", "tone")
        if not getattr(read, name)
    }
    kept["parts"] = keep_parts(read, source)
    if source.typed_audience is None:
        kept.pop("audience", None)
    same = [change_figure(source.offer, read.offer)] if source.offer and read.offer else []
    kept["offer"] = next(iter(same), None) or read.offer or source.offer
    kept["must_say"] = join_must_say(source.must_say, read.must_say, read.offer)
    if not read.since and not read.until:
        kept["period_words"] = source.dates
    if not read.audience:
        kept["rule"] = source.rule
    subject = list_products(source)
    if subject and not name_products(read.products):
        kept["products"] = (*subject, *read.products)
    if not read.products and not subject and not read.topic:
        kept["topic"] = source.product_words
    if not read.is_language_stated and not read.markets:
        kept |= {"language": source.language, "is_language_stated": True}
    return read.model_copy(update=kept)


def _fill_from_report(read: ReadRequest, source: Brief) -> ReadRequest:
    """Take over from a report what its text is about, why, for whom, and for which occasion or days
    ahead, where the message doesn't say it."""
    kept: dict[str, object] = {}
    if source.dates and not read.period_words:
        kept["period_words"] = source.dates
    if not read.products and not read.topic:
        kept["products"] = list_products(source)
    if not read.audience and not read.rule and (source.rule or source.audience):
        kept |= {"audience": source.audience, "rule": source.rule}
    for name in ("occasion", "goal"):
        if not getattr(read, name):
            kept[name] = getattr(source, name)
    return read.model_copy(update=kept)


def _build_copy_brief(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    brand: Brand,
    market: str | None,
    about: ThreadDraft | None,
    source: Brief | None,
) -> Brief:
    market_language = brand.markets[market].language if market in brand.markets else None
    language: Language = (
        (read.language if read.is_language_stated else None)
        or market_language
        or read.language
        or brand.languages[0]
    )
    is_language_open = not (read.is_language_stated or market_language or read.must_say)
    unknown = list_unknown(read.products)
    named = name_products(read.products)
    is_known = bool(named)
    named = named or {"product_words": read.topic or next(iter(unknown), None)}
    # The writer reads the message itself, so no goal is assumed.
    assumed = list_assumptions(read, language, is_notice=True)
    rule = incoming.answers.get("rule") or read.rule
    if market or rule:  # it is for the people there, or for those of the rule
        assumed = tuple(one for one in assumed if one.field != "audience")
    if is_known:  # else the text is about the unknown thing itself
        assumed += list_unknown_products(unknown)
    brief = Brief(
        words="\n".join(
            dict.fromkeys(
                filter(
                    None,
                    [
                        source.words if source else "",
                        incoming.words,
                        *incoming.more_words,
                        read.idea,
                    ],
                )
            )
        ),
        author=incoming.author,
        language=language,
        asked_in=language if is_language_open else None,
        goal=read.goal or ("sell through" if read.offer else "inform"),
        audience=read.audience,
        offer=read.offer,
        occasion=read.occasion,
        dates=read.period_words,
        must_say=read.must_say,
        since=read.since,
        until=read.until,
        rule=rule,
        stands_on=(about.id if about else None) or incoming.answers.get("stands_on"),
        follows=_find_request_of_proposal(read, incoming, about, source),
        proposed=read.idea or incoming.answers.get("proposed") or (source and source.proposed),
        chosen=incoming.answers.get("chosen") or (source and source.chosen),
        goes_by=read.goes_by,
        market=market,
        tone=read.tone,
        left_over=understanding.left_over,
        instructions=source.instructions if source else (),
        material=incoming.material,
        private=incoming.private,
        assumed=assumed,
        options=build_options(read, language, brand),
        **named,
    )
    if source is None:
        return brief
    return brief.model_copy(update={"replaced": list_replaced(source, brief)})


def _find_request_of_proposal(
    read: ReadRequest,
    incoming: IncomingRequest,
    about: ThreadDraft | None,
    source: Brief | None,
) -> str | None:
    """Return what was asked when the intern made the proposal that this text takes up."""
    if read.idea and about is not None:
        return about.brief.asked
    return incoming.answers.get("follows") or (source.follows if source else None)
