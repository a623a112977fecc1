"""The spending limit: every call to a language model is reserved here before it is sent.

The receipt of a call and the most that it may cost are one row, committed in one transaction under
the workspace's lock. When the call ends, its true cost replaces the reservation. When no end is
known, the reservation stays for 24 hours. So the sum of all true costs never exceeds the limit,
even when calls run in parallel or a process dies.
"""

import asyncio
import ipaddress
import random
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from bot.audit import journal
from bot.audit.receipt import Receipt, SpendingUsage, TaskUsage
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.core.model_prices import FREE_PRICE, TokenPrice, TokenUsage, find_price
from bot.core.writer import BUDGET_RESERVED, PENDING_END, LlmCall
from bot.db.session import Database
from bot.errors import SpendingBusy, SpendingRefused, TryAgain
from bot.i18n.messages import Money, Words
from bot.tasks.models import Task

# Models served on this machine or in a private network cost nothing.
# Source: RFC 1122, 1918, 3927, 4193 and 4291. The shared range of carriers (100.64/10) is not
# private: anybody may answer there.
PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)

AddressResolver = Callable[[str], Awaitable[Sequence[str]]]  # host → its addresses; raises OSError


async def resolve_addresses(host: str) -> list[str]:
    addresses = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in addresses]


def strip_port(to: str) -> str:
    """Return the host of `host:port`. An IPv6 address may be in brackets or not."""
    return to.rpartition(":")[0].strip("[]").rstrip(".").lower()


async def is_private(host: str, resolve: AddressResolver = resolve_addresses) -> bool:
    """Whether all addresses of this host are private. Raises TryAgain when it does not resolve."""
    try:
        addresses = await resolve(host)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        words = Words("The AI's address {host} can't be found in the network.", host=host)
        raise TryAgain("the AI's host has no address", words=words)
    return all(_is_private_address(address) for address in addresses)


def _is_private_address(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in PRIVATE_NETWORKS if network.version == plain.version)


MAX_WAIT_SECONDS = 60.0  # how long a call waits for reservations of other calls
FIRST_PAUSE, MAX_PAUSE = 0.1, 2.0  # seconds between two attempts, at first and at most


@dataclass(frozen=True)
class Payer:
    """The workspace that a call is charged to, and the person when somebody typed the request."""

    workspace: str
    task: str
    person: str | None = None


@dataclass(frozen=True)
class SpendingCap:
    """The limits of a workspace. Every receipt of a call is written here.

    `resolve` finds the addresses of a host."""

    database: Database
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    max_wait_seconds: float = MAX_WAIT_SECONDS
    resolve: AddressResolver = resolve_addresses

    async def reserve_or_settle(
        self, payer: Payer, sent: LlmCall, write: Callable[[Session], object] | None = None
    ) -> None:
        """Store the receipt of a call that is about to be sent, or that has ended, and have `write`
        store what belongs to it in the same transaction.

        Before a call, wait while only reservations of other calls fill the limit. Raises
        SpendingRefused when the call costs too much or its price is unknown, SpendingBusy when the
        wait exceeds `max_wait_seconds`.

        The receipt is on the disk before the call is sent. Its end is there with the answer, which
        is stored next: when a power cut undoes the end, the reservation stays.
        """
        price = await self._find_price(payer.workspace, sent)
        clock = asyncio.get_running_loop().time
        deadline, pause = clock() + self.max_wait_seconds, FIRST_PAUSE
        run = self.database.run if sent.ended == PENDING_END else self.database.run_unsynced
        while not await run(self._try_reserve_or_settle, payer, sent, price, write):
            if clock() + pause >= deadline:
                raise SpendingBusy(
                    "other calls have reserved the limit", words=BUDGET_RESERVED, after=pause
                )
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(MAX_PAUSE, pause * 1.5)

    async def build_settlement(self, payer: Payer, sent: LlmCall) -> Callable[[Session], object]:
        """Return what stores the end of a call in the transaction that stores its answer."""
        price = await self._find_price(payer.workspace, sent)
        return lambda session: self._try_reserve_or_settle(session, payer, sent, price)

    async def demand_budget(self, payer: Payer, model: str) -> None:
        """Raises SpendingRefused when the limit is already reached, before any work starts. A model
        without a known price may be free, so each of its calls is checked separately."""
        await self.database.read(self.check_budget, payer, model)

    def check_budget(self, session: Session, payer: Payer, model: str) -> None:
        price = self._find_named_price(payer.workspace, model)
        usage = Receipt.compute_usage(session, payer.workspace, self.now())
        for limit, used, reason in self._list_limits(session, payer, usage):
            if limit == 0 or (price not in (None, FREE_PRICE) and used.spent >= limit):
                raise SpendingRefused(reason)

    def _try_reserve_or_settle(
        self,
        session: Session,
        payer: Payer,
        sent: LlmCall,
        price: TokenPrice | None,
        write: Callable[[Session], object] | None = None,
    ) -> bool:
        """Store the receipt. False while reservations of other calls fill the limit."""
        if write is not None:
            write(session)
        known = None
        if sent.ended != PENDING_END:
            known = Receipt.find_begun(session, payer.task, sent.call)
        if known is not None:
            known.end(session, self._with_cost(payer, sent, price))
            return True
        if not sent.sent:
            self._begin(session, payer, self._with_cost(payer, sent, price))
            return True
        max_cost = (
            sent.usd
            if price is None
            else max(price.compute_max_cost(sent.sent), sent.usd or Decimal(0))
        )
        if max_cost is None:
            raise SpendingRefused(explain_unknown_price(sent.writer))
        journal.lock_head(session, payer.workspace)
        of_task, usage = Receipt.compute_usage_beside_task(
            session, payer.workspace, payer.task, self.now()
        )
        self._demand_task_budget(payer, of_task, max_cost)
        must_wait = False
        for limit, used, reason in self._list_limits(session, payer, usage):
            if limit == 0 or used.spent + max_cost > limit:
                raise SpendingRefused(reason)
            must_wait |= used.spent + used.reserved + max_cost > limit
        if not must_wait:
            self._begin(session, payer, sent, reserved=None if sent.usd is not None else max_cost)
        return not must_wait

    def _demand_task_budget(self, payer: Payer, used: TaskUsage, max_cost: Decimal) -> None:
        """Raises SpendingRefused when the task has used up its tokens, or when this call may cost
        more than what is left of its money."""
        spend = self.policy(payer.workspace).spend
        if used.tokens >= spend.tokens_a_task:
            raise SpendingRefused(_explain_task_tokens(spend.tokens_a_task))
        if used.usd + max_cost > spend.usd_a_task:
            raise SpendingRefused(_explain_task_cap(spend.usd_a_task))

    async def measure_task(self, payer: Payer) -> float:
        """Return the share that a task has used of its tokens or its money, whichever is more."""
        spend = self.policy(payer.workspace).spend
        used = await self.database.read(Receipt.compute_task_usage, payer.task)
        return max(float(used.usd / spend.usd_a_task), used.tokens / spend.tokens_a_task)

    def _begin(
        self, session: Session, payer: Payer, sent: LlmCall, reserved: Decimal | None = None
    ) -> None:
        Receipt.begin(
            session, workspace=payer.workspace, task=payer.task, sent=sent, reserved=reserved
        )

    def _list_limits(
        self, session: Session, payer: Payer, usage: SpendingUsage
    ) -> Iterator[tuple[Decimal, SpendingUsage, Words]]:
        """Yield each limit that applies, what is used of it, and the words for when it is
        reached. `usage` is the workspace's."""
        policy = self.policy(payer.workspace)
        workspace_limit = policy.spend.usd_a_day
        yield workspace_limit, usage, _explain_cap(workspace_limit)
        personal_limit = policy.fairness.usd_a_day_per_person
        if payer.person is not None and personal_limit is not None:
            task_ids = Task.ids_of_person(payer.workspace, payer.person)
            used = Receipt.compute_usage(session, payer.workspace, self.now(), task_ids)
            yield personal_limit, used, _explain_personal_cap(personal_limit)

    def _find_named_price(self, workspace: str, model: str) -> TokenPrice | None:
        """The price in the policy, else the list price of the model."""
        configured = self.policy(workspace).spend.prices.get(model)
        return TokenPrice(**configured.model_dump()) if configured else find_price(model)

    async def _find_price(self, workspace: str, sent: LlmCall) -> TokenPrice | None:
        """The price of this call, None when it is unknown. A model without a price is free on this
        machine and in a private network. Raises TryAgain when the host does not resolve."""
        price = self._find_named_price(workspace, sent.writer)
        if price is None and sent.to and sent.usd is None:
            price = FREE_PRICE if await is_private(strip_port(sent.to), self.resolve) else None
        return price

    def _with_cost(self, payer: Payer, sent: LlmCall, price: TokenPrice | None) -> LlmCall:
        """The receipt of an ended call with its cost: zero for a free host, else computed from a
        price in the policy, else as the writer computed it."""
        if price is FREE_PRICE and sent.sent:
            return sent.model_copy(update={"usd": Decimal(0), "exact": True})
        named = sent.writer in self.policy(payer.workspace).spend.prices
        if price is None or not named or not sent.tokens_in or sent.usd == 0:
            return sent
        fresh = sent.tokens_in - sent.tokens_cached - sent.tokens_written
        tokens = TokenUsage(
            max(0, fresh), sent.tokens_written, 0, sent.tokens_cached, sent.tokens_out
        )
        return sent.model_copy(update={"usd": price.compute_cost(tokens)})


def explain_unknown_price(model: str) -> Words:
    return Words(
        "Nobody has said what {model} costs, so it is not called. An administrator can set its "
        "price in policy.toml: {table}, with input and output in US dollars per million tokens.",
        model=model,
        table=f'[spend.prices."{model}"]',
    )


def _explain_cap(limit: Decimal) -> Words:
    return Words(
        "The spending limit for the AI is reached: {limit} in 24 hours. "
        "An administrator can raise it in policy.toml.",
        limit=Money(amount=limit, currency="USD"),
    )


def _explain_task_cap(limit: Decimal) -> Words:
    return Words(
        "This would cost more than one request may: {limit}. Ask for less at once. "
        "An administrator can raise it in policy.toml.",
        limit=Money(amount=limit, currency="USD"),
    )


def _explain_task_tokens(limit: int) -> Words:
    return Words(
        "This is more than the AI may read and write for one request: {n} tokens. Ask for less at "
        "once. An administrator can raise it in policy.toml.",
        n=limit,
    )


def _explain_personal_cap(limit: Decimal) -> Words:
    return Words(
        "Your share of the spending limit for the AI is used up: {limit} in 24 hours. "
        "An administrator can raise it in policy.toml.",
        limit=Money(amount=limit, currency="USD"),
    )


def find_unpriced_models(settings: Settings, policy: Policy) -> list[str]:
    """Return a sentence for each configured model that is never called because it has no price."""
    if settings.writer != "claude":
        return []
    names = (settings.model, settings.fallback_model, settings.small_model)
    models = [*dict.fromkeys(name for name in names if name)]
    unknown = [name for name in models if name not in policy.spend.prices and not find_price(name)]
    if not unknown:
        return []
    host = urlsplit(settings.anthropic_base_url or "").hostname
    try:
        if host and asyncio.run(is_private(host)):
            return []
    except TryAgain as away:
        return [away.words.to("en")] if away.words else []
    return [explain_unknown_price(name).to("en") for name in unknown]
