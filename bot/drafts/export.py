"""Export a draft as Markdown, HTML or JSON. The text is exported exactly as it is stored.

Each file states who approved which fingerprint. Without an approval it is marked as a draft.
"""

import html
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.config.brand import Brand
from bot.core.channels import Channel, load_channels
from bot.core.parts import Copy, File, Heading, Part, Quote, Table
from bot.drafts.models import Draft
from bot.drafts.recipients import find_draft_target
from bot.i18n.messages import Words, format_value, translate_stored_title
from bot.text.normalize import collapse_spaces

# The part of a draft whose table holds the code of the one rule to export, and its platform.
AUDIENCE_PART = "audience"
PAGE_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


class ExportableApproval(Protocol):
    """An approval: who and when. A `reason` means that a blocking check was overridden."""

    @property
    def by(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def reason(self) -> str | None: ...


def is_audience_draft(draft: Draft) -> bool:
    """Return whether the draft is an audience to be exported, which is approved as it is."""
    return draft.skill == "targeting" and any(
        part.key == AUDIENCE_PART and isinstance(part.body, Table) for part in draft.parts
    )


def render_draft(
    draft: Draft,
    brand: Brand,
    format: str,
    language: str,
    approvals: Sequence[ExportableApproval] = (),
) -> str:
    """Render a draft as a file. `format` is `md`, `html` or `json`."""
    if format == "json":
        return render_json(draft, brand, approvals)
    write = render_html if format == "html" else render_markdown
    return write(draft, brand, approvals, language)


def render_json(draft: Draft, brand: Brand, approvals: Sequence[ExportableApproval] = ()) -> str:
    """Render every part as it is stored, for programs."""
    parts = [
        {
            "key": part.key,
            "title": part.title,
            "kind": part.kind,
            **part.body.model_dump(mode="json", exclude={"facts", "fact"}),
        }
        for part in draft.parts
    ]
    document: dict[str, Any] = {
        "brand": brand.name,
        "approved": bool(approvals),
        "channel": draft.channel,
        "language": draft.language,
        "version": draft.version,
        "campaign_code": draft.code,
        "leads_to": find_draft_target(draft, brand),
        "fingerprint": draft.fingerprint,
        "approvals": [
            {"by": approval.by, "at": approval.at.isoformat(), "reason": approval.reason}
            for approval in approvals
        ],
        "parts": parts,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def render_markdown(
    draft: Draft,
    brand: Brand,
    approvals: Sequence[ExportableApproval] = (),
    language: str | None = None,
) -> str:
    """Render Markdown. Each part is in a code fence, so that its text is never mark-up."""
    reader = language or draft.language
    lines = [f"# {collapse_spaces(brand.name)}", ""]
    if not approvals:
        lines += [f"> **{Words('Draft, not approved').to(reader)}**", ""]
    for part in draft.parts:
        lines += [
            f"## {collapse_spaces(translate_stored_title(part.title, reader))}",
            "",
            _fence_text(_read_part_text(part)),
            "",
        ]
    lines += ["---", ""]
    lines += [
        f"- {name}: {value}" for name, value in _list_details(draft, brand, approvals, reader)
    ]
    return "\n".join(lines) + "\n"


def render_html(
    draft: Draft,
    brand: Brand,
    approvals: Sequence[ExportableApproval] = (),
    language: str | None = None,
) -> str:
    """Render a self-contained page that loads nothing and runs no script."""
    reader = language or draft.language
    name = html.escape(brand.name)
    banner = Words("Draft, not approved").to(reader)
    shown = "" if approvals else f'<p class="banner">{html.escape(banner)}</p>\n'
    channel = load_channels().get(draft.channel or "")
    parts = "\n".join(_render_html_part(part, reader, channel) for part in draft.parts)
    about = "\n".join(
        f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>"
        for key, value in _list_details(draft, brand, approvals, reader)
    )
    return (
        f'<!doctype html>\n<html lang="{html.escape(reader)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name} · {html.escape(draft.code)}</title>\n"
        f"<style>\n{PAGE_STYLE}</style>\n</head>\n"
        f'<body>\n{shown}<main lang="{html.escape(draft.language)}">\n'
        f'<p class="from">{name}</p>\n{parts}\n</main>\n'
        f"<footer><dl>\n{about}\n</dl></footer>\n</body>\n</html>\n"
    )


def _render_html_part(part: Part, reader: str, channel: Channel | None) -> str:
    name = html.escape(translate_stored_title(part.title, reader))
    title = f'<h2 lang="{html.escape(reader)}">{name}</h2>'
    body, key = part.body, html.escape(part.key)
    if isinstance(body, Heading):
        return f'<h1 data-part="{key}" class="text">{html.escape(body.text)}</h1>'
    if isinstance(body, Table):
        inner = _render_html_table(body, key)
    elif isinstance(body, Quote):
        inner = f'<blockquote data-part="{key}" class="text">{html.escape(body.text)}</blockquote>'
    else:
        inner = f'<div data-part="{key}" class="text">{html.escape(_read_part_text(part))}</div>'
    limit = channel.find_limit(part.key) if channel else None
    return f'<section class="{limit.role if limit else "text"}">\n{title}\n{inner}\n</section>'


def _render_html_table(table: Table, key: str) -> str:
    title = f"<caption>{html.escape(table.title)}</caption>\n" if table.title else ""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in table.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    note = f"\n<p>{html.escape(table.note)}</p>" if table.note else ""
    return f'<table data-part="{key}">\n{title}<tr>{head}</tr>\n{rows}\n</table>{note}'


def _list_details(
    draft: Draft, brand: Brand, approvals: Sequence[ExportableApproval], reader: str
) -> list[tuple[str, str]]:
    """List the details at the end of the file."""
    target = find_draft_target(draft, brand)
    details = [
        *([(Words("Leads to").to(reader), target)] if target else []),
        (Words("Campaign code").to(reader), draft.code),
        (Words("Fingerprint").to(reader), draft.fingerprint),
        (Words("Language").to(reader), draft.language),
        (Words("Version").to(reader), str(draft.version)),
    ]
    for approval in approvals:
        when = f"{format_value(approval.at, reader)} ({approval.at.tzname() or 'UTC'})"
        reason = f" — {collapse_spaces(approval.reason)}" if approval.reason else ""
        details.append(
            (Words("Approved by").to(reader), f"{collapse_spaces(approval.by)}, {when}{reason}")
        )
    return details


def _read_part_text(part: Part) -> str:
    body = part.body
    if isinstance(body, File):
        return f"{body.name} (SHA-256 {body.sha256})" + (f"\n{body.alt}" if body.alt else "")
    return body.text if isinstance(body, Copy | Heading | Quote) else part.text


def _fence_text(text: str) -> str:
    """Enclose the text in a fence that is longer than any fence in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"
