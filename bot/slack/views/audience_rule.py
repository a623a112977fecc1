"""The form in which an audience's rule is changed, to be counted again."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.core.audience_rule import REACHED, SEGMENTS, Rule
from bot.core.facts import Evidence
from bot.core.ids import task_id
from bot.core.parts import Lead
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import next_steps
from bot.slack.actions.context import Click, draft_of
from bot.slack.blocks import Block, context, option, plain, size, told
from bot.slack.context import Front
from bot.slack.view_limits import OPTION_VALUE
from bot.slack.views.inputs import HINT, LABEL, form, typed
from bot.slack.views.parse import chosen, ticked, typed_in
from bot.slack.views.submission import Sent
from bot.tasks.models import Task, Wish

MOST_OPTIONS = 100
NUMBERS = ("bought_within", "bought_at_least", "not_within", "min_orders", "max_orders")
NO_NUMBER = Words("Write a whole number, 1 or more.")


def ask(session: Session, front: Front, click: Click) -> Callable[[str], Block]:
    """The form of what a result leads to: a rule to be changed, else a brief."""
    front.house.policy(click.workspace).demand(click.user, "ask")
    draft = draft_of(session, click.viewer, click.ref)
    lead = next_steps.lead_of(draft, click.ref)
    if lead.skill != "targeting" or "rule" not in lead.form:
        return next_steps.ask(session, front, click)
    return lambda language: rule_form(language, lead, draft.facts, click.ref.packed())


def rule_form(language: str, lead: Lead, facts: Evidence, metadata: str = "") -> Block:
    """The rule's fields, as they are. Products stand by their names, one a line."""
    rule = Rule.model_validate_json(lead.form["rule"])
    titles = _titles(facts)
    categories = dict.fromkeys([*_categories(facts), *rule.bought_categories])
    bought = [*rule.bought_named, *(titles.get(key, key) for key in rule.bought)]
    without = [titles.get(key, key) for key in rule.not_bought]
    without += [name for name in rule.not_bought_categories if name not in without]
    purposes = {key: words.to(language) for key, words in REACHED.items()}
    groups = {key: words.to(language) for key, words in SEGMENTS.items()}
    blocks = [
        _one("purpose", Words("Who may be written to"), purposes, rule.purpose, language),
        _several("segments", Words("In one of these groups"), groups, rule.segments, language),
        *_of_categories(categories, rule, language),
        _lines("bought", Words("Bought one of these products"), bought, language),
        _number("bought_at_least", Words("How many of them, at least"), rule, language),
        _number("bought_within", Words("Bought within (days)"), rule, language),
        _lines("not_bought", Words("Did not buy these"), without, language),
        _number("not_within", Words("Not bought for (days)"), rule, language),
        _number("min_orders", Words("Orders, at least"), rule, language),
        _number("max_orders", Words("Orders, at most"), rule, language),
        _lines("countries", Words("Ordered to these countries"), rule.countries, language),
        _lines("regions", Words("Ordered to these regions"), rule.regions, language),
        *_kept(rule, titles, language),
    ]
    title, send = Words("Edit the rule"), Words("Count again")
    return form(action_ids.RULE_FORM, title, send, blocks, metadata, language)


def read_rule(
    view: dict[str, Any], before: Rule, facts: Evidence, language: str
) -> tuple[Rule | None, dict[str, str]]:
    """The rule as filled in, or what is wrong with which field. Products typed anew keep the words
    they were typed in: the library looks them up."""
    keys = {title: key for key, title in _titles(facts).items()}
    numbers, errors = _numbers(view, language)
    if errors:
        return None, errors
    bought = _typed_lines(view, "bought")
    changed = {
        "purpose": chosen(view, "purpose") or before.purpose,
        "segments": tuple(ticked(view, "segments")),
        "bought_categories": (*ticked(view, "bought_categories"), *_unoffered(before)),
        "bought_named": tuple(line for line in bought if line in before.bought_named),
        "bought": tuple(keys.get(line, line) for line in bought if line not in before.bought_named),
        "not_bought": tuple(keys.get(line, line) for line in _typed_lines(view, "not_bought")),
        "not_bought_categories": (),  # they are among the lines of what was not bought
        "countries": tuple(_typed_lines(view, "countries")),
        "regions": tuple(_typed_lines(view, "regions")),
        **numbers,
    }
    try:
        rule = Rule.model_validate(before.model_dump() | changed)
    except ValidationError as error:
        field, why = _refused(error)
        return None, {field if field in changed else "purpose": why.to(language)}
    if rule.impossible:
        field, why = rule.impossible
        return None, {field: why.to(language)}
    return rule, {}


def _unoffered(rule: Rule) -> list[str]:
    """The categories whose names no menu can hold: they stay in the rule."""
    return [name for name in rule.bought_categories if size(name) > OPTION_VALUE]


def _refused(error: ValidationError) -> tuple[str, Words]:
    """The first field that can't be so, and what it may be."""
    first = error.errors()[0]
    limits = first.get("ctx") or {}
    if "le" in limits:
        why = Words("Write {n} or less.", n=limits["le"])
    elif "ge" in limits:
        why = Words("Write {n} or more.", n=limits["ge"])
    else:
        why = Words("This can't be a rule: look at this field again.")
    return str(first["loc"][0]), why


async def ruled(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """A changed rule, as a new wish: that one audience, counted."""
    language = await front.language(sent.workspace, sent.user)
    errors = await front.run(_accepted, front, sent, language)
    if errors:
        return await ack(response_action="errors", errors=errors)
    return await ack()


def _accepted(session: Session, front: Front, sent: Sent, language: str) -> dict[str, str]:
    front.house.policy(sent.workspace).demand(sent.user, "ask")
    draft = draft_of(session, sent.viewer, sent.ref)
    lead = next_steps.lead_of(draft, sent.ref)
    before = Rule.model_validate_json(lead.form["rule"])
    rule, errors = read_rule(sent.view, before, draft.facts, language)
    if rule is None:
        return errors
    place, private = next_steps.place_of(session, draft, sent.viewer, sent.back)
    wish = Wish(
        id=task_id(sent.workspace, "rule", str(sent.view["id"])),
        workspace=sent.workspace,
        author=sent.user,
        words=lead.words,
        place=place,
        locale=front.people.known(sent.workspace, sent.user),
        private=private,
        form={**next_steps.form_of(draft, lead), "rule": rule.stored, "language": draft.language},
    )
    Task.accept(session, front.house.enqueue, wish, front.house.now())
    return {}


def _titles(facts: Evidence) -> dict[str, str]:
    """What the products in the rules are called, by key."""
    return {f.about: str(f.value) for f in facts.of("audiences") if f.id.split(".")[1] == "things"}


def _categories(facts: Evidence) -> list[str]:
    found = (fact for fact in facts.of("audiences") if fact.id.split(".")[1] == "category")
    return [str(fact.value) for fact in found]


def _of_categories(names_: dict[str, None], rule: Rule, language: str) -> list[Block]:
    if not names_:
        return []
    options = {name: name for name in names_}
    label = Words("Bought of one of these categories")
    return [_several("bought_categories", label, options, rule.bought_categories, language)]


def _kept(rule: Rule, titles: dict[str, str], language: str) -> list[Block]:
    """What the form has no field for stays in the rule, and is said."""
    held = ("like_product", "like_category", "min_spend", "last_from", "last_until")
    rest = Rule(**{name: getattr(rule, name) for name in held})
    if rest == Rule():
        return []
    return [context(told(Words("And as before: {rule}", rule=rest.asks(titles)), language))]


def _one(id: str, label: Words, options: dict[str, str], value: str, language: str) -> Block:
    shown = {key: option(text, key) for key, text in options.items()}
    menu: Block = {"type": "static_select", "action_id": id, "options": list(shown.values())}
    menu["initial_option"] = shown[value]
    return {"type": "input", "block_id": id, "label": _label(label, language), "element": menu}


def _several(
    id: str, label: Words, options: dict[str, str], values: Sequence[str], language: str
) -> Block:
    shown = {key: option(text, key) for key, text in list(options.items())[:MOST_OPTIONS]}
    menu: Block = {"type": "multi_static_select", "action_id": id, "options": [*shown.values()]}
    if picked := [shown[value] for value in values if value in shown]:
        menu["initial_options"] = picked
    block: Block = {"type": "input", "block_id": id, "optional": True, "element": menu}
    return block | {"label": _label(label, language)}


def _lines(id: str, label: Words, values: Sequence[str], language: str) -> Block:
    block = typed(id, label, language, "\n".join(values), multiline=True, optional=True)
    block["hint"] = plain(Words("One a line").to(language), HINT)
    return block


def _number(id: str, label: Words, rule: Rule, language: str) -> Block:
    value = getattr(rule, id)
    return typed(id, label, language, "" if value is None else str(value), optional=True)


def _label(label: Words, language: str) -> Block:
    return plain(label.to(language), LABEL)


def _typed_lines(view: dict[str, Any], id: str) -> list[str]:
    lines = (line.strip() for line in typed_in(view, id).splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def _numbers(view: dict[str, Any], language: str) -> tuple[dict[str, int | None], dict[str, str]]:
    found: dict[str, int | None] = {}
    errors = {}
    for id in NUMBERS:
        text = typed_in(view, id)
        if text and not (text.isascii() and text.isdigit() and int(text) > 0):
            errors[id] = NO_NUMBER.to(language)
        found[id] = int(text) if text and id not in errors else None
    return found, errors
