"""All that a handler may touch: look up facts, write, ask.

`write` is the only try–check–try-again loop. Personal data becomes placeholders before the
writer sees anything, and comes back here.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel

from bot.agent.prompts import fill_prompt
from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.charts import ChartPicture
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.library import Library, ProductMatch
from bot.core.parts import File
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import list_speakers
from bot.core.writer import LlmCall, Writer, WriteRequest
from bot.i18n.messages import Money, Words
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words
from bot.rules.kept import Kept
from bot.text.escape import strip_hidden_deep

# What an AI's words for an analysis cost when none of its tries could go out.

CENT = Decimal("0.01")


def build_rewrite_check(costs: Sequence[Decimal | None], parts: Sequence[str] = ()) -> Check:
    """The finding on a draft that rules put together instead, or on those of its parts, by their
    titles: how many tries there were, and what they cost, as far as the prices are known."""
    known = [cost for cost in costs if cost is not None]
    tries = Words.count("{n} try", "{n} tries", len(costs))
    if known:
        spent = Words("{first}, {rest}", first=tries, rest=_format_cost(sum(known, Decimal(0))))
    else:
        spent = tries
    if parts:
        words = Words(
            "By rules, as the AI's words held what no fact bears out: {parts}. "
            "The rest is the AI's ({spent}).",
            parts=_join_titles(parts),
            spent=spent,
        )
    else:
        words = Words(
            "The AI's words held what no fact bears out, so these are by rules. Not kept: {spent}.",
            spent=spent,
        )
    return Check(rule="rewriting", level="warn", words=words)


def _join_titles(titles: Sequence[str]) -> Words:
    """Titles of parts, as the card has them."""
    first, *rest = titles
    title = Words("“{quote}”", quote=Words(first))
    return Words("{first}, {rest}", first=title, rest=_join_titles(rest)) if rest else title


def _format_cost(usd: Decimal) -> Money | Words:
    if usd < CENT:
        return Words("less than {amount}", amount=Money(amount=CENT, currency="USD"))
    return Money(amount=usd, currency="USD")


MAX_CORRECTIONS = 2
PRODUCT_NAME_LABELS = (
    "name",
    "vendor",
    "type",
    "colours",
)  # of what a product tells, what it is called
PERSON_PLACEHOLDER = re.compile(r"Person \d+")  # no name, but what stands for one
T = TypeVar("T", bound=BaseModel)


async def deny_right(_right: str) -> bool:
    """Nobody has any right that is not given."""
    return False


class SkillContext:
    def __init__(
        self,
        request: SkillRequest,
        *,
        brand: Brand,
        channel: Channel | None,
        library: Library,
        writer: Writer,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None] = lambda _: None,
        stated: Sequence[Fact] = (),
        today: date | None = None,
        may: Callable[[str], Awaitable[bool]] = deny_right,
    ):
        self.request, self.brand, self.channel, self._today = request, brand, channel, today
        self.evidence = Evidence(facts=tuple(stated))
        self._looked_up: tuple[Fact, ...] = ()
        self.pictures: dict[str, bytes] = {}  # by SHA-256
        self._library, self._writer, self._may = library, writer, may
        self._receipt, self._grow = receipt, grow
        self.notes: tuple[Check, ...] = ()  # findings on how it was written

    async def look_up(
        self, *kinds: str, of: SkillRequest | None = None, anew: bool = False
    ) -> Evidence:
        """Facts of these kinds, added to the evidence at hand. Unknown kinds give nothing. `of` is
        for a wider question than the request's own: without its days, say. `anew`: what was said
        of these kinds before was asked otherwise, and goes."""
        if anew:
            kept = tuple(f for f in self.evidence.facts if f.parts.kind not in kinds)
            self.evidence = Evidence(facts=kept)
        for kind in kinds:
            more = strip_hidden_deep(await self._library.look_up(kind, of or self.request))
            self.evidence = self.evidence.plus(more)
        return self.evidence

    def keep(self, *facts: Fact | None) -> None:
        """Of all that was looked up, only these stand behind the draft, besides what was stated
        and what can't be told. The others are neither sent to a writer nor stored."""
        kept = {fact.id: fact for fact in facts if fact is not None}  # as they were told
        self._looked_up = self.evidence.facts
        self.evidence = Evidence(
            facts=tuple(
                kept.get(f.id, f)
                for f in self.evidence.facts
                if f.id in kept or f.stated_by or f.parts.subject in ("cannot", "age")
            )
        )

    async def may(self, right: str) -> bool:
        """Whether whoever asks has this right."""
        return await self._may(right)

    @property
    def by_rules(self) -> bool:
        """Whether no AI writes here."""
        return self._writer.by_rules

    async def find(self, words: str) -> Sequence[ProductMatch]:
        """The products that words may mean, the likeliest first."""
        return await self._library.find(words)

    def ask(self, words: Words, *options: str) -> Question:
        """A question back to the person; a handler returns it instead of an Output."""
        return Question(words=words, options=options)

    async def draw(self, picture: ChartPicture) -> File:
        """A picture of facts as a part. Its title says the finding; the writer never draws."""
        from bot.data.charts import render_png

        drawn = await asyncio.to_thread(render_png, picture)
        sha = hashlib.sha256(drawn).hexdigest()
        self.pictures[sha] = drawn
        return File(
            name=f"{self.request.skill}-{sha[:8]}.png", sha256=sha, alt=picture.alt, picture=True
        )

    async def write(
        self,
        output: type[T],
        *,
        check: Callable[[T], list[str]] | None = None,
        by_rules: T | None = None,
    ) -> T:
        """An Output in words. What `check` finds goes back to the writer, at most twice. An
        analysis brings its own words `by_rules`: an AI makes them better, rules leave them. What
        an AI makes up is found; and a part goes out by rules when its words still don't pass, or
        once it has not mended what it was told."""
        veil, costs = Pseudonymizer(self._own_words()), dict[str, Decimal | None]()
        assignment = self._assignment(veil, by_rules)
        kept = Kept(by_rules) if by_rules is not None and self.channel is None else None

        async def receipt(sent: LlmCall) -> None:
            costs[sent.call or str(len(costs))] = sent.usd  # told twice: the last counts
            await self._receipt(sent)

        for _ in range(MAX_CORRECTIONS + 1):
            written = await self._writer.write(assignment, output, receipt=receipt, grow=self._grow)
            found = check(veil.lift(written)) if check else []
            found = [*veil.draw(found), *await self._made_up(written, assignment)]
            if not found:
                return veil.lift(written)
            if kept:
                kept.note(veil.lift(written), found)
            if by_rules is not None and set(found) & set(assignment.corrections):
                break  # the same fault again: a third try would be paid for in vain
            assignment = assignment.model_copy(
                update={"corrections": tuple(found), "last": written.model_dump_json()}
            )
        if by_rules is None:
            return veil.lift(written)
        mixed = kept.output() if kept and kept.left else by_rules
        wrong = check(mixed) if check else []
        if wrong or await self._made_up(veil.draw(mixed), assignment):
            mixed = by_rules
        left = kept.left if kept and mixed is not by_rules else ()
        self.notes += (build_rewrite_check([*costs.values()], left),)
        return mixed

    async def _made_up(self, written: BaseModel, assignment: WriteRequest) -> list[str]:
        """What an AI added to an analysis that nothing bears out. All of it is still veiled."""
        if assignment.by_rules is None or written == assignment.by_rules:
            return []
        from bot.rules.proof.rewriting import faults

        return await asyncio.to_thread(
            faults,
            written,
            assignment.by_rules,
            assignment.evidence,
            more=assignment.besides,
            request=assignment.request,
            brand=self.brand,
            today=self._today,
        )

    def _own_words(self) -> frozenset[str]:
        """The words of the brand and of the products looked up: nobody's name."""
        named = [self.brand.name, self.brand.sender or "", *self.brand.use]
        for fact in (*self.evidence.facts, *self._looked_up):
            if fact.id.startswith("product."):
                named += [fact.about, fact.parts.subject]
                named += [str(fact.value)] if fact.label in PRODUCT_NAME_LABELS else []
        return build_own_words(named)

    def _besides(self) -> list[Fact]:
        """What else was looked up of the subjects that the draft stands on."""
        subjects = {fact.id.rpartition(".")[0] for fact in self.evidence.facts}
        return [fact for fact in self._looked_up if fact.id.rpartition(".")[0] in subjects]

    def _assignment(self, veil: Pseudonymizer, by_rules: BaseModel | None) -> WriteRequest:
        veil.know(
            who
            for who in list_speakers(self.request.brief.material)
            if not PERSON_PLACEHOLDER.fullmatch(who)
        )
        request, evidence = veil.draw(self.request), veil.draw(self.evidence)
        composed = veil.draw(by_rules) if by_rules is not None else None
        gaps = {
            "brief": request.brief.as_prompt(),
            "facts": evidence.as_prompt() or "none",
            "channel": self.channel.as_prompt(request.language) if self.channel else "none",
            "language": {"en": "English", "fr": "French"}[request.language],
            "material": request.brief.material or "none",
            "reason": request.reason or "none",
            "previous": request.previous or "none",
            "composed": composed.model_dump_json(indent=1) if composed is not None else "none",
        }
        return WriteRequest(
            skill=request.skill,
            request=request,
            evidence=evidence,
            brand=self.brand,
            channel=self.channel,
            system=fill_prompt("system", {"brand": self.brand.as_prompt()}),
            prompt=fill_prompt(request.skill, gaps),
            by_rules=composed,
            besides=veil.draw(tuple(self._besides())) if by_rules is not None else (),
        )
