"""A name that a running team's database, Slack messages or files hold …

Each test compares one contract of `names.py` with the code. A name that is gone breaks
what teams have; a name that is new has to be added to the contracts.
"""

import ast
import hashlib
import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from dbos import DBOSPortableJSONSerializer
from dbos._dbos import _get_or_create_dbos_registry

from bot.__main__ import parser
from bot.agent import skills
from bot.approvals import decision
from bot.audiences.platforms import ExportReceipt
from bot.audit import journal
from bot.config import settings, toml
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core import parts, request
from bot.core.audience_rule import AudienceRule
from bot.core.channels import Channel, load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact, Source
from bot.core.request import Brief, Question, SalesQuery, SkillRequest
from bot.data.analyses.result import TABLES_BY_KIND, AnalysisResult
from bot.data.catalogue.product import Product
from bot.data.ingest import models
from bot.data.ingest.file_schema import FileSchema, ImportOptions
from bot.data.ingest.upload import ImportPreview
from bot.data.schema import load_kinds
from bot.db.models import TABLES
from bot.delivery import models as delivery_models
from bot.digests import models as digests_models
from bot.i18n import messages
from bot.i18n.messages import Words
from bot.jobs import models as jobs_models
from bot.jobs.engine import NAME, VERSION
from bot.slack import action_ids
from bot.tasks import models as tasks_models
from tests.contracts import names as contracts
from tests.support import contract_walkers as walkers
from tests.support.words_in_code import french, legacy


def compare(contract: str, pinned: Collection[str], found: Collection[str]) -> None:
    """Fail with a sentence for each difference."""
    gone, new = sorted(set(pinned) - set(found)), sorted(set(found) - set(pinned))
    assert not gone, (
        f"The contract {contract} is broken: {', '.join(gone)} is gone from the code, and running "
        "teams have it stored. Keep the name, or migrate what is stored and still read the old one."
    )
    assert not new, f"{', '.join(new)} is new: add it to {contract} in tests/contracts/names.py."


def stored_roots() -> dict[type, str]:
    """What is stored as JSON, by the name it has among the contracts."""
    return {
        Words: "words",
        messages.Money: "money",
        messages.Country: "country",
        jobs_models.Job: "job",
        Brief: "brief",
        SkillRequest: "request",
        Question: "question",
        AudienceRule: "rule",
        SalesQuery: "tally",
        parts.Part: "part",
        parts.Copy: "copy",
        parts.Heading: "heading",
        parts.Quote: "quote",
        parts.Table: "table",
        parts.File: "file",
        parts.Hook: "hook",
        parts.NextStep: "lead",
        Fact: "fact",
        Source: "source",
        Evidence: "evidence",
        Check: "check",
        ImportPreview: "glimpse",
        ImportOptions: "file_said",
        FileSchema: "file_understood",
        ExportReceipt: "export_note",
        Product: "product",
        Brand: "brand",
        Policy: "policy",
    }


def table_columns() -> dict[str, list[str]]:
    return {
        name: [f"{c.name}{'*' * c.primary_key} {c.type}" for c in table.columns]
        for name, table in sorted(TABLES.tables.items())
    }


def known_channels() -> list[Channel]:
    """The channels that stand in the contracts. A new one is a promise once its drafts are stored
    anywhere: then its key and titles go there."""
    return [one for one in load_channels().values() if one.key in contracts.CHANNELS]


def is_stored(skill: str) -> bool:
    """Whether the contracts have this skill. As with channels, a new one is a promise once its
    drafts are stored anywhere: then its name, its command and its parts' titles go there."""
    return skill in contracts.SKILLS


def titles() -> dict[str, list[str]]:
    """Each part's titles by its key: of the outputs of skills, and of channels."""
    shapes = {shape.__name__ for shape in parts.PART_TYPES.values()}
    found: dict[str, set[str]] = {}
    for field in walkers.nodes():
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            named = {one.id for one in ast.walk(field.annotation) if isinstance(one, ast.Name)}
            if named & shapes and (title := _title(field)):
                found.setdefault(field.target.id, set()).add(title)
    for channel in known_channels():
        for key, limit in channel.parts.items():
            found.setdefault(key, set()).add(limit.title)
    return {key: sorted(found[key]) for key in sorted(found)}


def _title(field: ast.AnnAssign) -> str | None:
    for keyword in field.value.keywords if isinstance(field.value, ast.Call) else []:
        if keyword.arg == "title":  # "Subject" or Words("Subject").text
            texts = [one for one in ast.walk(keyword.value) if isinstance(one, ast.Constant)]
            return str(texts[0].value) if texts else None
    return None


def test_of_tables_and_columns_stays() -> None:
    found = table_columns()
    compare("TABLES", contracts.TABLES, found)
    for table, columns in found.items():
        compare(f"TABLES of {table}", contracts.TABLES[table], columns)


@pytest.mark.parametrize("name", stored_roots().values())
def test_of_stored_json_stays(name: str) -> None:
    roots = stored_roots()
    model = next(shape for shape, called in roots.items() if called == name)
    found = walkers.fields_of(model, roots)
    compare(f"STORED_FIELDS of {name}", contracts.STORED_FIELDS.get(name, ()), found)


def test_of_all_stored_json_is_compared() -> None:
    compare("STORED_FIELDS", contracts.STORED_FIELDS, stored_roots().values())


def test_of_values_in_sentences_stays() -> None:
    """Stored sentences of the past are read by these tags."""
    assert (
        messages.restore_words({"text": "{n}", "params": {"n": {"number": "1.5"}}}).to("en")
        == "1.5"
    )
    stored = {
        "words": {"text": "yes", "many": None, "params": {}},
        "money": {"amount": "2.50", "currency": "EUR"},
        "country": {"name": "BE"},
        "moment": "2026-11-24T09:00:00+00:00",
        "date": "2026-11-24",
        "number": "0.25",
    }
    compare("SENTENCE_TAGS", contracts.SENTENCE_TAGS, stored)
    for tag, value in stored.items():
        sentence = Words("{it}", it=messages._restore_value({tag: value}))
        assert sentence.params["it"] == {tag: value}, f"SENTENCE_TAGS: {tag} is stored otherwise"


def test_of_journal_events_stays() -> None:
    events = walkers.handed_over("event", beside="now", given=("session", "workspace"))
    compare("JOURNAL_EVENTS", contracts.JOURNAL_EVENTS, events.whole)
    compare("JOURNAL_EVENTS_WITH_STATE", contracts.JOURNAL_EVENTS_WITH_STATE, events.begun)


def test_of_the_journals_hash_stays() -> None:
    """One entry, hashed and signed by the first edition."""
    entry = journal.JournalEntry(
        workspace="T1",
        seq=1,
        at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        event="draft kept",
        subject="t1.0.v1",
        by="U1",
        refs={"fingerprint": "é"},
        prev=contracts.JOURNAL_GENESIS,
    )
    values = [
        value.isoformat() if isinstance(value := getattr(entry, name), datetime) else value
        for name in contracts.JOURNAL_HASH
    ]
    whole = json.dumps(values, sort_keys=True, ensure_ascii=False)
    assert entry.digest() == hashlib.sha256(whole.encode()).hexdigest()
    assert contracts.JOURNAL_KEY_LABEL.encode() == journal.KEY_LABEL
    assert contracts.JOURNAL_GENESIS == journal.GENESIS
    assert contracts.JOURNAL_ROW_REFS == journal.ROW_REFS


@pytest.mark.parametrize(
    ("contract", "found"),
    [
        ("TASK_STATES", tasks_models.TaskState),
        ("DELIVERY_STATES", delivery_models.DeliveryState),
        ("FILE_STATES", models.UploadState),
        ("DIGEST_STATES", digests_models.ScheduleState),
        ("VERDICTS", decision.Verdict),
        ("JOB_KINDS", jobs_models.JobKind),
    ],
)
def test_of_states_stays(contract: str, found: Any) -> None:
    compare(contract, getattr(contracts, contract), get_args(found))


def test_of_levels_posts_and_destinations_stays() -> None:
    levels = get_args(Check.model_fields["level"].annotation)
    compare("CHECK_LEVELS", contracts.CHECK_LEVELS, levels)
    known = walkers.literals()
    kinds = {*contracts.POST_KINDS, *contracts.DESTINATION_KINDS}
    compare("POST_KINDS and DESTINATION_KINDS", kinds, kinds & known)


PIECES: dict[str, Any] = {
    "copy": parts.Copy(text="Linen", facts=("product.linen.price",)),
    "heading": parts.Heading(text="New"),
    "quote": parts.Quote(text="Soft", fact="feedback.soft.quote"),
    "table": parts.Table(columns=("a",), rows=(("1",),), facts=("x.y.z",)),
    "file": parts.File(name="a.png", sha256="00", alt="A", picture=True),
}
# As the first edition computed it over all of these.
FINGERPRINT = "5394a3430b40b2e714f1ce2698f5f0d35623cf98e737fa16586a357820e38c3a"


def test_of_the_fingerprints_recipe_stays() -> None:
    made = tuple(
        parts.Part(kind=kind, key=f"{kind}.1", title=kind.capitalize(), body=body)
        for kind, body in PIECES.items()
    )
    stored = parts.serialize_parts(made, channel="email", language="fr", audience="lapsed")
    whole = json.loads(stored)
    assert whole["format"] == contracts.FINGERPRINT_FORMAT
    compare("FINGERPRINT_KEYS", contracts.FINGERPRINT_KEYS, whole)
    compare("FINGERPRINT_BODIES", contracts.FINGERPRINT_BODIES, parts.PART_TYPES)
    for part in whole["parts"]:
        compare("FINGERPRINT_PART_KEYS", contracts.FINGERPRINT_PART_KEYS, part)
        kind = part["kind"]
        compare(f"FINGERPRINT_BODIES of {kind}", contracts.FINGERPRINT_BODIES[kind], part["body"])
    assert parts.compute_fingerprint(stored) == FINGERPRINT, (
        "old approvals would no longer fit their words"
    )
    assert parts.parse_parts(stored)[0].key == "copy.1"


def test_of_part_keys_and_titles_stays() -> None:
    """A title that the code no longer uses is still shown: under today's title, or translated."""
    found = titles()
    shown = {*messages.SHOWN_TITLES, *(m.id for m in (*french(), *legacy()))}
    old = {
        key: {title for title in kept if title in shown - {*found.get(key, ())}}
        for key, kept in contracts.PART_TITLES.items()
    }
    compare("PART_TITLES", contracts.PART_TITLES, {*found, *(key for key in old if old[key])})
    for key, kept in contracts.PART_TITLES.items():
        compare(f"PART_TITLES of {key}", kept, old[key] | {*found.get(key, ())})


def test_of_old_titles_is_shown_as_todays(monkeypatch: pytest.MonkeyPatch) -> None:
    today = {title for kept in titles().values() for title in kept}
    compare("SHOWN_TITLES", {*messages.SHOWN_TITLES.values()} - today, ())
    monkeypatch.setitem(messages.SHOWN_TITLES, "What is broken", "What blocks sales")
    assert messages.translate_stored_title("What is broken", "en") == "What blocks sales"
    assert messages.translate_stored_title("What is broken", "fr") == Words("What blocks sales").to(
        "fr"
    )


def test_of_skills_and_channels_stays() -> None:
    compare("SKILLS", contracts.SKILLS, [one for one in skills.load_skills() if is_stored(one)])
    compare("CHANNELS", contracts.CHANNELS, [one.key for one in known_channels()])
    typed = {f"/{command}" for command, skill in skills.load_commands().items() if is_stored(skill)}
    compare("SLASH_COMMANDS", contracts.SLASH_COMMANDS, typed)


def test_of_the_engine_stays() -> None:
    """Stored work names its function: an explicit name, so that a move of the module is none."""
    assert (NAME, VERSION) == (contracts.ENGINE_NAME, contracts.ENGINE_VERSION)
    found = set(_get_or_create_dbos_registry().workflow_info_map)
    compare("WORKFLOW", {contracts.WORKFLOW}, found)
    compare("QUEUES", contracts.QUEUES, jobs_models.build_queues(jobs_models.QueueLimits()))
    assert DBOSPortableJSONSerializer().name() == contracts.ENGINE_SERIALIZER
    one = jobs_models.Job(kind="work", subject="t1", workspace="T1", turn=2)
    told = {"kind": "work", "subject": "t1", "turn": 2}
    assert one.id == contracts.JOB_ID.format(**told)
    used = [ast.unparse(call) for name, call in walkers.calls() if "pickle" in name]
    assert not used, "pickled things hold paths of classes, which a move breaks"


def test_of_actions_and_forms_stays() -> None:
    """Each is a constant beside the buttons' other names."""
    texts = {v for k, v in vars(action_ids).items() if k.isupper() and isinstance(v, str)}
    pinned = {
        *contracts.ACTION_IDS,
        *contracts.MENU_VALUES,
        *contracts.CALLBACK_IDS,
        contracts.POST_EVENT_TYPE,
    }
    compare("ACTION_IDS, MENU_VALUES, CALLBACK_IDS and POST_EVENT_TYPE", pinned, texts)


def test_of_fields_in_forms_stays() -> None:
    found = walkers.keyed_texts("action_id") | walkers.keyed_texts("block_id")
    ids = walkers.handed_over("id", beside="label").whole
    found |= {one for one in ids if one.isidentifier()}  # others are ids of rows and facts
    compare("FORM_FIELDS", contracts.FORM_FIELDS, found)


def test_of_a_buttons_value_stays() -> None:
    filled = action_ids.ButtonValue(
        **{field: field for field in action_ids.ButtonValue.model_fields}
    )
    packed = json.loads(filled.pack())
    assert packed == contracts.BUTTON_KEYS, "BUTTON_KEYS: buttons on old cards would not be read"
    assert action_ids.ButtonValue.unpack(json.dumps(contracts.BUTTON_KEYS)) == filled


def test_of_keys_in_places_and_metadata_stays() -> None:
    pinned = {*contracts.PLACE_KEYS, *contracts.METADATA_KEYS, contracts.POST_EVENT_KEY}
    compare("PLACE_KEYS and METADATA_KEYS", pinned, pinned & walkers.literals())
    payloads = {ast.unparse(one) for one in walkers.keyed_values("event_payload")}
    assert all(one.startswith(f"{{'{contracts.POST_EVENT_KEY}':") for one in payloads), payloads
    assert payloads


def test_of_ids_stays() -> None:
    assert request.task_id("T1", "command", "1.2") == "65d98b07e644d946"
    assert models.card_post_id("a1") == contracts.CARD_ID.format(
        piece=contracts.FILE_PIECE.format(id="a1")
    )


def test_of_the_home_stays() -> None:
    pinned = {
        *contracts.HOME_FILES,
        *contracts.HOME_FILES_WRITTEN,
        *contracts.HOME_FOLDERS,
        *contracts.INBOX_FOLDERS,
    }
    compare("HOME_FILES and HOME_FOLDERS", pinned, pinned & walkers.literals())
    assert contracts.HOME_FILES[:2] == (toml.BRAND, toml.POLICY)


def test_of_the_environment_stays() -> None:
    compare("ENVIRONMENT", contracts.ENVIRONMENT, settings.list_variables())


def test_of_routes_and_headers_stays() -> None:
    found = {
        f"{name.removeprefix('add_').upper()} {call.args[0].value!s}"
        for name, call in walkers.calls()
        if name in ("add_post", "add_get") and isinstance(call.args[0], ast.Constant)
    }
    compare("ROUTES", contracts.ROUTES, found)
    headers = {text for text in walkers.literals() if text.startswith("X-Super-Intern-")}
    compare("HEADERS", contracts.HEADERS, headers)


def test_of_commands_stays() -> None:
    (doors,) = (one.choices for one in parser()._actions if isinstance(one.choices, dict))
    compare("COMMANDS", contracts.COMMANDS, doors)


def test_of_facts_stays() -> None:
    written = walkers.literals() | walkers.first_words()
    compare(
        "FACT_KINDS", contracts.FACT_KINDS, written & {*contracts.FACT_KINDS} | {*TABLES_BY_KIND}
    )
    compare("LIBRARY_KINDS", contracts.LIBRARY_KINDS, load_kinds())
    assert not {*contracts.RETIRED_FACT_KINDS} & {*TABLES_BY_KIND}
    whole = {"kind": "funnel", "subject": "checkout", "measure": "rate"}
    found = AnalysisResult("funnel", source=Source("events.csv"), as_of=date(2026, 11, 24))
    fact = found.add("checkout", "rate", 1)
    assert fact.id == contracts.FACT_ID.format(**whole), "FACT_ID: old drafts stand on such ids"
