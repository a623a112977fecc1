"""What the caller of a skill passes on to it, and what a text was written with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.agent.claim_check import ON as CLAIMS_ON
from bot.agent.loop import LoopLimits, ignore_step, measure_nothing
from bot.agent.tool import DeliveryPort, DigestPort, LabelPort, ThreadPort
from bot.agent.turns import NoTurnLog, TurnLog
from bot.core.facts import Fact
from bot.i18n.messages import Words


@dataclass(frozen=True)
class EarlierWork:
    """What a text continues: the report that it starts from, in words, and the facts that the
    report or the draft before it stands on."""

    report: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class AgentOptions:
    """What the caller of a skill passes on to the loop. `call` names the piece among those of its
    task. `person` and `is_private` say who asks, and whether they alone see the answer; None: as
    the brief says. `claims` is the policy's setting for the second look at the answer.
    `conversation` is the thread before the request, both sides of it."""

    turns: TurnLog = field(default_factory=NoTurnLog)
    call: str = "0"
    limits: LoopLimits = field(default_factory=LoopLimits)
    cap_used: Callable[[], Awaitable[float]] = measure_nothing
    on_step: Callable[[Words], None] = ignore_step
    person: str | None = None
    is_private: bool | None = None
    claims: str = CLAIMS_ON
    thread: ThreadPort | None = None
    deliveries: DeliveryPort | None = None
    digests: DigestPort | None = None
    labels: LabelPort | None = None
    conversation: str = ""
    earlier: EarlierWork = field(default_factory=EarlierWork)


@dataclass(frozen=True)
class WritingVersion:
    """What a text was written with: the model, and the versions of its prompt and its tools."""

    model: str | None = None
    prompt_hash: str | None = None
    tools_hash: str | None = None
