"""Looks at the settings: their names, the address for others, the encryption key."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.domain.errors import UserError
from bot.ports.doctor import Finding, is_loopback

_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared only


@dataclass(frozen=True, kw_only=True)
class SettingNames:
    """The check of what is set in the environment, by name alone."""

    given: Collection[str]
    """Every `SIGNALBOX_…` variable that is set."""
    unknown: Mapping[str, str]
    """Those that are no setting, each with the nearest one that is, or nothing."""
    exposed: Path | None = None
    """The file of settings, where it holds secrets and others can read it."""

    async def __call__(self) -> tuple[Finding, ...]:
        """A warning for each unknown name, and whether the file is closed to others."""
        names = [_unknown(name, near) for name, near in sorted(self.unknown.items())]
        if not names:
            found = f"{len(self.given)} in the environment, all are known."
            names = [Finding.ok("names", found)]
        return (*names, *([_exposed(self.exposed)] if self.exposed else []))


def _unknown(name: str, near: str) -> Finding:
    remedy = f"Did you mean {near}? If not, remove it." if near else "Remove it."
    return Finding.warning("names", f"{name} is set, and is no setting.", remedy)


def _exposed(file: Path) -> Finding:
    found = f"{file} holds secrets, and other users of this machine can read it."
    return Finding.error("file", found, f"Run chmod 600 {file}, and replace the secrets in it.")


@dataclass(frozen=True, kw_only=True)
class PublicAddress:
    """The check of how others reach the bot."""

    public_url: str
    host: str
    vendors: Collection[str] = ()
    """The addresses of those whose webhooks it wants."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Whether links and webhooks can work with it."""
        if self.public_url:
            return (_public(self.public_url, self.vendors),)
        if self.host in _ANYWHERE:
            remedy = "Set SIGNALBOX_PUBLIC_URL to the address by which others call it."
            found = "It listens on every address, but answers to the names of loopback alone."
            return (Finding.warning("public address", found, remedy),)
        return (
            Finding.not_set_up(
                "public address",
                "There is none: no webhook reaches this bot, and links lead to loopback.",
                "Set SIGNALBOX_PUBLIC_URL to its https address when something needs it.",
            ),
        )


def _public(url: str, vendors: Collection[str]) -> Finding:
    try:
        parts = urlsplit(url)
        host, query = parts.hostname, parts.query or parts.fragment or parts.username
    except ValueError:
        host, query, parts = None, None, None
    if not parts or not host or parts.scheme not in {"http", "https"} or query:
        return Finding.error(
            "public address",
            "SIGNALBOX_PUBLIC_URL is no address that others can call.",
            "Write one such as https://signalbox.example.org, without a password, ? or #.",
        )
    if parts.scheme == "http" and not is_loopback(url):
        # A stand-in on this machine for all vendors there are: nothing real is at stake.
        rehearsed = bool(vendors) and all(map(is_loopback, vendors))
        return (Finding.warning if rehearsed else Finding.error)(
            "public address",
            f"{host} is called by http: tokens and answers travel in clear, "
            "and vendors send webhooks to https alone.",
            "Put a proxy with a certificate before it, and write https://.",
        )
    return Finding.ok("public address", f"Others call it {parts.scheme}://{parts.netloc}.")


@dataclass(frozen=True, kw_only=True)
class EncryptionKey:
    """The check of the key that seals secrets; it is neither made nor shown."""

    key: str
    file: Path
    """Where a rehearsal keeps its own."""
    rehearsal: bool
    use: Callable[[str], object]
    """Takes keys. Raises UserError where one is none."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Whether there is one that can be used."""
        try:
            key = self.key or self.file.read_text(encoding="utf-8").strip()
            self.use(key)
        except FileNotFoundError:
            return (self._absent(),)
        except OSError as error:
            found = f"{self.file} cannot be read: {error.strerror}."
            return (Finding.error("encryption key", found, "Let the bot's user own it."),)
        except UserError as error:
            return (Finding.error("encryption key", error.text, "Replace it by a valid one."),)
        where = "in the settings" if self.key else f"in {self.file}"
        return (Finding.ok("encryption key", f"It is {where}, and can be used."),)

    def _absent(self) -> Finding:
        if self.rehearsal:
            found = "None is needed yet: the first start of a rehearsal makes one."
            return Finding.ok("encryption key", found)
        found = "There is none, and people reach this bot from outside: it will not start."
        remedy = "Make 32 random bytes in URL-safe base64 and set SIGNALBOX_ENCRYPTION_KEY."
        return Finding.error("encryption key", found, remedy)
