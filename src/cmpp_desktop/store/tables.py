"""The tables: one for each kind of record, made from the domain's own `…Fields`, and those of sync and of this laptop.

A record table has the fields of its kind as columns (columns.py), the key (id, coll), and `meta_…` columns that the unit
of work and the replica keep: life, whether it is shown, who touched it when, and the columns that queries sort by. The sync
tables follow the section `Tables` of the sync rules; `clock` is written by state.py alone. All of it lies in SQLCipher.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

from cmpp_desktop.changes import SIGNED
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.records import Fields
from cmpp_desktop.store.columns import Codec, Id, codec_of

METADATA = MetaData()


class SignedFields(Fields):
    """What was signed, for ever (rules 20, 21): canonical bytes and the signature of the device. The id is their hash."""

    kind: ClassVar[str] = SIGNED
    about: ClassVar[str] = ""

    content: bytes
    signature: bytes


RECORD_KINDS: Mapping[str, type[Fields]] = {**KINDS, SIGNED: SignedFields}
CODECS: Mapping[str, Mapping[str, Codec]] = {
    kind: {name: codec_of(info.annotation) for name, info in model.model_fields.items()} for kind, model in RECORD_KINDS.items()
}

# Columns that queries sort or filter by, made from a composite field of the record: kind → (column, type).
EXTRA_COLUMNS: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "obligation": (("meta_starts", BigInteger), ("meta_day", String)),
    "service_session": (("meta_starts", BigInteger), ("meta_day", String)),
}

INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "participant": (("birth_date",),),
    "contact_route": (("participant_id",),),
    "address": (("participant_id",),),
    "household_member": (("participant_id",), ("household_id",)),
    "case": (("participant_id",), ("caseworker_id", "state")),
    "consent": (("participant_id",), ("withdrawn_on", "expires_on", "id", "coll", "meta_shown")),
    "obligation": (
        ("participant_id", "meta_starts"),
        ("meta_shown", "meta_day", "result", "type", "participant_id", "coll"),
        ("meta_shown", "result", "meta_starts"),
        ("trigger_id",),
    ),
    "task": (
        ("participant_id",),
        ("assigned_to", "done_at", "due_on"),
        ("done_at", "due_on", "id", "coll", "meta_shown"),
        ("subject_id",),
    ),
    "note": (("participant_id", "written_at"),),
    "service_session": (("participant_id", "meta_starts"), ("meta_life", "participant_id")),
    "attendance": (("session_id",), ("participant_id",)),
    "screening": (("participant_id",),),
    "review": (("subject_id", "at"), ("participant_id",), ("verdict", "at")),
    "amendment": (("subject_id",), ("participant_id",)),
    "instrument": (("form_id",), ("hash",)),
    "separation": (("participant_id",), ("from_id",)),
    "case_assignment": (("participant_id",), ("case_id",), ("staff_id",)),
    "proceeding": (("participant_id",),),
    "representation": (("participant_id",),),
    "application": (("participant_id",),),
    "order": (("participant_id",),),
    "appeal": (("participant_id",),),
    "clock_event": (("participant_id",), ("application_id",)),
    "attachment": (("participant_id",), ("expires_on",), ("content_hash",)),
    "service_plan": (("participant_id",), ("closed_on", "review_on", "id", "coll", "meta_shown")),
    "need": (("participant_id",),),
    "goal": (("participant_id",),),
    "action_step": (("participant_id",), ("goal_id",)),
    "hsds_organization": (("hsds_id",), ("name",)),
    "hsds_service": (("hsds_id",), ("organization_id",)),
    "hsds_location": (("hsds_id",), ("organization_id",)),
    "referral": (("participant_id",), ("referred_by",), ("closed_on", "follow_up_on", "id", "coll", "meta_shown")),
    "potential_relief": (("participant_id",),),
    "disclosure": (("participant_id",), ("consent_id",)),
    "direct_assistance": (("participant_id",), ("given_on",), ("reverses_id",)),
    "staff_time": (("staff_id", "day"), ("day",), ("reverses_id",), ("session_id",)),
    "transfer": (("participant_id",), ("answered_at",)),
    "merge": (("a",), ("b",)),
    "legal_hold": (("participant_id",), ("award",)),
}


class Row(SQLModel):
    """Base of the record tables. They do not validate: the unit of work validates with the `…Fields` first."""

    metadata = METADATA


def _row_class(kind: str, model: type[Fields]) -> type[Row]:
    columns: dict[str, Column[Any]] = {
        "id": Column("id", Id, primary_key=True),
        "coll": Column("coll", Integer, primary_key=True),
    }
    for name, codec in CODECS[kind].items():
        columns[name] = Column(name, codec.sql, nullable=codec.nullable)
    columns["meta_life"] = Column("meta_life", String, nullable=False)
    columns["meta_status"] = Column("meta_status", String, nullable=False)
    columns["meta_shown"] = Column("meta_shown", Integer, nullable=False)
    columns["meta_signed_id"] = Column("meta_signed_id", Id)
    for name in ("meta_created", "meta_created_dev", "meta_changed", "meta_changed_dev"):
        columns[name] = Column(name, BigInteger, nullable=False)
    for name, sql in EXTRA_COLUMNS.get(kind, ()):
        columns[name] = Column(name, sql)
    # `default=None` alone would make SQLModel build its own column: it takes ours as it is.
    body: dict[str, Any] = {name: Field(default=None, sa_column=column) for name, column in columns.items()}
    body["__annotations__"] = dict.fromkeys(columns, Any)
    body["__module__"] = __name__
    body["__tablename__"] = f"r_{kind}"
    body["__table_args__"] = tuple(
        Index(f"r_{kind}_{'_'.join(item.removeprefix('meta_') for item in names)}", *names) for names in INDEXES.get(kind, ())
    )
    metaclass: Any = type(Row)
    made: type[Row] = metaclass(f"{model.__name__.removesuffix('Fields')}Row", (Row,), body, table=True)
    return made


ROWS: Mapping[str, type[Row]] = {kind: _row_class(kind, model) for kind, model in RECORD_KINDS.items()}
TABLES: Mapping[str, Table] = {kind: METADATA.tables[f"r_{kind}"] for kind in RECORD_KINDS}


def _table(name: str, *columns: Any, rowid: bool = False) -> Table:
    return Table(name, METADATA, *columns, sqlite_with_rowid=rowid)


def _key(name: str, sql: Any = Integer) -> Column[Any]:
    return Column(name, sql, primary_key=True)


def _col(name: str, sql: Any = Integer, *, null: bool = False) -> Column[Any]:
    return Column(name, sql, nullable=null)


# What small numbers stand for.
DEVICE = _table(
    "device",
    _key("idx"),
    Column("device_id", LargeBinary, unique=True, nullable=False),
    _col("member_id", Id, null=True),
    rowid=True,
)
KIND = _table("kind", _key("idx"), Column("name", String, unique=True, nullable=False), rowid=True)
FIELD = _table("field", _key("idx"), Column("name", String, unique=True, nullable=False), rowid=True)
FIELDSET = _table("fieldset", _key("idx"), Column("members", LargeBinary, unique=True, nullable=False), rowid=True)
COLLECTION = _table(
    "collection",
    _key("idx"),
    Column("collection_id", LargeBinary, unique=True, nullable=False),
    _col("kind", String),  # organisation, caseload, restricted
    _col("team_id", Id, null=True),
    _col("held"),  # 1: this laptop may show and write it
    rowid=True,
)

# Sync.
ROSTER = _table("roster", _key("no"), Column("hash", LargeBinary, unique=True, nullable=False), _col("body", LargeBinary))
COLLECTION_KEY = _table("collection_key", _key("coll"), _key("epoch"), _col("key", LargeBinary))
SYNC_RECORD = _table(
    "sync_record",
    _key("coll"),
    _key("id", LargeBinary),
    _col("kind"),
    _col("clock", LargeBinary),
    _col("life"),
    _col("flags"),
    _col("extra", LargeBinary, null=True),
    Index("sync_record_id", "id"),
)
Index("sync_record_flag", SYNC_RECORD.c.coll, SYNC_RECORD.c.flags, sqlite_where=SYNC_RECORD.c.flags != 0)
SIBLING = _table(
    "sibling",
    _key("coll"),
    _key("id", LargeBinary),
    _key("field"),
    _key("hlc", BigInteger),
    _key("dev"),
    _col("value", LargeBinary),
)
WAITING = _table(
    "waiting",
    _key("coll"),
    _key("id", LargeBinary),
    _key("field"),
    _key("hlc", BigInteger),
    _key("dev"),
    _col("since", BigInteger),
    _col("covered"),
)
COVERS = _table("covers", _key("coll"), _key("id", LargeBinary), _key("hlc", BigInteger), _key("dev"), _col("body", LargeBinary))
CHAIN = _table(
    "chain",
    _key("coll"),
    _key("dev"),
    _col("number", BigInteger),
    _col("hash", LargeBinary),
    _col("last_hlc", BigInteger),
    _col("roster_no"),
)
OUTBOX = _table(
    "outbox",
    _key("n"),
    _col("coll"),
    _col("hlc", BigInteger),
    _col("origin", LargeBinary, null=True),
    _col("body", LargeBinary),
    Index("outbox_coll", "coll", "hlc"),
    rowid=True,
)
ENVELOPE = _table(
    "envelope",
    _key("coll"),
    _key("dev"),
    _key("number", BigInteger),
    _key("hash", LargeBinary),
    _col("epoch"),
    _col("seq", BigInteger, null=True),
    _col("mine"),
    _col("state", String),
    _col("last_hlc", BigInteger, null=True),
    _col("body", LargeBinary),
)
Index("envelope_aside", ENVELOPE.c.coll, ENVELOPE.c.state, sqlite_where=ENVELOPE.c.state != "counts")
Index(
    "envelope_shelf",
    *(ENVELOPE.c[column] for column in ("coll", "dev", "number", "hash", "seq", "mine", "state")),
)
Index("envelope_unlogged", ENVELOPE.c.coll, ENVELOPE.c.dev, ENVELOPE.c.number, sqlite_where=ENVELOPE.c.seq.is_(None))
CURSOR = _table("cursor", _key("coll"), _col("seq", BigInteger), _col("log_hash", LargeBinary))
QUARANTINE = _table(
    "quarantine",
    _key("coll"),
    _key("dev"),
    _key("number", BigInteger),
    _key("hash", LargeBinary),
    _key("part"),
    _col("reason", String),
    _col("since", BigInteger),
    _col("body", LargeBinary),
)
SNAPSHOT = _table(
    "snapshot",
    _key("coll"),
    _key("seq", BigInteger),
    _key("maker"),
    _col("log_hash", LargeBinary),
    _col("roster_no"),
    _col("digest", LargeBinary),
    _col("chain_hash", LargeBinary),
    _col("confirmed_by", null=True),
    _col("taken_at", BigInteger),
)

# This laptop alone.
OWN_CLOCK = _table("own_clock", _key("one"), _col("hlc", BigInteger), _col("dev"))
SETTING = _table("setting", _key("name", String), _col("value", LargeBinary))
LOCAL_SECRET = _table("local_secret", _key("name", String), _col("value", LargeBinary))
DRAFT = _table(
    "draft",
    _key("member_id", Id),
    _key("key", String),
    _col("participant_id", Id, null=True),
    _col("subject_id", Id, null=True),
    _col("title", String),
    _col("body", LargeBinary),
    _col("words"),
    _col("changed_ms", BigInteger),
)
AUDIT_ENTRY = _table(
    "audit_entry",
    _key("number"),
    _col("at_ms", BigInteger),
    _col("member_id", Id, null=True),
    _col("action", String),
    _col("subject_kind", String),
    _col("subject_id", Id, null=True),
    _col("body", LargeBinary),
    _col("hash", LargeBinary),
    rowid=True,
)
AUDIT_BUNDLE = _table("audit_bundle", _key("hash", LargeBinary))
AUDIT_CHAIN = _table(
    "audit_chain", _key("dev"), _col("number"), _col("hash", LargeBinary), _col("heard_ms", BigInteger)
)
AUDIT_HEARD = _table(
    "audit_heard",
    _key("hash", LargeBinary),
    _col("dev"),
    _col("number"),
    _col("at_ms", BigInteger),
    _col("member_id", Id, null=True),
    _col("action", String),
    _col("subject_kind", String),
    _col("subject_id", Id, null=True),
    _col("closed"),
)
Index("audit_heard_at_ms", AUDIT_HEARD.c.at_ms)
AUDIT_TROUBLE = _table("audit_trouble", _key("dev"), _key("number"), _key("code", String), _col("at_ms", BigInteger))
ARRIVAL = _table(
    "arrival",
    _key("n"),
    _col("at_ms", BigInteger),
    _col("kind", String),
    _col("verb", String),
    _col("participant_id", Id, null=True),
    _col("dev"),
    _col("id", Id),
    rowid=True,
)

# Who is whom where people were merged (identity.py): nobody is in it who was not. `mark` changes with what is shown of them.
IDENTITY = _table(
    "identity",
    _key("coll"),
    _key("id", Id),
    _col("canonical", Id),
    _col("mark", LargeBinary),
    Index("identity_canonical", "canonical"),
)

# The contents of attachments, in pieces of at most a mebibyte under the SHA-256 of the whole.
CONTENT = _table("content", _key("hash", LargeBinary), _key("n"), _col("body", LargeBinary), rowid=True)

# Of contents that travel: what the server is known to have, and of which destroyed ones it was told (documents.py).
BLOB_STATE = _table("blob_state", _key("coll"), _key("id", LargeBinary), _col("state"), _col("asked_ms", BigInteger))

# Which text (a note, a session, a document's title) lies under which row number of `text_words`.
TEXT_ENTRY = _table(
    "text_entry",
    _key("doc"),
    Column("id", Id, nullable=False),
    _col("coll"),
    _col("kind", String),
    _col("participant_id", Id, null=True),
    _col("day", String),  # by which the newest comes first
    UniqueConstraint("id", "coll"),
    rowid=True,
)

# What the People page and find-as-you-type read: one line a participant, kept by projection.py, rebuilt from the records.
PERSON = _table(
    "person",
    _key("doc"),
    Column("id", Id, nullable=False),
    _col("coll"),
    _col("fold", String),
    _col("state", String, null=True),
    _col("caseworker_id", Id, null=True),
    _col("languages", String),
    _col("interpreter"),
    _col("last_contact", String, null=True),
    UniqueConstraint("id", "coll"),
    Index("person_coll", "coll"),
    Index("person_fold", "fold", "doc", "coll"),
    Index("person_contact", "last_contact", "fold", "coll"),
    Index("person_spoken", "languages", "coll", "fold", "last_contact"),
    Index("person_filter", "caseworker_id", "state", "interpreter", "languages", "last_contact", "fold", "coll"),
    rowid=True,
)

# Full-text search (search.py): words by their beginnings, pieces of three letters, texts, and what the words of a name sound
# like (likeness.py). Only row numbers are in them.
SEARCH_DDL = (
    "CREATE VIRTUAL TABLE person_words USING fts5(name, other, number, content='', contentless_delete=1, "
    "tokenize=\"unicode61 remove_diacritics 0\", prefix='1 2 3')",
    "CREATE VIRTUAL TABLE person_pieces USING fts5(name, other, number, content='', contentless_delete=1, tokenize='trigram')",
    "CREATE VIRTUAL TABLE text_words USING fts5(body, content='', contentless_delete=1, "
    "tokenize=\"unicode61 remove_diacritics 0\", prefix='1 2 3')",
    "CREATE VIRTUAL TABLE person_sounds USING fts5(sound, content='', contentless_delete=1, detail=none)",
)


def participant_of(kind: str, id: UUID, values: Mapping[str, Any]) -> UUID | None:
    """The participant whom a record is about, from its raw or Python values; None for none."""
    model = RECORD_KINDS.get(kind)
    if model is None or not model.about:
        return None
    found = id if model.about == "id" else values.get(model.about)
    return UUID(bytes=found) if isinstance(found, bytes) else found
