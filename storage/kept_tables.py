"""Tables of what runs leave and are made of: output, files, blueprints, issues, pull requests."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    false,
)

from bot.domain.blueprint import Blueprint
from bot.domain.issue import Issue
from bot.domain.pull_request import PullState
from storage.columns import WORDS, Json, Word
from storage.table_parts import actor_columns, at, key, metadata, of, words

log_chunks = Table(
    "log_chunks",
    metadata,
    of("job", primary_key=True),
    Column("seq", Integer, primary_key=True),
    at("at"),
    words("stream"),
    words("text"),
    Index(None, "at"),
)

artifacts = Table(
    "artifacts",
    metadata,
    key(),
    of("run"),
    of("job"),
    words("name"),
    Column("size", BigInteger, nullable=False),
    words("sha256"),
    at("created_at"),
    UniqueConstraint("run_id", "job_id", "name", "sha256"),
    Index(None, "sha256"),
    Index(None, "created_at"),
)

blueprint_versions = Table(
    "blueprint_versions",
    metadata,
    Column("version", WORDS, primary_key=True),
    words("name"),
    Column("content", Json(Blueprint), nullable=False),
    at("kept_at"),
)

blueprint_states = Table(
    "blueprint_states",
    metadata,
    Column("name", WORDS, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    *actor_columns(),
    at("at"),
    words("reason"),
    Column("ignored", Integer, nullable=False),
)

blueprint_files = Table(
    "blueprint_files",
    metadata,
    Column("file", WORDS, primary_key=True),
    words("sha256"),
    Column("broken", Boolean, nullable=False),
    words("owner"),
    words("told_to"),
    Column("changes", Integer, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("surface", WORDS, primary_key=True),
    Column("tenant", WORDS, primary_key=True),
    Column("issue_id", WORDS, primary_key=True),
    words("key"),
    Column("content", Json(Issue), nullable=False),
    at("read_at"),
    Index(None, "key"),
    Index(None, "issue_id"),
    Index(None, "read_at"),
)

pull_requests = Table(
    "pull_requests",
    metadata,
    key(),
    of("run", unique=True),
    words("surface"),
    words("repository"),
    words("branch"),
    words("commit"),
    Column("draft", Boolean, nullable=False),
    Column("state", Word(PullState), nullable=False),
    Column("number", Integer, nullable=False),
    words("url"),
    words("head"),
    Column("wanted", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    words("problem"),
    at("wanted_at"),
    at("closed_at", nullable=True),
    at("due_at", nullable=True),
    Column("promote", Boolean, nullable=False, server_default=false()),
    Index(None, "due_at"),
    Index(None, "surface", "repository", "number"),
)

commit_checks = Table(
    "commit_checks",
    metadata,
    key(),
    of("run"),
    words("surface"),
    words("repository"),
    words("commit"),
    Column("attempt", Integer, nullable=False),
    words("ref"),
    words("told"),
    at("told_at", nullable=True),
    Column("failures", Integer, nullable=False),
    at("due_at", nullable=True),
    UniqueConstraint("run_id", "commit"),
    Index(None, "due_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", WORDS, primary_key=True),
    at("at"),
    Index(None, "at"),
)
