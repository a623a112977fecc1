"""Check a text that somebody wrote: what is in the data, what is not, brand and law."""

import re

from bot.agent.claim_check import list_sentences
from bot.agent.request_state import RequestState
from bot.core.channels import Channel
from bot.core.checks import Check, sort_checks
from bot.core.facts import PRODUCT_KINDS, Evidence
from bot.core.parts import Copy, Part
from bot.core.request import SkillRequest
from bot.errors import CannotDo
from bot.grounding.copy_checks import list_faults
from bot.grounding.figure_checks import list_unproven
from bot.grounding.sources import Sources, list_text_parts
from bot.text.normalize import normalize_text

MAX_FIRST_LINE, MAX_BUTTON = 90, 30  # characters of a subject or title, and of a call to action
LABEL = re.compile(r"^(?:subject|objet|title|titre|preheader|pr[ée]header) ?: *", re.IGNORECASE)


async def check_text(ctx: RequestState, text: str) -> tuple[Check, ...]:
    """Return the findings on a text by code and by the second call, the gravest first. Nothing in
    it is taken as stated: each figure is in the data or is not."""
    parts = split_text(text, ctx.channel)
    sentences = list_sentences(list_text_parts(parts))
    ctx.add_brand_facts()
    evidence, request = _drop_statements(ctx)
    sources = Sources(evidence, request.brief, ctx.brand)
    claims = await ctx.claim_checker.check(
        sentences,
        evidence,
        request,
        call="check.claims",
        own_words=await ctx.list_own_words(),
        figures=list_unproven(list_text_parts(parts), sources, today=ctx.today),
    )
    ctx.evidence = ctx.evidence.plus(claims.proofs)
    return sort_checks((*_check_by_code(ctx, text), *claims.build_checks(sentences, ctx.evidence)))


async def look_up_product(ctx: RequestState, text: str, product: str) -> None:
    """Look up the facts of the product that a text names by its title, or that was named. Raises
    CannotDo when a named product is none of the catalogue's."""
    if ctx.request.brief.product is None and (product or text):
        found = await ctx.find_products(product or text)
        low = normalize_text(text)
        named = found[:1] if product else [h for h in found if normalize_text(h.title) in low]
        if product and not found:
            raise CannotDo("No product of the catalogue is called {name}.", name=product)
        if len(named) == 1:
            known = {"product": named[0].handle, "product_words": named[0].title}
            brief = ctx.request.brief.model_copy(update=known)
            ctx.request = ctx.request.model_copy(update={"brief": brief})
    if ctx.request.brief.product:
        await ctx.look_up(*PRODUCT_KINDS)


def find_text_faults(ctx: RequestState, text: str) -> list[str]:
    """List what code would block or mark in a text, as sentences for the writer."""
    return list_faults(_check_by_code(ctx, text))


def _check_by_code(ctx: RequestState, text: str) -> tuple[Check, ...]:
    return ctx.check_copy(split_text(text, ctx.channel), (), *_drop_statements(ctx))


def _drop_statements(ctx: RequestState) -> tuple[Evidence, SkillRequest]:
    """Return the evidence and the request without what the text itself states."""
    facts = tuple(fact for fact in ctx.evidence.facts if fact.stated_by is None)
    brief = ctx.request.brief.model_copy(update={"words": "", "offer": None, "must_say": ()})
    return Evidence(facts=facts), ctx.request.model_copy(update={"brief": brief})


def split_text(text: str, channel: Channel | None) -> tuple[Part, ...]:
    """Split a text into the parts of its channel: a short first line is the subject or the title, a
    short last line the call to action."""
    lines = [LABEL.sub("", line.strip()) for line in text.strip().splitlines()]
    keys = [*channel.parts] if channel else ["text"]
    texts = dict.fromkeys(keys, "")
    first, last = keys[0], keys[-1]
    if len(keys) > 1 and len(lines) > 1 and len(lines[0]) <= MAX_FIRST_LINE:
        texts[first] = lines.pop(0)
    if last == "call_to_action" and len(lines) > 1 and len(lines[-1]) <= MAX_BUTTON:
        texts[last] = lines.pop()
    main = next((key for key in ("body", "description", "text") if key in texts), last)
    texts[main] = "\n".join(lines).strip()
    titles = {key: channel.parts[key].title for key in keys} if channel else {"text": "Text"}
    return tuple(
        Part(kind="copy", key=key, title=titles[key], body=Copy(text=value))
        for key, value in texts.items()
    )


def find_own_text(words: str) -> str:
    """Return the text to check in a message: what stands behind a question or a colon in its first
    line, or all of it."""
    first, separator, rest = words.strip().partition("\n")
    if separator and first.rstrip().endswith(("?", ":")):
        return rest.strip()
    asked = re.match(r"[^.!?:\n]{1,60}[?:] *(?=\S)", words.strip())
    return words.strip()[asked.end() :].strip() if asked else words.strip()
