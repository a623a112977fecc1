"""A playground in a temporary home: a local Slack with the page, and a real intern beside it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.app import Container as Pieces
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.upload import TableFile
from bot.playground.intern_process import InternProcess
from bot.playground.local_slack import LocalSlack
from bot.playground.page import add_page
from bot.playground.slack_objects import TEAM_ID
from bot.playground.storage import StateSaver, open_slack
from bot.slack.manifest import list_bot_scopes

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
RIGHTS = '[access]\nimport = ["UMARIE", "UMAX"]\nexport = ["UMARIE", "UMAX"]\n'
RIGHTS += 'administer = ["UMARIE", "UMAX"]\n'
POLICY = '[approval]\napprovers = ["UMAX"]\n' + RIGHTS
BRAND = 'name = "Maison Lin"\naddress = "vous"\nlanguages = ["en", "fr"]\n'
PRODUCTS = """sku,name,price,currency,materials,colours,sizes,description,stock
L1,Linen shirt,59.00,EUR,linen,white; sand; navy,S; M; L; XL,Washed linen woven in Portugal,120
L2,Canvas tote,24.00,EUR,cotton,ecru,,A canvas tote with an inner pocket,80
L3,Chemise en lin,59.00,EUR,lin,blanc; sable; marine,S; M; L; XL,Lin lavé tissé au Portugal,120
"""
SECONDS = 40_000  # milliseconds that anything on the page may take; a busy machine is slow
FAST = (0.3, 0.3, 0.5)


@dataclass
class House:
    """What a test has at hand."""

    slack: LocalSlack
    child: InternProcess
    home: Path
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.slack.port}/"

    async def visit(
        self,
        person: str = "UMARIE",
        *,
        language: str | None = "en",
        locale: str | None = None,
        dark: bool = False,
        width: int = 1360,
        height: int = 860,
        guide: bool = False,
    ) -> Page:
        """A tab in a browser of its own, as this person; `locale` is the browser's own language,
        which counts where no `language` was chosen."""
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.contexts.append(context)
        context.set_default_timeout(SECONDS)
        kept = {"language": f'"{language}"' if language else "null", "guide": str(guide).lower()}
        puts = "".join(f"localStorage['page.{name}'] ??= '{v}';" for name, v in kept.items())
        await context.add_init_script(puts)
        page = await context.new_page()
        await page.goto(f"{self.address}?as={person}")
        await page.wait_for_selector(".middle")
        return page


def fill(home: Path) -> None:
    """The rules and three products."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "policy.toml").write_text(POLICY)
    (home / "brand.toml").write_text(BRAND)
    products = home / "products.csv"
    products.write_text(PRODUCTS)
    settings = Settings.read({"SUPER_INTERN_HOME": str(home)})
    FileImporter(Pieces(settings).migrated(), TEAM_ID, ImportOptions(currency="EUR")).load_products(
        TableFile(products)
    )


@asynccontextmanager
async def open_house(
    home: Path,
    browser: Browser | None = None,
    before: Callable[[web.Application], None] = lambda _: None,
) -> AsyncIterator[House]:
    """Everything started, and everything ended afterwards; a browser that was given stays.

    `before` may add routes of its own to the server.
    """
    fill(home)
    slack = open_slack(home / "slack", 0, lambda _: None, list_bot_scopes())
    slack.transport.retry_delays = FAST * 20
    child = InternProcess(slack, home, lambda _: None)
    add_page(slack, child=child, home=home, database_url=None)
    before(slack.application)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slack)
        await stack.enter_async_context(StateSaver(slack, home / "slack"))
        if browser is None:
            browser = await stack.enter_async_context(chromium())
        house = House(slack, child, home, browser)
        await child.start()
        stack.push_async_callback(child.end)
        try:
            yield house
        finally:
            for context in house.contexts:
                await context.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()
