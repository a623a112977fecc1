"""The names that exist in a running team's database, Slack messages and files.

After an upgrade, the code meets these names in rows, in buttons of old messages and in the home.
A name may be added here, but never changed or removed without a migration and a reader for the
old name. `test_contracts.py` compares the lists with the code. The long tables are in
`bot/contracts.toml`: the columns of each table, the fields stored as JSON, and the titles of parts.
"""

import tomllib

from tests.support.paths import ROOT

_LONG = tomllib.loads((ROOT / "bot" / "contracts.toml").read_text(encoding="utf-8"))

# The database.
TABLES: dict[str, list[str]] = _LONG["tables"]
STORED_FIELDS: dict[str, list[str]] = _LONG["stored"]
# The languages of texts. A new one is a promise once texts in it are stored anywhere.
LANGUAGES = ("en", "fr")
# The tags that give the type of a value inside a stored sentence.
SENTENCE_TAGS = ("words", "money", "country", "moment", "date", "number")

# The journal. If an event were renamed, old entries could no longer be found by its name.
JOURNAL_EVENTS = (
    *("task accepted", "draft kept", "draft edited", "draft checked", "draft shared"),
    *("warnings accepted", "product fact added", "product fact revoked"),
    *("delivery queued", "delivery stopped", "receipt", "audience exported"),
    *("catalogue imported", "library changed", "library damaged", "library whole"),
    *("library set aside", "library given up", "file undone"),
    *("file offered", "file joined", "file confirmed", "file cancelled", "file taken in"),
    *("digest set", "alert told", "alert muted", "alert unmuted", "alert not useful"),
    *("campaign results joined", "campaign results kept apart"),
    *("policy applied", "brand applied", "rows adopted", "rows recorded"),
)
# Prefixes of events that end with a state: "task done", "decision: approve".
JOURNAL_EVENTS_WITH_STATE = ("task ", "decision: ", "delivery ", "file ", "digest ")
# The columns that an entry's hash covers, in order.
JOURNAL_HASH = ("workspace", "seq", "at", "event", "subject", "by", "refs", "prev")
JOURNAL_KEY_LABEL = "super-intern journal"
JOURNAL_GENESIS = "0" * 64
JOURNAL_ROW_REFS = ("row_count", "row_columns", "row_digest")

# States and verdicts.
TASK_STATES = ("waiting", "working", "asking", "done", "failed", "stopped")
DELIVERY_STATES = ("queued", "going", "gone", "stopped", "failed")
FILE_STATES = (
    *("reading", "half", "joined", "waiting", "taking", "storing", "in", "refused", "cancelled"),
    *("failed", "undone"),
)
DIGEST_STATES = ("on", "paused", "off")
VERDICTS = ("approve", "send back", "reject")
CHECK_LEVELS = ("pass", "info", "stated", "warn", "block")
POST_KINDS = ("card", "delivery", "notice", "file", "whisper")
DESTINATION_KINDS = ("thread", "place", "file", "audience")

# The fingerprint that an approval is bound to: SHA-256 over JSON with these keys, sorted, without
# whitespace, in UTF-8. A part's body is stored without its facts.
FINGERPRINT_FORMAT = 1
FINGERPRINT_KEYS = ("audience", "channel", "format", "language", "parts")
FINGERPRINT_PART_KEYS = ("body", "key", "kind", "title")
FINGERPRINT_BODIES = {
    "copy": ("text",),
    "heading": ("text",),
    "quote": ("fact", "text"),
    "table": ("columns", "rows"),
    "file": ("alt", "name", "picture", "sha256"),
}
# The titles that the part with each key may have; a key of a list ends with ".1", ".2".
PART_TITLES: dict[str, list[str]] = _LONG["titles"]
SKILLS = (
    *("answer", "blockers", "check", "digest", "draft", "experiment", "feedback", "ideas"),
    *("predict", "recap", "targeting", "trends"),
)
CHANNELS: list[str] = _LONG["channels"]["keys"]

# The engine (DBOS): pending workflows are bound to the application's name and version.
ENGINE_NAME, ENGINE_VERSION = "super-intern", "1"
WORKFLOW = "do"
QUEUES = ("slow", "quick", "suspects")
ENGINE_SERIALIZER = "portable_json"  # not pickle: no class path is stored
JOB_KINDS = (
    *("work", "check", "deliver", "show", "say", "understand", "take_in", "merge", "inbox"),
    *("digest", "look", "join", "freshen", "tell", "publish"),
)
JOB_ID = "{kind}:{subject}:{turn}"  # id of the workflow, and of the row in `crashes`

# Slack: names in messages that were already sent.
ACTION_IDS = (
    *("approve", "approve_anyway", "edit", "send_back", "more", "stop", "share", "use_hook"),
    *("answer", "send_to", "try_again", "details", "result_ours", "result_not", "lead"),
    *("lead_now", "export_audience", "digest_on", "digest_pause", "digest_off", "digest_now"),
    *("digest_change", "alert_mute", "alert_unmute", "alert_useless", "take_in", "dont_take_in"),
    *("other_kind", "read_again", "stayed_out", "undo_import", "change", "call_to_action"),
    *("shorter", "angles", "same_for", "vote_up", "vote_down", "copy", "own_text"),
    *("accept_terms", "add_fact", "revoke_fact", "lowest_price"),
)
MENU_VALUES = (
    *("reject", "sources", "what_left", "history", "download", "copy", "edit", "checked"),
)
CALLBACK_IDS = (
    *("brief_form", "edit_form", "send_back_form", "reject_form", "anyway_form", "rule_form"),
    *("export_form", "digest_form", "angles_form", "own_text_choice", "own_text_form"),
    *("check_text", "question_form", "fact_form", "lowest_price_form"),
)
# Names of form fields, used both as block id and as action id.
FORM_FIELDS = (
    *("other_kind", "text"),
    *("words", "channel", "audience", "language", "private", "reason", "reasons", "platform"),
    *("name", "sections", "where", "weekday", "hour", "zone", "about", "quiet", "alerts"),
    *("segments", "bought", "bought_categories", "bought_at_least", "bought_within"),
    *("not_bought", "not_within", "min_orders", "max_orders", "countries", "regions"),
    *("purpose", "angle", "kind", "product", "offer", "occasion", "dates", "must_say"),
    *("measure", "split", "only", "since", "until", "comparison", "price"),
)
# The keys of the JSON in a button's value and in a form's private metadata.
BUTTON_KEYS = {
    "t": "task",
    "d": "draft",
    "s": "seen",
    "p": "pick",
    "f": "field",
    "a": "arrival",
}
METADATA_KEYS = ("back", "was")
PLACE_KEYS = (*("channel", "thread", "asked", "user", "dm", "under", "fallback", "heirs", "words"),)
POST_EVENT_TYPE, POST_EVENT_KEY = "super_intern_post", "post"

# Identifiers that other rows and fingerprints refer to.
TASK_ID = 16  # hexadecimal digits of a SHA-256 over the values from Slack, joined by "|"
PIECE_ID, DRAFT_ID, DECISION_ID = "{task}.{number}", "{piece}.v{version}", "{draft}:{by}"
CARD_ID, FILE_PIECE = "{piece}:card", "arrival:{id}"
FACT_ID = "{kind}.{subject}.{measure}"
# The kinds of facts; the kind is the first element of a fact's id.
FACT_KINDS = (
    *("product", "range", "brand", "stated", "sent", "work", "praise", "objection", "past_copy"),
    *("segments", "audiences", "behaviour", "feedback", "trends", "funnel", "delivery"),
    *("campaigns", "experiments", "sellers", "plan", "reduced"),
)
# Kinds that only stored facts have: nothing writes them any more, and no new kind takes the name.
RETIRED_FACT_KINDS = ("sold",)
LIBRARY_KINDS = (
    *("orders", "events", "feedback", "prices", "campaigns", "experiments", "consents"),
    *("customers", "returns", "traffic"),
)

# Files and folders of the home.
HOME_FILES = ("brand.toml", "policy.toml", "super-intern.db", "super-intern.key")
HOME_FILES_WRITTEN = ("journal-heads.jsonl",)
HOME_FOLDERS = ("library", "inbox", "live", "arrivals", "rejects", "damaged", "tmp", "play")
INBOX_FOLDERS = ("done", "refused")

# Names that are typed or called from outside.
ENVIRONMENT = (
    *("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL", "HOST"),
    *("PORT", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "SUPER_INTERN_MODEL"),
    *("SUPER_INTERN_SMALL_MODEL", "SUPER_INTERN_AI_SECONDS", "SUPER_INTERN_AI_TASK_SECONDS"),
    *("SUPER_INTERN_FALLBACK_MODEL", "DATABASE_URL", "SUPER_INTERN_HOME", "SUPER_INTERN_KEY"),
    *("WAREHOUSE_URL", "SUPER_INTERN_CONCURRENCY", "SUPER_INTERN_CONCURRENCY_PER_WORKSPACE"),
    *("SUPER_INTERN_POLL_SECONDS", "SUPER_INTERN_LOG", "SUPER_INTERN_SECONDS_AHEAD"),
    "SUPER_INTERN_EXAMPLES",
)
ROUTES = ("POST /slack/events", "GET /health", "POST /library/{kind}")
HEADERS = (
    "X-Super-Intern-Timestamp",
    "X-Super-Intern-Signature",
    "X-Super-Intern-Workspace",
)
COMMANDS = (
    *("play", "serve", "work", "migrate", "try", "import", "facts", "key", "digest", "manifest"),
    *("doctor", "journal", "ask", "check", "forget"),
)
SLASH_COMMANDS = ("/check", "/digest", "/draft", "/feedback", "/target", "/trends")
