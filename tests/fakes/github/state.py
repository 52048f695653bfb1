"""What the fake GitHub knows: repositories, pull requests, tokens, and whom it told of what."""

import hashlib
import hmac
import itertools
import json
import os
import secrets
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bot.ports.clock import Clock

Data = dict[str, Any]
PAYLOADS = Path(__file__).resolve().parents[2] / "data" / "github"
EVERYTHING = {
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "statuses": "write",
    "metadata": "read",
}


@dataclass
class Grant:
    """What a token opens."""

    repositories: tuple[str, ...]
    permissions: Mapping[str, str]
    expires_at: datetime | None = None
    is_app: bool = False


@dataclass
class Pull:
    """A pull request."""

    repository: str
    number: int
    title: str
    branch: str
    base: str
    body: str = ""
    draft: bool = False
    state: str = "open"
    merged_by: str = ""
    head: str = ""
    source: str = ""
    """The fork that the branch is in; empty for the repository itself."""
    mergeable: bool | None = None
    """Null until somebody has asked once."""
    reviews: list[Data] = field(default_factory=list)
    comments: dict[int, list[Data]] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        """How GraphQL calls it."""
        return f"PR_{self.repository}#{self.number}"


@dataclass(frozen=True)
class Delivery:
    """A webhook as it goes over the wire."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class App:
    """A GitHub App with its installations: number → repositories."""

    app_id: str
    public_key: str
    slug: str = "signalbox-test"
    installations: dict[int, tuple[str, ...]] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=lambda: dict(EVERYTHING))


class GitHubState:
    """The world behind the server; tests act on it as people do."""

    def __init__(self, folder: Path, clock: Clock, *, secret: str = "webhook-secret") -> None:
        self.clock = clock
        self.secret = secret
        self.folder = folder
        self.pulls: list[Pull] = []
        self.checks: list[Data] = []
        self.statuses: list[Data] = []
        self.told: list[Data] = []
        """Check runs as each request has left them."""
        self.tokens: dict[str, Grant] = {}
        self.minted: list[tuple[str, Grant]] = []
        self.app: App | None = None
        self.deliveries: list[Delivery] = []
        self.remaining = 5_000
        self.reset_at: datetime | None = None
        self.secondary: list[tuple[int, Mapping[str, str]]] = []
        """Refusals to come, with their headers."""
        self.outage = False
        self.tells_statuses = True
        """Whether it says what stands beside a commit; some stand-ins do not."""
        self.lose_answer_of = ""
        """A request (`POST /repos/acme/shop/pulls`) that is carried out once without an answer."""
        self.form = False
        """Whether webhooks are sent as forms."""
        self.requests: list[tuple[str, str, int]] = []
        self._ids = itertools.count(1_000)

    # --- what is set up --------------------------------------------------------------------

    def add_repository(self, name: str) -> Path:
        """A bare repository with one commit on main."""
        bare = self.folder / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
        self.commit(name, "main", "hello")
        return bare

    def commit(self, name: str, branch: str, text: str) -> str:
        """Somebody pushes a commit to a branch, made from main where it is new; its id."""
        bare = self.bare(name)
        tip = self.tip(name, branch) or self.tip(name, "main")
        blob = self._git("hash-object", "-w", "--stdin", folder=bare, given=text)
        tree = self._git("mktree", folder=bare, given=f"100644 blob {blob}\treadme\n")
        parents = ["-p", tip] if tip else []
        made = self._git("commit-tree", tree, *parents, "-m", text, folder=bare)
        self._git("update-ref", f"refs/heads/{branch}", made, folder=bare)
        for pull in self.pulls:
            if (pull.repository, pull.branch, pull.state) == (name, branch, "open"):
                pull.head = made
        return made

    def add_token(self, *repositories: str, permissions: Mapping[str, str] | None = None) -> str:
        """A fine-grained personal token; without checks, as GitHub has it."""
        token = f"github_pat_{secrets.token_hex(20)}"
        given = permissions or {k: v for k, v in EVERYTHING.items() if k != "checks"}
        self.tokens[token] = Grant(repositories, given)
        return token

    def mint(self, installation: int, repositories: tuple[str, ...], wanted: Data) -> Data:
        """An installation's token for an hour."""
        token = f"ghs_{secrets.token_hex(18)}"
        expires_at = self.clock.now() + timedelta(hours=1)
        grant = Grant(repositories, wanted, expires_at, is_app=True)
        self.tokens[token] = grant
        self.minted.append((token, grant))
        return {
            "token": token,
            "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": wanted,
            "repository_selection": "selected",
            "installation": installation,
        }

    # --- what people do --------------------------------------------------------------------

    def close(self, number: int, *, by: str = "octocat") -> Delivery:
        """Close it without a merge."""
        pull = self.pull(number)
        pull.state = "closed"
        return self._tell_of(pull, "closed", by)

    def merge(self, number: int, *, by: str = "octocat") -> Delivery:
        """Merge it."""
        pull = self.pull(number)
        pull.state, pull.merged_by = "closed", by
        return self._tell_of(pull, "closed", by)

    def reopen(self, number: int, *, by: str = "octocat") -> Delivery:
        """Open it again."""
        pull = self.pull(number)
        pull.state = "open"
        return self._tell_of(pull, "reopened", by)

    def request_changes(
        self, number: int, text: str, comments: Mapping[str, str] | None = None, by: str = "rev"
    ) -> Delivery:
        """A review that asks for changes; comments by `path:line`."""
        pull, review = self.pull(number), next(self._ids)
        pull.reviews.append(
            {
                "id": review,
                "state": "CHANGES_REQUESTED",
                "body": text,
                "user": {"login": by, "type": "User"},
                "html_url": f"{self.web_url(pull)}#pullrequestreview-{review}",
            }
        )
        pull.comments[review] = [
            {"path": place.rpartition(":")[0], "line": int(place.rpartition(":")[2]), "body": said}
            for place, said in (comments or {}).items()
        ]
        return self._tell_of(pull, "submitted", by, event="pull_request_review")

    def approve(self, number: int) -> None:
        """A review that asks for nothing."""
        self.pull(number).reviews.append(
            {"id": next(self._ids), "state": "APPROVED", "body": "fine", "user": {"login": "rev"}}
        )

    # --- what it tells ---------------------------------------------------------------------

    def ping(self) -> Delivery:
        """What a new webhook is greeted with."""
        return self.sign("ping", {"zen": "Keep it logically awesome.", "hook_id": 1})

    def sign(self, event: str, payload: Data) -> Delivery:
        """A delivery of any event; it is kept, and nothing sends it by itself."""
        body = json.dumps(payload).encode()
        kind = "application/json"
        if self.form:
            body = urlencode({"payload": body.decode()}).encode()
            kind = "application/x-www-form-urlencoded"
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        delivery = Delivery(
            {
                "Content-Type": kind,
                "User-Agent": "GitHub-Hookshot/044aadd",
                "X-GitHub-Event": event,
                "X-GitHub-Delivery": str(uuid.uuid4()),
                "X-GitHub-Hook-ID": "1",
                "X-Hub-Signature-256": f"sha256={signature}",
            },
            body,
        )
        self.deliveries.append(delivery)
        return delivery

    def _tell_of(
        self, pull: Pull, action: str, by: str, *, event: str = "pull_request"
    ) -> Delivery:
        example = action if event == "pull_request" else "opened"
        payload = json.loads((PAYLOADS / f"github.pull_request.{example}.json").read_bytes())
        payload["action"] = action
        payload["number"] = pull.number
        payload["pull_request"] |= self.pull_json(pull)
        payload["repository"]["full_name"] = pull.repository
        payload["sender"] |= {"login": by, "type": "Bot" if by.endswith("[bot]") else "User"}
        return self.sign(event, payload)

    # --- what it knows ---------------------------------------------------------------------

    def bare(self, name: str) -> Path:
        return self.folder / f"{name}.git"

    def has(self, name: str) -> bool:
        return self.bare(name).is_dir()

    def tip(self, name: str, branch: str) -> str:
        """The commit of a branch; empty where there is none."""
        where = f"refs/heads/{branch}"
        return self._git("for-each-ref", "--format=%(objectname)", where, folder=self.bare(name))

    def has_commit(self, name: str, commit: str) -> bool:
        """Whether a repository holds a commit."""
        kind = self._git("cat-file", "--batch-check", folder=self.bare(name), given=f"{commit}\n")
        return kind.split()[1:2] == ["commit"]

    def pull(self, number: int) -> Pull:
        return next(pull for pull in self.pulls if pull.number == number)

    def web_url(self, pull: Pull) -> str:
        return f"https://github.test/{pull.repository}/pull/{pull.number}"

    def open_pull(self, name: str, asked: Data) -> Pull:
        """A new pull request."""
        pull = Pull(
            repository=name,
            number=len(self.pulls) + 7,
            title=asked["title"],
            branch=asked["head"].rpartition(":")[2],
            base=asked["base"],
            body=asked.get("body") or "",
            draft=bool(asked.get("draft")),
        )
        pull.head = self.tip(name, pull.branch)
        self.pulls.append(pull)
        return pull

    def pull_json(self, pull: Pull) -> Data:
        merged = bool(pull.merged_by)
        pull.head = (pull.state == "open" and self.tip(pull.repository, pull.branch)) or pull.head
        repository = {"full_name": pull.repository}
        return {
            "number": pull.number,
            "node_id": pull.node_id,
            "html_url": self.web_url(pull),
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "draft": pull.draft,
            "merged": merged,
            "merged_at": "2026-03-02T12:00:00Z" if merged else None,
            "merged_by": {"login": pull.merged_by} if merged else None,
            # Set whether it was merged or not.
            "merge_commit_sha": "e5bd3914e2e596debea16f433f57875b5b90bcd6",
            "mergeable": pull.mergeable,
            "head": {
                "ref": pull.branch,
                "sha": pull.head,
                "repo": {"full_name": pull.source or pull.repository},
            },
            "base": {"ref": pull.base, "repo": repository},
        }

    def new_id(self) -> int:
        return next(self._ids)

    def _git(self, *arguments: str, folder: Path | None = None, given: str = "") -> str:
        who = {"NAME": "Ana", "EMAIL": "ana@example.org"}
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": "/dev/null",
            **{f"GIT_AUTHOR_{name}": value for name, value in who.items()},
            **{f"GIT_COMMITTER_{name}": value for name, value in who.items()},
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder or self.folder,
            env=environment,
            input=given,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()
