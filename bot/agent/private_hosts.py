"""Whether a host is on this machine or in a private network: nobody bills what answers there."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import TryAgain
from bot.i18n.messages import Words

# Source: RFC 1122, 1918, 3927, 4193 and 4291. What carriers share (100.64/10) may be anybody's.
PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]  # a host's addresses; raises OSError


async def addresses_of(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def host_in(to: str) -> str:
    """The host of `host:port`; an IPv6 address may stand in brackets or bare."""
    return to.rpartition(":")[0].strip("[]").rstrip(".").lower()


async def is_private(host: str, resolve: Resolve = addresses_of) -> bool:
    """Whether all addresses of this host are private. Raises TryAgain when it has none now."""
    try:
        found = await resolve(host)
    except (OSError, UnicodeError):
        found = []
    if not found:
        words = Words("The AI's address {host} can't be found in the network.", host=host)
        raise TryAgain("the AI's host has no address", words=words)
    return all(_private(address) for address in found)


def _private(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(known, "ipv4_mapped", None) or known
    return any(plain in network for network in PRIVATE if network.version == plain.version)
