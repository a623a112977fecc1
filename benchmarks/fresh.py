"""How long until what came in by itself is in the intern's answer, with the clock as it is."""

import tempfile
import time
from pathlib import Path

from benchmarks.signed import SECRET
from benchmarks.table import Figure
from bot.playground.local_slack import LocalSlack
from tests.support.live_shop import ask, opened, orders, post
from tests.support.uploads import Shop
from tests.support.waiting import wait_until

PATIENCE = 300.0


async def fresh() -> list[Figure]:
    """Seconds from a signed POST, and from a file laid into the inbox, to an answer in Slack that
    counts their customers. The clock looks each minute; a file must have been at rest for 10 s."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        key = opened(home)
        async with LocalSlack(signing_secret=SECRET) as slack:
            shop = Shop(slack, home, SUPER_INTERN_LOG="ERROR")
            try:
                await shop.start()
                began = time.perf_counter()
                await post(shop, key, orders(300, 25))
                posted = await _answered(shop, 325, began)
                inbox = home / "inbox"
                inbox.mkdir(exist_ok=True)
                began = time.perf_counter()
                (inbox / "more.csv").write_text(orders(325, 10))
                laid = await _answered(shop, 335, began)
            finally:
                await shop.intern.kill()
    return [
        Figure("a signed POST to an answer that counts it", posted, "s", 300),
        Figure("a file in the inbox to an answer that counts it", laid, "s", 300),
    ]


async def _answered(shop: Shop, customers: int, began: float) -> float:
    """Asked once the rows are listed: a question makes nothing come in."""
    await wait_until(shop.slack, lambda: shop.rows() >= 3 * customers, PATIENCE)
    if (told := await ask(shop, PATIENCE)) != customers:
        raise RuntimeError(f"{told} customers were told, not {customers}")
    return time.perf_counter() - began
