"""What is known of a request while it is worked on: its brand and channel, the facts that were
looked up, and what tools found. `bot.agent.context.SkillContext` adds what writes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, cast

from bot.agent.claim_check import ClaimChecker
from bot.agent.llm.turn import NextCall, TurnModel
from bot.agent.loop import AgentOptions, EarlierWork, WritingVersion
from bot.agent.tool import FoundThings, Tool
from bot.config.brand import Brand
from bot.core.brand_facts import SAID, list_brand_facts
from bot.core.channels import Channel
from bot.core.checks import Check
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook, list_told
from bot.core.facts import Evidence, Fact
from bot.core.library import Library, ProductMatch
from bot.core.parts import Hook, Part
from bot.core.request import SkillRequest
from bot.core.writer import ReceiptWriter, Writer
from bot.drafts.occasions import set_occasion_days
from bot.grounding.copy_checks import check_draft
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words
from bot.text.escape import strip_hidden_deep

if TYPE_CHECKING:
    from bot.data.service import WorkspaceData


async def deny_right(_right: str) -> bool:
    """Deny every right: the default when the caller passes no check."""
    return False


class RequestState:
    def __init__(
        self,
        request: SkillRequest,
        *,
        brand: Brand,
        channel: Channel | None,
        library: Library,
        writer: Writer,
        receipt: ReceiptWriter,
        today: date,
        stated: Sequence[Fact] = (),
        may: Callable[[str], Awaitable[bool]] = deny_right,
        agent: AgentOptions | None = None,
        tools: Mapping[str, Tool] | None = None,
    ):
        """`tools` are the tools that handlers can name; None: those of `bot.agent.tools`."""
        self.request, self.brand, self.channel, self.today = request, brand, channel, today
        self._agent, self._found = agent or AgentOptions(), FoundThings(FactBook())
        self._stated = Evidence(facts=tuple(stated))
        self.evidence = self._stated
        self._library, self._writer, self._may = library, writer, may
        self._receipt = receipt
        model = None if writer.by_rules else cast(TurnModel, writer)
        self.claim_checker = ClaimChecker(model, receipt, self._agent.turns, self._agent.claims)
        self.open_calls: tuple[NextCall, ...] = ()  # of tools, which the answer's figures ask for
        self.notes: tuple[Check, ...] = ()  # findings on how the draft was written
        self._tools, self._veil, self._writes = tools, Pseudonymizer(), 0
        self.version = WritingVersion()
        self.pictures: dict[str, bytes] = {}  # by SHA-256
        self.may_tell_all = False  # whether a sentence may hold figures that no fact is cited for

    async def look_up(
        self, *kinds: str, request: SkillRequest | None = None, replace: bool = False
    ) -> Evidence:
        """Add the facts of these kinds to the evidence. Unknown kinds add nothing.

        `request` replaces the context's own request, for example one without a period. `replace`
        first removes the facts of these kinds that an earlier look-up added."""
        if replace:
            other_facts = tuple(f for f in self.evidence.facts if f.parts.kind not in kinds)
            self.evidence = Evidence(facts=other_facts)
        for kind in kinds:
            asked = request or self.request
            if kind == "past_copy" and self.today:
                dated = set_occasion_days(asked.brief, self.today)
                asked = asked.model_copy(update={"brief": dated})
            found = strip_hidden_deep(await self._library.look_up(kind, asked))
            self.evidence = self.evidence.plus(found)
        return self.evidence

    def start_again(self, request: SkillRequest) -> None:
        """Take another request, without what was looked up and noted for the one before."""
        self.request, self.evidence, self.notes = request, self._stated, ()

    def keep_facts(self, *facts: Fact | None) -> None:
        """Reduce the evidence to these facts, the facts that people stated, and the facts that say
        what the data cannot answer. The others are neither sent to a writer nor stored."""
        # A handler may pass a changed copy of a fact.
        facts_by_id = {fact.id: fact for fact in facts if fact is not None}
        self.evidence = Evidence(
            facts=tuple(
                facts_by_id.get(f.id, f)
                for f in self.evidence.facts
                if f.id in facts_by_id or f.stated_by or f.parts.subject in ("cannot", "age")
            )
        )

    async def may(self, right: str) -> bool:
        """Whether the person who asks has this right."""
        return await self._may(right)

    @property
    def by_rules(self) -> bool:
        """Whether the text is written by rules, without a language model."""
        return self._writer.by_rules

    @property
    def book(self) -> FactBook:
        """The facts that were found while writing with tools, by name."""
        return self._found.book

    def list_told(self, parts: Sequence[Part]) -> frozenset[str] | None:
        """Return the ids of the facts that these parts and the evidence tell something of; None
        where that may be any."""
        if self.may_tell_all:
            return None
        ids = [fact.id for fact in self.evidence.facts]
        ids += [id for part in parts for id in part.facts]
        return list_told(ids, (*self.book.facts, *self.evidence.facts))

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """The tables and charts that tools computed."""
        return tuple(self._found.exhibits)

    @property
    def read_as(self) -> tuple[str, ...]:
        """How the tools read their calls, for the card."""
        return tuple(dict.fromkeys(self._found.read_as))

    @property
    def tool_notes(self) -> tuple[str, ...]:
        """What the tools said besides facts, each sentence once."""
        return tuple(dict.fromkeys(self._found.notes))

    @property
    def earlier(self) -> EarlierWork:
        """What a text continues: the report that it starts from, or the draft before it."""
        return self._agent.earlier

    @property
    def data(self) -> "WorkspaceData":
        """The workspace's data, for reports by code."""
        return cast("WorkspaceData", self._library)

    @property
    def person(self) -> str:
        """The person who asks."""
        return self._agent.person or self.request.brief.author

    @property
    def is_private(self) -> bool:
        """Whether the asker alone sees the answer."""
        private = self._agent.is_private
        return self.request.brief.private if private is None else private

    async def find_products(self, words: str) -> Sequence[ProductMatch]:
        """Return the products that `words` may mean, best match first."""
        return await self._library.find(words)

    def add_brand_facts(self) -> None:
        """Add what the team says about the brand, which copy may cite."""
        found = (one for one in list_brand_facts(self.brand) if one.id.startswith(SAID))
        dated = (fact.model_copy(update={"as_of": self.today}) for fact in found)
        self.evidence = self.evidence.plus(dated)

    def check_copy(
        self,
        parts: Sequence[Part],
        hooks: Sequence[Hook],
        evidence: Evidence,
        request: SkillRequest | None = None,
    ) -> tuple[Check, ...]:
        """Return the findings of code on copy for the request, or for another one."""
        return check_draft(
            parts,
            hooks,
            evidence,
            request=request or self.request,
            brand=self.brand,
            channel=self.channel,
            today=self.today,
        )

    async def list_own_words(self) -> frozenset[str]:
        """Words of the brand and of the catalogue, which are not names of persons."""
        names = [self.brand.name, self.brand.sender or "", *self.brand.use]
        return build_own_words([*names, *await self._library.list_names()])
