"""What may be spent: every call to a writer is reserved here before its bytes leave.

Its receipt and the most that it may cost are one row, committed in one transaction under the
workspace's lock. When the call ends, its true cost takes the place of the reservation; where no
end is known, the reservation stays for 24 hours. So the sum of all true costs does not exceed the
limit, whatever runs at once or dies.
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
from bot.audit.receipt import Receipt, SpendingUsage
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.core.model_prices import FREE_PRICE, TokenPrice, TokenUsage, find_price
from bot.core.writer import BUDGET_RESERVED, LlmCall
from bot.db.session import Database
from bot.errors import SpendingBusy, SpendingRefused, TryAgain
from bot.i18n.messages import Money, Words
from bot.tasks.models import Task

# Whether a host is on this machine or in a private network: nobody bills what answers there.

# Source: RFC 1122, 1918, 3927, 4193 and 4291. What carriers share (100.64/10) may be anybody's.
PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)

AddressResolver = Callable[[str], Awaitable[Sequence[str]]]  # a host's addresses; raises OSError


async def resolve_addresses(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def strip_port(to: str) -> str:
    """The host of `host:port`; an IPv6 address may stand in brackets or bare."""
    return to.rpartition(":")[0].strip("[]").rstrip(".").lower()


async def is_private(host: str, resolve: AddressResolver = resolve_addresses) -> bool:
    """Whether all addresses of this host are private. Raises TryAgain when it has none now."""
    try:
        found = await resolve(host)
    except (OSError, UnicodeError):
        found = []
    if not found:
        words = Words("The AI's address {host} can't be found in the network.", host=host)
        raise TryAgain("the AI's host has no address", words=words)
    return all(_is_private_address(address) for address in found)


def _is_private_address(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(known, "ipv4_mapped", None) or known
    return any(plain in network for network in PRIVATE_NETWORKS if network.version == plain.version)


MAX_WAIT_SECONDS = 60.0  # seconds that a call waits for what others have reserved
FIRST_PAUSE, MAX_PAUSE = 0.1, 2.0  # seconds between two looks, at first and at most


@dataclass(frozen=True)
class Payer:
    """Whom a call counts to. `person`: besides the workspace, when somebody typed it."""

    workspace: str
    task: str
    person: str | None = None


@dataclass(frozen=True)
class SpendingCap:
    """The one way to a receipt of a call. `resolve` finds a host's addresses."""

    database: Database
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    patience: float = MAX_WAIT_SECONDS
    resolve: AddressResolver = resolve_addresses

    async def receipt(self, payer: Payer, sent: LlmCall) -> None:
        """Write down what is about to leave, or how it ended.

        Before a call it waits while only reservations are in the way. Raises SpendingRefused when
        it costs too much or its price is not known, SpendingBusy when it has waited for long.
        """
        price = await self._price(payer.workspace, sent)
        clock = asyncio.get_running_loop().time
        until, pause = clock() + self.patience, FIRST_PAUSE
        while not await self.database.run(self._keep, payer, sent, price):
            if clock() + pause >= until:
                raise SpendingBusy(
                    "what may be spent is reserved", words=BUDGET_RESERVED, after=pause
                )
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(MAX_PAUSE, pause * 1.5)

    async def demand(self, payer: Payer, model: str) -> None:
        """Raises SpendingRefused when the limit is reached already, so that no work is begun. A
        model whose price is not known may be free; its calls are looked at one by one."""
        await self.database.run(self._demand, payer, model)

    def _demand(self, session: Session, payer: Payer, model: str) -> None:
        price = self._named_price(payer.workspace, model)
        for limit, used, refusal in self._limits(session, payer):
            if limit == 0 or (price not in (None, FREE_PRICE) and used.spent >= limit):
                raise refusal

    def _keep(
        self, session: Session, payer: Payer, sent: LlmCall, price: TokenPrice | None
    ) -> bool:
        """False while only reservations are in the way."""
        if not sent.sent or Receipt.find_begun(session, payer.task, sent.call):
            self._store(session, payer, self._with_cost(payer, sent, price))
            return True
        most = (
            sent.usd
            if price is None
            else max(price.compute_max_cost(sent.sent), sent.usd or Decimal(0))
        )
        if most is None:
            raise SpendingRefused(explain_unknown_price(sent.writer))
        journal.lock_head(session, payer.workspace)
        waits = False
        for limit, used, refusal in self._limits(session, payer):
            if limit == 0 or used.spent + most > limit:
                raise refusal
            waits |= used.spent + used.reserved + most > limit
        if not waits:
            self._store(session, payer, sent, reserved=None if sent.usd is not None else most)
        return not waits

    def _store(
        self, session: Session, payer: Payer, sent: LlmCall, reserved: Decimal | None = None
    ) -> None:
        Receipt.record(
            session, workspace=payer.workspace, task=payer.task, sent=sent, reserved=reserved
        )

    def _limits(
        self, session: Session, payer: Payer
    ) -> Iterator[tuple[Decimal, SpendingUsage, SpendingRefused]]:
        """Each limit that counts here, what is used of it, and what to say when it is reached."""
        policy, now = self.policy(payer.workspace), self.now()
        whole = policy.spend.usd_a_day
        yield (
            whole,
            Receipt.compute_usage(session, payer.workspace, now),
            SpendingRefused(_explain_cap(whole)),
        )
        own = policy.fairness.usd_a_day_per_person
        if payer.person is not None and own is not None:
            theirs = Task.ids_of_person(payer.workspace, payer.person)
            used = Receipt.compute_usage(session, payer.workspace, now, theirs)
            yield own, used, SpendingRefused(_explain_personal_cap(own))

    def _named_price(self, workspace: str, model: str) -> TokenPrice | None:
        """What the policy says of this model, else what is known of it."""
        said = self.policy(workspace).spend.prices.get(model)
        return TokenPrice(**said.model_dump()) if said else find_price(model)

    async def _price(self, workspace: str, sent: LlmCall) -> TokenPrice | None:
        """The price of this call; None when nobody knows it. On this machine and in a private
        network a model without a price is free. Raises TryAgain."""
        price = self._named_price(workspace, sent.writer)
        if price is None and sent.to and sent.usd is None:
            price = FREE_PRICE if await is_private(strip_port(sent.to), self.resolve) else None
        return price

    def _with_cost(self, payer: Payer, sent: LlmCall, price: TokenPrice | None) -> LlmCall:
        """How a call ended, at the price of the policy or the place; as the writer counted it
        where it knew the price itself."""
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
    """What to do for a model of which nobody knows the price."""
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


def _explain_personal_cap(limit: Decimal) -> Words:
    return Words(
        "Your share of the spending limit for the AI is used up: {limit} in 24 hours. "
        "An administrator can raise it in policy.toml.",
        limit=Money(amount=limit, currency="USD"),
    )


# Whether it is known what each configured model costs: without a price none is called.


def find_unpriced_models(settings: Settings, policy: Policy) -> list[str]:
    """A sentence for each model that would not be called."""
    if settings.writer != "claude":
        return []
    models = [name for name in (settings.model, settings.fallback_model) if name]
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
