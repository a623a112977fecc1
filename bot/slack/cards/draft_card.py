"""The card of a draft: its copy, its checks, its state and its buttons."""

from collections.abc import Sequence

from bot.agent.examples import EXAMPLE_WRITER
from bot.agent.skills import load_skills
from bot.approvals.decision import explain_no_approver
from bot.core.channels import load_channels
from bot.core.request import Brief
from bot.digests.models import ALERT_TITLE
from bot.drafts.export import is_audience_draft
from bot.drafts.models import Draft, find_cited_product
from bot.drafts.occasions import load_occasions
from bot.drafts.recipients import (
    SPLIT_BY_LANGUAGE,
    describe_draft_target,
    is_same_in_other_language,
)
from bot.i18n.countries import translate_country
from bot.i18n.languages import get_language
from bot.i18n.messages import LANGUAGES, Country, Words
from bot.slack import action_ids
from bot.slack.action_ids import CHECKED, ButtonValue, pack_draft
from bot.slack.actions.digests import build_alert_buttons, build_digest_buttons
from bot.slack.actions.exports import find_exportable_rules
from bot.slack.actions.reports import build_next_step_buttons
from bot.slack.blocks import (
    HEADER,
    MAX_MESSAGE_BLOCKS,
    MAX_MESSAGE_CHARACTERS,
    Block,
    Message,
    actions_block,
    button,
    confirm,
    context_block,
    measure_blocks,
    option,
    plain_context_block,
    plain_text,
    quote_as_mrkdwn,
    render_words,
    section_block,
    translate_title,
    truncate,
)
from bot.slack.cards.card_data import CardData, explain_fallback
from bot.slack.cards.draft_parts import (
    IDEAS_SKILL,
    find_copy_channel,
    is_report,
    needs_decision,
    render_copy,
)
from bot.slack.cards.draft_status import (
    number_action_id,
    render_assumptions,
    render_audience,
    render_draft_status,
    render_findings,
    render_results,
    render_unused,
)
from bot.slack.cards.report_card import render_report_card
from bot.slack.views.draft_details import build_details_button
from bot.slack.views.forms import list_other_openings
from bot.tasks.conversation import describe_draft
from bot.text.normalize import collapse_spaces

# an option with its value takes about 150 of a message's 13,200 characters
MAX_CHANNEL_OPTIONS = 20
NOW_IN_TEXT = Words("{opening} (now in the text)")


def build_draft_buttons(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Build the buttons for the draft's current state. An action that is not possible has no
    button; the card says why."""
    ref = pack_draft(draft)
    fixed = is_audience_draft(draft)  # a rule is changed in a form of its own
    if card.status == "approved":
        return actions_block(
            _build_export_button(draft, language),
            None if fixed else _build_channel_menu(card, draft, language),
            None if fixed else button(Words("Copy text").to(language), action_ids.COPY, ref),
            build_details_button(draft, language),
            build_more_menu(draft, language, () if fixed or card.is_sent else (action_ids.EDIT,)),
        )
    why = _explain_no_approval(card, draft, language)
    # A shared draft is decided on the card that others see.
    elsewhere = card.shared and not _may_decide(card, draft, card.task.author)
    no_approval = why or (card.private and elsewhere) or draft.findings is None
    row = actions_block(
        _build_share_button(card, draft, language),
        None if no_approval else _build_approve_button(card, draft, language),
        None if fixed else button(Words("Edit").to(language), action_ids.EDIT, ref),
        button(Words("Request changes").to(language), action_ids.SEND_BACK, ref),
        build_more_menu(draft, language, (action_ids.REJECT, action_ids.COPY)),
    )
    return [*([context_block(why)] if why else []), *row]


def build_variant_buttons(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Build the row of one-tap variants: shorter, the other openings, another market. The markets
    after the first are in a menu."""
    ref = pack_draft(draft)
    row = []
    if not (
        draft.skill_request.is_own_text and draft.by_rules
    ):  # no template shortens what a person wrote
        row.append(button(Words("Shorter").to(language), action_ids.SHORTER, ref))
    if count := len(list_other_openings(draft)):
        words = Words.count("{n} other angle", "{n} other angles", count)
        row.append(button(words.to(language), action_ids.ANGLES, ref))
    offers = [
        option(
            Words("Same for {country}", country=Country(name=market)).to(language),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=market).pack(),
        )
        for market in _list_other_markets(card, draft)
    ]
    if offers:
        first = offers[0]
        row.append(button(first["text"]["text"], action_ids.SAME_FOR, first["value"]))
    if more := offers[1:]:
        action_id = number_action_id(action_ids.SAME_FOR, 1)
        row.append({"type": "overflow", "action_id": action_id, "options": more})
    return actions_block(*row)


def _list_other_markets(card: CardData, draft: Draft) -> list[str]:
    """Return markets that this task has no text for. Without an AI there is no market to choose,
    and a person's own text would stay as it is."""
    if draft.by_rules or draft.skill_request.is_own_text or card.brand is None or not draft.channel:
        return []
    own = draft.brief.language if draft.brief.market is None else None
    others = [
        country
        for country, market in card.brand.markets.items()
        if country not in card.markets and market.language != own
    ]
    return others[:MAX_OTHER_MARKETS]


def _explain_no_approval(card: CardData, draft: Draft, language: str) -> str | None:
    """Return why the card has no Approve button; None when nothing prevents approval."""
    if draft.list_final_checks():
        words = Words("This can't be approved: {why}", why=draft.list_final_checks()[0].words)
        return render_words(words, language, 500)
    if not card.policy.approvers:
        return explain_no_approver(card.task.author).to(language)
    if _is_hidden_from_approvers(card, draft):
        return Words("To have it approved, share it: approvers can't see it here.").to(language)
    return None


def _is_hidden_from_approvers(card: CardData, draft: Draft) -> bool:
    """Return whether no approver can see this draft."""
    return card.private and not card.shared and not _may_decide(card, draft, card.task.author)


def _may_decide(card: CardData, draft: Draft, who: str) -> bool:
    authors = {card.task.author, draft.author or card.task.author}
    return all(card.policy.may_approve(who, author=author) for author in authors)


def _build_approve_button(card: CardData, draft: Draft, language: str) -> Block:
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    if draft.list_blocking_checks():
        return button(Words("Approve anyway").to(language), action_ids.APPROVE_ANYWAY, ref.pack())
    text = Words("Approve")
    if draft.list_open_warnings():  # one tap is the yes to what is marked, and the approval
        text, ref = Words("I checked: approve"), ref.model_copy(update={"pick": CHECKED})
    return button(text.to(language), action_ids.APPROVE, ref.pack(), style="primary")


def _build_share_button(card: CardData, draft: Draft, language: str) -> Block | None:
    if not card.private or card.shared or not card.origin:
        return None
    if draft.facts.of_one_customer:
        return None
    name = card.channel_names.get(card.origin)
    words = Words("Post in {place}", place=f"#{name}") if name else Words("Post in the channel")
    ref = ButtonValue(task=draft.task, draft=draft.id, seen=draft.fingerprint, pick=card.origin)
    return button(words.to(language), action_ids.SHARE, ref.pack(), style="primary")


def _build_channel_menu(card: CardData, draft: Draft, language: str) -> Block | None:
    active = [delivery for delivery in card.deliveries if delivery.state != "failed"]
    sent = {delivery.destination.get("channel") for delivery in active}
    places = [one for one in card.policy.delivery.channels if one not in sent][:MAX_CHANNEL_OPTIONS]
    if not places:
        return None
    ask = confirm(
        Words("Send now?"),
        Words("The approved words go out to the channel you chose, at once.").to(language),
        Words("Send"),
        language,
    )
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    options = [
        option(f"#{card.channel_names.get(one, one)}", ref.model_copy(update={"pick": one}).pack())
        for one in places
    ]
    return {
        "type": "static_select",
        "action_id": action_ids.SEND_TO,
        "placeholder": plain_text(Words("Send to…").to(language), 150),
        "options": options,
        "confirm": ask,
    }


def _build_export_button(draft: Draft, language: str) -> Block | None:
    if not find_exportable_rules(draft):
        return None
    ref = pack_draft(draft)
    return button(Words("Export audience").to(language), action_ids.EXPORT, ref)


def build_more_menu(draft: Draft, language: str, first: Sequence[str] = ()) -> Block:
    """Build the overflow menu: the given options, then what can be read. Slack takes five."""
    offers = {
        action_ids.REJECT: Words("Reject"),
        action_ids.EDIT: Words("Edit"),
        action_ids.COPY: Words("Copy text"),
        action_ids.SOURCES: Words("Sources"),
        action_ids.WHAT_LEFT: Words("AI log"),
        action_ids.HISTORY: Words("History"),
        action_ids.DOWNLOAD: Words("Download"),
    }
    picks = [*first, action_ids.SOURCES, action_ids.WHAT_LEFT, action_ids.HISTORY]
    picks += [] if action_ids.COPY in first else [action_ids.DOWNLOAD]
    options = [
        option(
            offers[pick].to(language),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=pick).pack(),
        )
        for pick in picks
    ]
    return {"type": "overflow", "action_id": action_ids.MORE, "options": options}


# The card.

MAX_OTHER_MARKETS, MAX_WAITING = 6, 3  # one button, and a menu of at most five
EXAMPLE_ANSWER = Words(
    "Example answer, written by hand beforehand. "
    "Figures and checks computed now on the sample shop."
)


def render_draft_card(card: CardData, language: str) -> Message:
    """Render the card. The copy gets the room that the other blocks leave; what does not fit is
    returned as `rest`."""
    draft = card.draft
    assert draft is not None
    if is_report(draft):
        return render_report_card(
            card,
            draft,
            language,
            visibility=[*_describe_writer(draft, language), *render_visibility(card, language)],
            share=_build_share_button(card, draft, language),
            more=build_more_menu(draft, language),
            below=_build_digest_rows(card, language),
        )
    if _has_text_below(card, draft):
        return _render_record(card, draft, language)
    above, below = _render_header(card, draft, language), _render_footer(card, draft, language)
    long = Words("The text is long: the rest of it is in a file in this thread.")
    more = context_block(long.to(language))
    target = _render_target(card, draft, language)
    below = [*_render_openings(card, draft, language), *target, *below]
    room = MAX_MESSAGE_CHARACTERS - measure_blocks([*above, *below, more])
    copy, rest = render_copy(draft, language, hosts=card.hosts, room=room)
    blocks = [*above, *copy, *([more] if rest else []), *below]
    return Message(
        _render_fallback_text(card, draft, language), blocks[:MAX_MESSAGE_BLOCKS], rest or None
    )


def _render_openings(card: CardData, draft: Draft, language: str) -> list[Block]:
    """List the openings to choose from where these are what was asked for: the one that stands in
    the text, and the others by their numbers."""
    fixed = {one.key for one in draft.skill_request.fixed}
    first = next(iter(draft.parts), None)
    others = list_other_openings(draft) if fixed and first and first.key not in fixed else []
    if not first or not others or card.status != "open":
        return []
    chosen = NOW_IN_TEXT.with_params(opening=first.text).to(language)
    lines = [f"• {quote_as_mrkdwn(chosen, 400)}"]
    lines += [f"{number + 1}. {quote_as_mrkdwn(hook.text, 300)}" for number, hook in others]
    title = Words("Choices").to(language)
    return [context_block(title), section_block("\n".join(lines))]


def _render_target(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Say where the reader's click leads, with the campaign code, for whoever sets the link in the
    tool that sends the text."""
    words = describe_draft_target(draft, card.brand)
    return [plain_context_block(words.to(language))] if words else []


def _has_text_below(card: CardData, draft: Draft) -> bool:
    """Return whether the approved text stands in a message of its own in this card's thread. A
    private card whose piece is shared has it elsewhere."""
    sent = any(
        delivery.destination.get("kind") == "thread" and delivery.state == "gone"
        for delivery in card.deliveries
    )
    return sent and card.status == "approved" and not (card.private and card.shared)


def _render_record(card: CardData, draft: Draft, language: str) -> Message:
    """Render the card of a text that was sent below it: what was decided and where it went. The
    text itself is not repeated."""
    blocks = [
        _render_title_block(card, draft, language),
        *render_draft_status(card, language),
        *render_results(card, language),
        *build_draft_buttons(card, draft, language),
        *build_next_step_buttons(draft, language),
    ]
    return Message(_render_fallback_text(card, draft, language), blocks)


def render_draft_title(
    draft: Draft,
    language: str,
    *,
    with_request: bool = False,
    with_audience: bool = False,
    with_version: bool = True,
) -> str:
    """ "E-mail · Linen shirt · France · v2". Where nothing names what a text is about, a list of
    texts tells them apart by the words of their requests; two of one title by whom they are for."""
    channel = load_channels().get(draft.channel or "")
    brief = draft.brief
    own_text = next(iter(brief.own_text.values()), None)
    words = find_cited_product(draft) or brief.product_words or brief.product or own_text
    words = words or _name_range(brief, language)
    if not words and (with_request or not (channel or draft.skill == IDEAS_SKILL)):
        words = brief.asked
    version = Words("v{n}", n=draft.version).to(language)
    skill = load_skills().get(draft.skill)
    title = channel.title if channel else skill.title if skill else ""
    if draft.brief.series:
        title = ALERT_TITLE.text
    if is_audience_draft(draft):
        title = Words("Audience to export").text
    names = [translate_title(title, language)] if title else []
    subject = truncate(collapse_spaces(words), 60 if with_audience else 80)
    if draft.is_empty:  # there is no finding, and no version to tell apart
        return subject or "…"
    # The words of the request repeat the title.
    if any(subject.lower() == translate_title(title, one).lower() for one in LANGUAGES):
        return " · ".join([*names, version][: 2 if with_version and draft.version > 1 else 1])
    market = [translate_country(draft.brief.market, language)] if draft.brief.market else []
    people = [truncate(collapse_spaces(brief.audience or ""), 50)] if with_audience else []
    listed = " · ".join(filter(None, [*names, subject, *market, *people]))
    return f"{listed} ·\u00a0{version}" if with_version else listed


def _name_range(brief: Brief, language: str) -> str:
    """Return what a text without a product is about."""
    occasion = load_occasions().get(brief.occasion or "")
    title = occasion.title[language] if occasion else ""
    return brief.range_words or title or brief.category or ""


def render_visibility(card: CardData, language: str) -> list[str]:
    """Return lines that say who sees this card, where that is not obvious."""
    if card.private and not card.shared:
        return [f":lock: {Words('Only you see this.').to(language)}"]
    if card.private and card.origin:
        return [Words("Posted in {place}", place=f"<#{card.origin}>").to(language)]
    if card.fallback and card.origin:
        return [explain_fallback(card.origin, card.fallback).to(language)]
    return []


def _describe_writer(draft: Draft, language: str) -> list[str]:
    """Say that no AI has written a text of the intern."""
    if draft.writer == EXAMPLE_WRITER:
        return [EXAMPLE_ANSWER.to(language)]
    is_text = not (draft.brief.own_text or draft.is_empty or is_audience_draft(draft))
    if draft.by_rules and is_text and not is_report(draft):
        return [Words("Standard text (no AI connected)").to(language)]
    return []


def _render_header(card: CardData, draft: Draft, language: str) -> list[Block]:
    small = []
    if waiting := _render_waiting(card, draft, language):
        small.append(waiting)
    small += _describe_writer(draft, language)
    if draft.author and draft.findings is not None:
        small.append(Words("Edited by {who}", who=f"<@{draft.author}>").to(language))
    if card.source_draft is not None:
        title = quote_as_mrkdwn(_name_source(card, card.source_draft, language), 200)
        small.append(Words("Stands on: {what}", what=title).to(language))
    small += render_visibility(card, language)
    blocks = [
        _render_title_block(card, draft, language),
        *([context_block(*small)] if small else []),
    ]
    if card.status in ("rejected", "sent back"):
        blocks += render_draft_status(card, language)
    blocks += render_results(card, language)
    if find_copy_channel(draft) and not _is_read_only(card, draft):
        blocks += render_audience(card, draft, language)
        if card.source_draft and is_same_in_other_language(card.source_draft, draft):
            tongue = Words(get_language(card.source_draft.brief.language).phrase)
            blocks.append(context_block(SPLIT_BY_LANGUAGE.with_params(tongue=tongue).to(language)))
    return blocks


def _name_source(card: CardData, source: Draft, language: str) -> str:
    """Return the finding of a report, or the title of a text with whom it is for, where that is
    what sets it apart. Its version is left out: it may have got others since."""
    if is_report(source) and (finding := describe_draft(source)):
        return finding
    is_twin = card.draft is not None and _is_twin(source, card.draft)
    return render_draft_title(
        source, language, with_request=True, with_audience=is_twin, with_version=False
    )


def _is_twin(one: Draft, other: Draft) -> bool:
    """Whether two texts for different people have one title."""

    def name(draft: Draft) -> tuple[object, ...]:
        brief = draft.brief
        return (draft.channel, brief.product_words, brief.range_words, brief.market)

    is_other = one.brief.audience != other.brief.audience
    return name(one) == name(other) and is_other and not is_same_in_other_language(one, other)


def _render_title_block(card: CardData, draft: Draft, language: str) -> Block:
    beside = (*card.siblings, *filter(None, [card.source_draft]))
    has_twin = any(_is_twin(one, draft) for one in beside)
    title = render_draft_title(draft, language, with_audience=has_twin)
    return {"type": "header", "text": plain_text(title, HEADER)}


def _render_waiting(card: CardData, draft: Draft, language: str) -> str | None:
    """Say who can approve an open draft, where others see it."""
    if card.status != "open" or card.private or _is_read_only(card, draft):
        return None
    decided = {decision.by for decision in card.decisions}
    who = [
        one for one in card.policy.approvers if one not in decided and _may_decide(card, draft, one)
    ]
    if not who:
        return None
    named = ", ".join(f"<@{one}>" for one in who[:MAX_WAITING])
    if (more := len(who) - MAX_WAITING) > 0:
        named += f" +{more}"
    return Words("Waiting for {who}", who=named).to(language)


def _render_footer(card: CardData, draft: Draft, language: str) -> list[Block]:
    if card.status in ("rejected", "sent back"):
        return actions_block(build_more_menu(draft, language))
    if draft.findings is None:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        words = Words("Edited by {who}, being checked…", who=who).to(language)
        return [
            context_block(f":hourglass_flowing_sand: {words}"),
            *render_draft_status(card, language),
            *build_draft_buttons(card, draft, language),
        ]
    if _is_read_only(card, draft):
        return _render_read_only_footer(card, draft, language)
    below = render_unused(draft, language)
    is_open = card.status == "open"
    details = build_details_button(draft, language) if is_open else None
    below += render_findings(draft, language, is_open=is_open, details=details)
    below += render_draft_status(card, language)
    below += build_draft_buttons(card, draft, language)
    if is_open and not is_audience_draft(draft):
        below += build_variant_buttons(card, draft, language)
    if card.status in ("open", "approved"):
        below += build_next_step_buttons(draft, language)
    if card.status == "open":
        below += render_assumptions(draft, language)
    return below


def _is_read_only(card: CardData, draft: Draft) -> bool:
    """Return whether the draft needs no approval because it is sent nowhere else: a digest, an
    alert or a refusal to answer."""
    return not card.task.is_typed or not needs_decision(draft)


def _render_read_only_footer(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Build the next steps and the digest's own buttons, in place of the approval row."""
    below = [*render_unused(draft, language), *render_findings(draft, language)]
    below += render_draft_status(card, language)
    below += build_next_step_buttons(draft, language)
    below += actions_block(build_details_button(draft, language), build_more_menu(draft, language))
    return below + _build_digest_rows(card, language)


def _build_digest_rows(card: CardData, language: str) -> list[Block]:
    """Build the buttons of a digest or an alert; none for other cards."""
    return [
        *build_digest_buttons(card.digest, card.task.id, language),
        *build_alert_buttons(card.task, card.alert, language),
    ]


def _render_fallback_text(card: CardData, draft: Draft, language: str) -> str:
    state = {
        "approved": Words("Approved"),
        "rejected": Words("Rejected"),
        "sent back": Words("Changes requested"),
    }.get(card.status, Words("Draft"))
    text = next((part.text for part in draft.parts if part.text), "")
    head = quote_as_mrkdwn(render_draft_title(draft, language), 200)
    if _is_read_only(card, draft):
        return f"{head}\n{quote_as_mrkdwn(text, 500)}".strip()
    return f"{state.to(language)} · {head}\n{quote_as_mrkdwn(text, 500)}".strip()
