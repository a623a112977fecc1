"""Opens the page in the person's browser, where there is one with windows."""

import asyncio
import os
import sys
import webbrowser


async def open_browser(address: str) -> bool:
    """Whether a browser was asked to. A browser inside the terminal would be in the way."""
    windows = sys.platform == "darwin" or os.environ.get("DISPLAY")
    if not (windows or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return await asyncio.to_thread(webbrowser.open, address)
