"""Settings: read once, from the environment (`SIGNALBOX_…`) or from signalbox.toml."""

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.domain.errors import UserError

_PREFIX = "SIGNALBOX_"
_FILE = "signalbox.toml"
_DATABASES = ("sqlite:///", "postgresql://")
_MOST = {
    "port": 65_535,
    "slots": 1_000_000,
    "gate_hold": 1_000_000,
    "grace": 1_000_000,
    "log_days": 100_000,
    "artifact_days": 100_000,
}
"""The largest of each setting that is a whole number."""
_SURFACES = ("slack_", "discord_", "linear_", "github_", "oidc_")
"""Settings of chats, trackers and sign-in; with any of them this is no rehearsal."""

_SHORTEST_KEY = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a deployment may choose; each field is a setting of its name."""

    data_dir: Path = Path("data")
    """Everything the embedded default keeps: database, artifacts, workspaces, examples."""
    database_url: str = field(default="", repr=False)
    """`sqlite:///…` or `postgresql://…`; empty for signalbox.db in the data folder."""
    host: str = "127.0.0.1"
    port: int = 8321
    public_url: str = ""
    """The address that people and webhooks use, where it is not host and port."""
    blueprints: Path | None = None
    """The folder of blueprints; by default `blueprints` in the data folder."""
    policy: Path | None = None
    """The policy file; by default `policy.yaml` in the data folder."""
    prices: Path | None = None
    """The price list; by default `prices.yaml` in the data folder, which need not exist."""
    slots: int = 4
    """Jobs that the built-in agent runs at once; 0 for none."""
    agent: str = "local"
    """The built-in agent's name."""
    gate_hold: int = 600
    """Seconds that a program waits at a gate before it is parked."""
    grace: int = 10
    """Seconds between the polite stop of a program and its kill."""
    encryption_key: str = field(default="", repr=False)
    """Seals secret answers; several with a comma between them, the first of which seals."""
    signing_key: str = field(default="", repr=False)
    """What browser sessions are signed with; by default a key made in the data folder."""
    log_days: int = 90
    """Days that the output of ended jobs is kept; 0 for ever."""
    artifact_days: int = 90
    """Days that files of ended runs are kept; 0 for ever."""
    slack_bot_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    """Opens Socket Mode; without it Slack sends to /slack/events, signed."""
    slack_signing_secret: str = field(default="", repr=False)
    slack_client_id: str = ""
    """With the client secret: many workspaces install the bot by OAuth."""
    slack_client_secret: str = field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"
    linear_token: str = field(default="", repr=False)
    linear_client_id: str = ""
    linear_client_secret: str = field(default="", repr=False)
    linear_webhook_secret: str = field(default="", repr=False)
    linear_api_url: str = "https://api.linear.app/graphql"
    github_token: str = field(default="", repr=False)
    github_app_id: str = ""
    github_private_key: str = field(default="", repr=False)
    """PEM, or the path of a file that holds it."""
    github_webhook_secret: str = field(default="", repr=False)
    github_api_url: str = "https://api.github.com"
    rehearsal: bool = True
    """Whether nobody from outside can reach this bot; derived, not set."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which the bot may be called, beside those of loopback."""
        named = urlsplit(self.public_url).hostname
        return tuple(dict.fromkeys(name for name in (named, self.host) if name))

    @property
    def slack(self) -> bool:
        """Whether people reach this bot in Slack."""
        return bool(self.slack_bot_token or self.slack_client_id)

    @property
    def hold_time(self) -> timedelta:
        """`gate_hold` as a duration."""
        return timedelta(seconds=self.gate_hold)

    @property
    def grace_time(self) -> timedelta:
        """`grace` as a duration."""
        return timedelta(seconds=self.grace)

    @property
    def log_time(self) -> timedelta:
        """`log_days` as a duration."""
        return timedelta(days=self.log_days)

    @property
    def artifact_time(self) -> timedelta:
        """`artifact_days` as a duration."""
        return timedelta(days=self.artifact_days)

    @property
    def database(self) -> str:
        """The database's address, defaults filled in. It may hold a password: never show it."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'signalbox.db'}"

    @property
    def blueprints_folder(self) -> Path:
        """Where blueprints are read from."""
        return self.blueprints or self.data_dir / "blueprints"

    @property
    def policy_file(self) -> Path:
        """Where the policy is read from."""
        return self.policy or self.data_dir / "policy.yaml"

    @property
    def prices_file(self) -> Path:
        """Where the price list is read from."""
        return self.prices or self.data_dir / "prices.yaml"


def load_settings(
    environment: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> Settings:
    """The settings of this process: the environment first, then signalbox.toml in the folder.

    Raises UserError naming the setting, what is wrong and what would be right.
    """
    given = os.environ if environment is None else environment
    values: dict[str, str] = {
        name: str(value) for name, value in _read_file(folder or Path.cwd()).items()
    }
    values |= {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in given.items()
        if name.startswith(_PREFIX)
    }
    known = _known()
    read = {name: _read(name, value) for name, value in values.items() if name in known and value}
    host = str(read.get("host", Settings.host))
    outside = any(name.startswith(_SURFACES) for name in values)
    settings = Settings(**read, rehearsal=_loopback(host) and not outside)  # type: ignore[arg-type]  # _read gives each field its type
    require_slack(settings)
    return settings


def require_slack(settings: Settings) -> None:
    """Raises UserError where the settings of Slack do not go together, saying what to set."""
    token, app_token = settings.slack_bot_token, settings.slack_app_token
    if token and not token.startswith("xoxb-"):
        raise UserError(
            "SIGNALBOX_SLACK_BOT_TOKEN begins with xoxb-; take the Bot User OAuth Token of the "
            "app's page “OAuth & Permissions”."
        )
    if app_token and not app_token.startswith("xapp-"):
        raise UserError(
            "SIGNALBOX_SLACK_APP_TOKEN begins with xapp-; make an app-level token with the scope "
            "connections:write on the app's page “Basic Information”."
        )
    if bool(settings.slack_client_id) != bool(settings.slack_client_secret):
        raise UserError(
            "SIGNALBOX_SLACK_CLIENT_ID and SIGNALBOX_SLACK_CLIENT_SECRET go together; set both, "
            "from the app's page “Basic Information”."
        )
    if settings.slack and not (app_token or settings.slack_signing_secret):
        raise UserError(
            "Slack has no way in: set SIGNALBOX_SLACK_APP_TOKEN for Socket Mode, or "
            "SIGNALBOX_SLACK_SIGNING_SECRET for requests to /slack/events."
        )
    if (app_token or settings.slack_signing_secret) and not settings.slack:
        raise UserError(
            "Slack has no way out: set SIGNALBOX_SLACK_BOT_TOKEN, or SIGNALBOX_SLACK_CLIENT_ID "
            "and SIGNALBOX_SLACK_CLIENT_SECRET where workspaces install the bot themselves."
        )


def setting_names(environment: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The variables that are meant for us; of them the unknown, with the nearest setting."""
    given = tuple(sorted(name for name in environment if name.startswith(_PREFIX)))
    known = [_PREFIX + name.upper() for name in sorted(_known())]
    unknown = (name for name in given if name not in known)
    nearest = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.8) for name in unknown}
    return given, {name: near[0] if near else "" for name, near in nearest.items()}


def exposed_file(folder: Path) -> Path | None:
    """The file of settings in a folder, where it holds a secret that others can read."""
    path = folder / _FILE
    secrets = {field.name for field in fields(Settings) if not field.repr}
    if not path.is_file() or not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return path if secrets & set(_read_file(folder)) else None


def _known() -> set[str]:
    return {field.name for field in fields(Settings)} - {"rehearsal"}


def _read_file(folder: Path) -> dict[str, object]:
    path = folder / _FILE
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {error}.") from error
    known = _known()
    for name in content:
        if name not in known and not name.startswith(_SURFACES):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise UserError(f"{path.name} has an unknown setting “{name}”{hint}")
    return content


def _read(name: str, value: str) -> object:
    if name in {"data_dir", "blueprints", "policy", "prices"}:
        return Path(value).expanduser()
    if name in _MOST:
        most = _MOST[name]
        if not value.isascii() or not value.isdigit() or int(value) > most:
            raise UserError(
                f"{_PREFIX}{name.upper()} is a whole number from 0 to {most:,}, not “{value[:40]}”."
            )
        return int(value)
    if name == "signing_key" and len(value) < _SHORTEST_KEY:
        raise UserError(
            f"{_PREFIX}SIGNING_KEY needs at least {_SHORTEST_KEY} characters that nobody can guess."
        )
    if name == "database_url" and not value.startswith(_DATABASES):
        raise UserError(
            f"{_PREFIX}DATABASE_URL must begin with sqlite:/// (an absolute path follows) or "
            f"postgresql:// (user:password@host/database follows), "
            f"not “{value.split(':', maxsplit=1)[0][:20]}:”."
        )
    return value


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
