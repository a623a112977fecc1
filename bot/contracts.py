"""The names that a running team's database, Slack messages and files hold.

An upgrade finds these in rows, in buttons on old messages and in the home. So a name may be added
here, and never be changed or taken away without a migration and a reader of the old name.
`tests/contracts/test_contracts.py` compares them with the code. Long tables are in
`contracts.toml`: the
columns of each table, the fields of what is stored as JSON, and the titles of a draft's parts.
"""

import tomllib
from pathlib import Path

_LONG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

# The database.
TABLES: dict[str, list[str]] = _LONG["tables"]
STORED_FIELDS: dict[str, list[str]] = _LONG["stored"]
# The tags under which values inside a stored sentence say what they are.
SENTENCE_TAGS = ("words", "money", "country", "moment", "date", "number")

# The journal. Changing an event's name would make old entries unreadable by name.
JOURNAL_EVENTS = (
    *("task accepted", "draft kept", "draft edited", "draft checked", "draft shared"),
    *("delivery queued", "delivery stopped", "receipt", "audience exported"),
    *("catalogue imported", "library changed", "library damaged", "library whole"),
    *("library set aside", "library given up"),
    *("file offered", "file joined", "file confirmed", "file cancelled", "file taken in"),
    *("digest set", "alert told", "alert muted", "alert unmuted", "alert not useful"),
    *("campaign results joined", "campaign results kept apart"),
    *("policy applied", "brand applied", "rows adopted", "rows recorded"),
)
# Events that end with a state: "task done", "decision: approve".
JOURNAL_EVENTS_WITH_STATE = ("task ", "decision: ", "delivery ", "file ", "digest ")
# What a journal's hash and signature are over, in order.
JOURNAL_HASH = ("workspace", "seq", "at", "event", "subject", "by", "refs", "prev")
JOURNAL_KEY_LABEL = "super-intern journal"
JOURNAL_GENESIS = "0" * 64
JOURNAL_ROW_REFS = ("row_count", "row_columns", "row_digest")

# States and verdicts.
TASK_STATES = ("waiting", "working", "asking", "done", "failed", "stopped")
DELIVERY_STATES = ("queued", "going", "gone", "stopped", "failed")
FILE_STATES = (
    *("reading", "half", "joined", "waiting", "taking", "storing", "in", "refused", "cancelled"),
    "failed",
)
DIGEST_STATES = ("on", "paused", "off")
VERDICTS = ("approve", "send back", "reject")
CHECK_LEVELS = ("pass", "stated", "warn", "block")
POST_KINDS = ("card", "delivery", "notice", "file", "whisper")
DESTINATION_KINDS = ("thread", "place", "file", "audience")

# The fingerprint that an approval is bound to: SHA-256 over JSON with these keys, sorted, without
# blanks, in UTF-8. A part's body is stored without its facts.
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
# The titles that each part's key may have; a key of a list ends with ".1", ".2".
PART_TITLES: dict[str, list[str]] = _LONG["titles"]
# Titles that the code no longer has, and today's that people see in their place.
SHOWN_TITLES: dict[str, str] = _LONG["shown_titles"]
SKILLS = (
    *("answer", "blockers", "digest", "draft", "experiment", "feedback", "predict", "recap"),
    *("targeting", "trends"),
)
CHANNELS = ("email", "sms", "product_page")

# The engine (DBOS): work that waits is bound to the application's name and version.
ENGINE_NAME, ENGINE_VERSION = "super-intern", "1"
WORKFLOW, STEP = "do", "step"
QUEUES = ("slow", "quick", "suspects")
ENGINE_SERIALIZER = "portable_json"  # no pickle: no path of a class is stored
JOB_KINDS = (
    *("work", "check", "deliver", "show", "say", "understand", "take_in", "merge", "inbox"),
    *("digest", "look", "join", "freshen", "tell", "publish"),
)
JOB_ID = "{kind}:{subject}:{turn}"  # of the workflow, and of the row in `crashes`

# Slack: what stands in messages that are there already.
ACTION_IDS = (
    *("approve", "approve_anyway", "edit", "send_back", "more", "stop", "share", "use_hook"),
    *("answer", "send_to", "try_again", "details", "result_ours", "result_not", "lead"),
    *("lead_now", "export_audience", "digest_on", "digest_pause", "digest_off", "digest_now"),
    *("digest_change", "alert_mute", "alert_unmute", "alert_useless", "take_in", "dont_take_in"),
    *("other_kind", "read_again", "stayed_out"),
)
MENU_VALUES = ("reject", "sources", "what_left", "history", "download")
CALLBACK_IDS = (
    *("brief_form", "edit_form", "send_back_form", "reject_form", "anyway_form", "rule_form"),
    *("export_form", "digest_form"),
)
# Names of fields in forms, which are block ids and action ids at once.
FORM_FIELDS = (
    *("words", "channel", "audience", "language", "private", "reason", "reasons", "platform"),
    *("name", "sections", "where", "weekday", "hour", "zone", "about", "quiet", "alerts"),
    *("segments", "bought", "bought_categories", "bought_at_least", "bought_within"),
    *("not_bought", "not_within", "min_orders", "max_orders", "countries", "regions"),
    *("purpose", "moment"),
)
# A button's value and a form's private metadata are JSON with these keys.
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

# Identifiers that other rows and fingerprints point to.
TASK_ID = 16  # hexadecimal digits of a SHA-256 over what Slack said, joined by "|"
PIECE_ID, DRAFT_ID, DECISION_ID = "{task}.{number}", "{piece}.v{version}", "{draft}:{by}"
CARD_ID, FILE_PIECE = "{piece}:card", "arrival:{id}"
FACT_ID = "{kind}.{subject}.{measure}"
# The kinds of facts, which are the first word of a fact's id.
FACT_KINDS = (
    *("product", "range", "brand", "stated", "sent", "work", "praise", "objection", "past_copy"),
    *("segments", "audiences", "behaviour", "feedback", "trends", "funnel", "delivery"),
    *("campaigns", "experiments", "sold", "sellers", "plan"),
)
LIBRARY_KINDS = (
    *("orders", "events", "feedback", "prices", "campaigns", "experiments", "consents"),
)

# The home's files and folders.
HOME_FILES = ("brand.toml", "policy.toml", "super-intern.db", "super-intern.key")
HOME_FILES_WRITTEN = ("journal-heads.jsonl",)
HOME_FOLDERS = ("library", "inbox", "live", "arrivals", "rejects", "damaged", "tmp", "play")
INBOX_FOLDERS = ("done", "refused")

# What is typed and called from outside.
ENVIRONMENT = (
    *("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL", "HOST"),
    *("PORT", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "SUPER_INTERN_MODEL"),
    *("SUPER_INTERN_FALLBACK_MODEL", "DATABASE_URL", "SUPER_INTERN_HOME", "SUPER_INTERN_KEY"),
    *("WAREHOUSE_URL", "SUPER_INTERN_CONCURRENCY", "SUPER_INTERN_CONCURRENCY_PER_WORKSPACE"),
    *("SUPER_INTERN_POLL_SECONDS", "SUPER_INTERN_LOG", "SUPER_INTERN_SECONDS_AHEAD"),
)
ROUTES = ("POST /slack/events", "GET /health", "POST /library/{kind}")
HEADERS = (
    "X-Super-Intern-Timestamp",
    "X-Super-Intern-Signature",
    "X-Super-Intern-Workspace",
)
COMMANDS = (
    *("play", "serve", "work", "migrate", "try", "import", "facts", "key", "digest", "manifest"),
    *("doctor", "journal"),
)
SLASH_COMMANDS = ("/digest", "/draft", "/feedback", "/target", "/trends")
