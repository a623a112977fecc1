"""The names under which the language rules still know `bot.offline.fact_sentences`."""

from bot.offline.fact_sentences import AGE as AGE
from bot.offline.fact_sentences import CANNOT as CANNOT
from bot.offline.fact_sentences import DEVICES as DEVICES
from bot.offline.fact_sentences import MOSTLY as MOSTLY
from bot.offline.fact_sentences import FactSubject as Told
from bot.offline.fact_sentences import MissingData as NotYet
from bot.offline.fact_sentences import SentenceWriter as Teller
from bot.offline.fact_sentences import drop_near_duplicates as once
from bot.offline.fact_sentences import explain_reading as how_to_read
from bot.offline.fact_sentences import group_by_subject as told
from bot.offline.fact_sentences import list_unanswerable as cannot
from bot.offline.fact_sentences import name_place as place_named
from bot.offline.fact_sentences import name_regions as regions_named
from bot.offline.fact_sentences import report_missing_data as nothing_yet

__all__ = [
    "AGE",
    "CANNOT",
    "DEVICES",
    "MOSTLY",
    "NotYet",
    "Teller",
    "Told",
    "cannot",
    "how_to_read",
    "nothing_yet",
    "once",
    "place_named",
    "regions_named",
    "told",
]
