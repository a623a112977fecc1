"""Name campaigns as people call them: by the subject line, else by the words of the code."""

import re
from collections import Counter
from collections.abc import Mapping

import ibis

from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words, quote_name
from bot.text.normalize import format_title

KEY = "campaign-names"  # of what is read once for each state of the data
KEY_COLUMNS = ("name", "code", "id")  # what a campaign is called in files
BETWEEN = re.compile(r"[-_/]+")
CampaignNames = Mapping[str, Words | str]


def name_campaign(warehouse: Warehouse, called: str, language: str) -> str:
    """Return the name of the campaign that files call so; the text itself where no file of
    campaigns has it."""
    name = load_campaign_names(warehouse).get(called)
    if name is None:  # a code that customers type
        return called
    return name.to(language) if isinstance(name, Words) else format_title(name)


def name_code(warehouse: Warehouse, code: str, language: str) -> str:
    """Return the code, behind the subject line of its campaign where there is one."""
    name = load_campaign_names(warehouse).get(code)
    if not isinstance(name, Words):
        return code
    return f"{quote_name(name.params['quote']).to(language)} ({code})"


def load_campaign_names(warehouse: Warehouse) -> CampaignNames:
    """Return the name of each campaign by what files call it. No two have one name."""
    if KEY not in warehouse.released:
        warehouse.released[KEY] = _load_names(warehouse)
    known: CampaignNames = warehouse.released[KEY]
    return known


def _load_names(warehouse: Warehouse) -> dict[str, Words | str]:
    rows = warehouse.table("campaigns")
    if rows is None:
        return {}
    columns = [one for one in KEY_COLUMNS if one in rows.columns]
    subject = rows.subject if "subject" in rows.columns else ibis.null(str)
    subjects: dict[str, set[str]] = {}
    codes = set[str]()
    for column in columns:
        named = rows.filter(rows[column].notnull()).select(called=rows[column], subject=subject)
        for row in fetch_rows(warehouse, named.distinct()):
            one = str(row["called"])
            subjects.setdefault(one, set()).update({str(row["subject"])} if row["subject"] else ())
            codes |= {one} if column == "code" else set()
    shared = Counter(line for lines in subjects.values() for line in lines)
    words = _name_by_words(codes)
    names: dict[str, Words | str] = {}
    for called, lines in subjects.items():
        line = next(iter(lines)) if len(lines) == 1 else None
        plain = words.get(called, called)
        if line is None or line == called:
            names[called] = plain
        elif shared[line] == 1:
            names[called] = quote_name(line)
        else:
            names[called] = Words("“{quote}” ({name})", quote=line, name=plain)
    return names


def _name_by_words(codes: set[str]) -> dict[str, str]:
    """Return the words of each code: without days, and without a first word that all codes have. A
    code whose words another one has too stays as it is."""
    split = {code: BETWEEN.split(code) for code in codes if " " not in code}
    first = {parts[0] for parts in split.values()}
    named = {}
    for code, parts in split.items():
        own = parts[1:] if len(split) > 1 and len(first) == 1 else parts
        words = " ".join(one for one in own if one and not one.isdigit())
        named[code] = words[:1].upper() + words[1:]
    times = Counter(named.values())
    return {code: words for code, words in named.items() if words and times[words] == 1}
