"""The REST API of the fake: what each call answers, as the API's documentation says."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt

from tests.fakes.github.graphql import execute
from tests.fakes.github.state import App, Data, GitHubState, Grant, Pull

VERSIONS = {"2022-11-28", "2026-03-10"}


@dataclass
class Call:
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    asked: str = ""
    """The path as it was asked for, with what an Enterprise server has before it."""

    @classmethod
    def read(cls, method: str, target: str, headers: Mapping[str, str], body: Any) -> "Call":
        path, _, query = target.partition("?")
        pairs = {name: words[0] for name, words in parse_qs(query).items()}
        short = path.removeprefix("/api").removeprefix("/v3")
        return cls(method, short, pairs, headers, body, asked=path)


@dataclass
class Said(Exception):  # noqa: N818  # an answer that ends a call early
    """An answer."""

    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def refused(status: int, message: str, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, {"message": message}, named)


class Rest:
    """Carries calls out on the state."""

    def __init__(self, state: GitHubState) -> None:
        self.state = state
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Said]]] = [
            (method, re.compile(pattern + "$"), handler)
            for method, pattern, handler in (
                ("GET", r"/app", self._app),
                ("GET", r"/user", self._user),
                ("POST", r"/graphql", self._graphql),
                ("GET", r"/rate_limit", lambda _call: Said(200, {"resources": {}})),
                ("GET", r"/repos/([^/]+/[^/]+)/installation", self._installation),
                ("POST", r"/app/installations/(\d+)/access_tokens", self._mint),
                ("GET", r"/repos/([^/]+/[^/]+)", self._repository),
                ("GET", r"/repos/([^/]+/[^/]+)/pulls", self._pulls),
                ("POST", r"/repos/([^/]+/[^/]+)/pulls", self._open),
                ("GET", r"/repos/([^/]+/[^/]+)/pulls/(\d+)", self._pull),
                ("PATCH", r"/repos/([^/]+/[^/]+)/pulls/(\d+)", self._change),
                ("GET", r"/repos/([^/]+/[^/]+)/pulls/(\d+)/reviews", self._reviews),
                ("GET", r"/repos/([^/]+/[^/]+)/pulls/(\d+)/reviews/(\d+)/comments", self._comments),
                ("GET", r"/repos/([^/]+/[^/]+)/commits/(\w+)/check-runs", self._checks),
                ("POST", r"/repos/([^/]+/[^/]+)/check-runs", self._check),
                ("PATCH", r"/repos/([^/]+/[^/]+)/check-runs/(\d+)", self._change_check),
                ("GET", r"/repos/([^/]+/[^/]+)/commits/(\w+)/status", self._status),
                ("POST", r"/repos/([^/]+/[^/]+)/statuses/(\w+)", self._say_status),
            )
        ]

    def answer(self, call: Call) -> Said:
        """What is answered, limits and headers included."""
        try:
            self._admit(call)
            said = self._route(call)
        except Said as early:
            said = early
        reset = self.state.reset_at or self.state.clock.now() + timedelta(hours=1)
        said.headers |= {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(self.state.remaining),
            "X-RateLimit-Reset": str(int(reset.timestamp())),
            "X-RateLimit-Resource": "core",
        }
        return said

    def _admit(self, call: Call) -> None:
        if not call.headers.get("User-Agent"):
            raise refused(403, "Request forbidden by administrative rules.")
        if call.headers.get("X-GitHub-Api-Version", "2022-11-28") not in VERSIONS:
            raise refused(400, "Unsupported API version")
        if self.state.secondary:
            status, headers = self.state.secondary.pop(0)
            raise Said(status, {"message": "You have exceeded a secondary rate limit"}, {**headers})
        if self.state.reset_at and self.state.clock.now() >= self.state.reset_at:
            self.state.remaining, self.state.reset_at = 5_000, None
        if self.state.remaining <= 0:
            raise refused(403, "API rate limit exceeded")

    def _route(self, call: Call) -> Said:
        for method, pattern, handler in self._routes:
            match = pattern.match(call.path)
            if match and method == call.method:
                said = handler(call, *match.groups())
                self.state.remaining -= 1
                return said
        raise refused(404, "Not Found")

    # --- who asks --------------------------------------------------------------------------

    def _jwt(self, call: Call) -> App:
        """The App whose own token this is: its signature, age and length of life are checked."""
        app = self.state.app
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        options: Any = {"verify_exp": False, "verify_iat": False}
        try:
            assert app is not None
            claims = jwt.decode(token, app.public_key, algorithms=["RS256"], options=options)
        except (AssertionError, jwt.PyJWTError):
            raise refused(401, "A JSON web token could not be decoded") from None
        now = self.state.clock.now().timestamp()
        if claims["iss"] != app.app_id or not now < claims["exp"] <= now + 600:
            raise refused(401, "'Expiration time' claim ('exp') is too far in the future")
        if claims["iat"] > now:
            raise refused(401, "'Issued at' claim ('iat') must be in the past")
        return app

    def _allow(self, call: Call, name: str, **needed: str) -> Grant:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self.state.tokens.get(token)
        if grant is None or (grant.expires_at and grant.expires_at <= self.state.clock.now()):
            raise refused(401, "Bad credentials")
        if name not in grant.repositories or not self.state.has(name):
            raise refused(404, "Not Found")
        for permission, level in needed.items():
            if grant.permissions.get(permission) not in {level, "write"}:
                accepted = f"{permission}={level}"
                raise refused(
                    403,
                    "Resource not accessible by this token",
                    X_Accepted_GitHub_Permissions=accepted,
                )
        return grant

    def _app(self, call: Call) -> Said:
        app = self._jwt(call)
        return Said(200, {"slug": app.slug, "permissions": app.permissions, "events": []})

    def _user(self, call: Call) -> Said:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.state.tokens:
            raise refused(401, "Bad credentials")
        return Said(200, {"login": "octocat", "type": "User"})

    def _installation(self, call: Call, name: str) -> Said:
        for number, repositories in self._jwt(call).installations.items():
            if name in repositories:
                return Said(200, {"id": number})
        raise refused(404, "Not Found")

    def _mint(self, call: Call, number: str) -> Said:
        app = self._jwt(call)
        has = app.installations.get(int(number))
        if has is None:
            raise refused(404, "Not Found")
        wanted = dict(call.body.get("permissions") or app.permissions)
        if any(app.permissions.get(name) not in {level, "write"} for name, level in wanted.items()):
            raise refused(422, "The permissions requested are not granted to this installation.")
        asked = call.body.get("repositories")
        chosen = tuple(n for n in has if asked is None or n.partition("/")[2] in asked)
        if not chosen:
            raise refused(422, "There is at least one repository that does not exist")
        return Said(201, self.state.mint(int(number), chosen, wanted))

    # --- repositories and pull requests ----------------------------------------------------

    def _repository(self, call: Call, name: str) -> Said:
        grant = self._allow(call, name)
        can_push = grant.permissions.get("contents") == "write"
        return Said(
            200,
            {
                "full_name": name,
                "default_branch": "main",
                "permissions": {"pull": True, "push": can_push},
            },
        )

    def _pulls(self, call: Call, name: str) -> Said:
        self._allow(call, name, pull_requests="read")
        head = call.query.get("head", ":").partition(":")[2]
        state = call.query.get("state", "open")
        found = [
            self.state.pull_json(pull)
            for pull in self.state.pulls
            if pull.repository == name
            and state in {pull.state, "all"}
            and head in {"", pull.branch}
        ]
        return self._page(call, found)

    def _page(self, call: Call, entries: list[Any]) -> Said:
        size, page = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
        said = Said(200, entries[(page - 1) * size : page * size])
        if page * size < len(entries):
            query = urlencode({**call.query, "per_page": size, "page": page + 1})
            further = f"http://{call.headers.get('Host')}{call.asked}?{query}"
            said.headers["Link"] = f'<{further}>; rel="next"'
        return said

    def _open(self, call: Call, name: str) -> Said:
        self._allow(call, name, pull_requests="write", contents="read")
        branch = call.body["head"].rpartition(":")[2]
        tip = self.state.tip(name, branch)
        errors: list[Data] = []
        if not tip:
            errors.append({"resource": "PullRequest", "field": "head", "code": "invalid"})
        elif tip == self.state.tip(name, call.body["base"]):
            errors.append({"message": f"No commits between {call.body['base']} and {branch}"})
        elif any((p.branch, p.state, p.source) == (branch, "open", "") for p in self.state.pulls):
            errors.append({"message": f"A pull request already exists for {branch}."})
        if errors:
            return Said(422, {"message": "Validation Failed", "errors": errors})
        return Said(201, self.state.pull_json(self.state.open_pull(name, call.body)))

    def _pull(self, call: Call, name: str, number: str) -> Said:
        self._allow(call, name, pull_requests="read")
        pull = self._find(name, number)
        said = Said(200, self.state.pull_json(pull))
        pull.mergeable = True
        return said

    def _find(self, name: str, number: str) -> Pull:
        for pull in self.state.pulls:
            if (pull.repository, pull.number) == (name, int(number)):
                return pull
        raise refused(404, "Not Found")

    def _change(self, call: Call, name: str, number: str) -> Said:
        self._allow(call, name, pull_requests="write")
        pull = self._find(name, number)
        pull.body = call.body.get("body", pull.body)
        pull.title = call.body.get("title", pull.title)
        return Said(200, self.state.pull_json(pull))

    def _reviews(self, call: Call, name: str, number: str) -> Said:
        self._allow(call, name, pull_requests="read")
        return self._page(call, self._find(name, number).reviews)

    def _comments(self, call: Call, name: str, number: str, review: str) -> Said:
        self._allow(call, name, pull_requests="read")
        return self._page(call, self._find(name, number).comments.get(int(review), []))

    # --- checks and statuses ---------------------------------------------------------------

    def _checks(self, call: Call, name: str, commit: str) -> Said:
        self._allow(call, name, checks="read")
        if not self.state.tells_statuses:
            raise refused(404, "Not Found")
        wanted = call.query.get("check_name")
        found = [
            check
            for check in self.state.checks
            if check["head_sha"] == commit and wanted in {None, check["name"]}
        ]
        if call.query.get("filter", "latest") == "latest":
            found = list({check["name"]: check for check in found}.values())
        return self._page_within(call, "check_runs", found)

    def _page_within(self, call: Call, name: str, found: list[Any], **more: Any) -> Said:
        said = self._page(call, found)
        said.data = {"total_count": len(found), name: said.data, **more}
        return said

    def _check(self, call: Call, name: str) -> Said:
        if not self._allow(call, name, checks="write").is_app:
            raise refused(403, "You must authenticate via a GitHub App.")
        if not self.state.has_commit(name, call.body["head_sha"]):
            raise refused(422, f"No commit found for SHA: {call.body['head_sha']}")
        self.state.checks.append({"id": self.state.new_id(), **_completed(call.body)})
        self.state.told.append(self.state.checks[-1] | {})
        return Said(201, self.state.checks[-1])

    def _change_check(self, call: Call, name: str, number: str) -> Said:
        self._allow(call, name, checks="write")
        check = next((known for known in self.state.checks if known["id"] == int(number)), None)
        if check is None:
            raise refused(404, "Not Found")
        check |= _completed(call.body)
        if check["status"] != "completed":
            check.pop("conclusion", None)
        self.state.told.append(check | {})
        return Said(200, check)

    def _status(self, call: Call, name: str, commit: str) -> Said:
        self._allow(call, name, statuses="read")
        if not self.state.tells_statuses:
            raise refused(404, "Not Found")
        newest = {said["context"]: said for said in self.state.statuses if said["sha"] == commit}
        return self._page_within(call, "statuses", [*newest.values()][::-1], sha=commit)

    def _say_status(self, call: Call, name: str, commit: str) -> Said:
        self._allow(call, name, statuses="write")
        if call.body["state"] not in {"error", "failure", "pending", "success"}:
            raise refused(422, "Validation Failed")
        self.state.statuses.append({"sha": commit, **call.body})
        return Said(201, self.state.statuses[-1])

    def _graphql(self, call: Call) -> Said:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self.state.tokens.get(token)
        if grant is None or (grant.expires_at and grant.expires_at <= self.state.clock.now()):
            raise refused(401, "Bad credentials")
        return Said(200, execute(self.state, grant, call.body))


def _completed(body: Data) -> Data:
    """A check run as it is kept: a conclusion completes it, and one that is complete has one."""
    if body.get("status", "queued") not in {"queued", "in_progress", "completed"}:
        raise refused(422, "Invalid request. The status is not one of those.")
    if "conclusion" in body:
        return {**body, "status": "completed"}
    if body.get("status") == "completed":
        raise refused(422, "Invalid request. A completed check run has a conclusion.")
    return {"status": "queued", **body}
