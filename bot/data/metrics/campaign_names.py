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
DAY_DIGITS = 4  # at least, of a number that is a day or a year
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
    """Return the words of each code: without numbers, and without a first word that all codes have.
    A code whose words another one has too keeps its numbers, but for days; where that doesn't tell
    it from others, it stays as it is."""
    split = {code: BETWEEN.split(code) for code in codes if " " not in code}
    first = {parts[0] for parts in split.values()}
    own = slice(1, None) if len(split) > 1 and len(first) == 1 else slice(None)
    named = dict[str, str]()
    for shortest in (1, DAY_DIGITS):
        tried = {
            code: " ".join(
                x for x in parts[own] if not (x.isdigit() and len(x) >= shortest)
            ).strip()
            for code, parts in split.items()
            if code not in named
        }
        times = Counter([*named.values(), *tried.values()])
        named |= {code: words for code, words in tried.items() if words and times[words] == 1}
    return {code: words[:1].upper() + words[1:] for code, words in named.items()}
