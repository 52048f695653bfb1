"""Artifact: a file that a job left; its content is found by its SHA-256."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class StoredArtifact:
    """An artifact as stored; `size` in bytes."""

    id: int
    run_id: int
    job_id: int
    name: str
    size: int
    sha256: str
    created_at: datetime
