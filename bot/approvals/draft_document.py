"""Render a draft as a file, with its approvals."""

from collections.abc import Sequence

from bot.approvals.decision import Decision
from bot.config.brand import Brand
from bot.drafts.export import render_html, render_json, render_markdown
from bot.drafts.models import Draft


def render_draft(
    draft: Draft, brand: Brand, format: str, language: str, approvals: Sequence[Decision] = ()
) -> str:
    """`format` is `md`, `html` or `json`. Without approvals the file is marked as a draft."""
    if format == "json":
        return render_json(draft, brand.name, approvals)
    write = render_html if format == "html" else render_markdown
    return write(draft, brand.name, approvals, language)
