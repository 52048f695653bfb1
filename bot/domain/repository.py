"""Repository addresses: which host a repository is on, and what it is called there."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """Where pushed branches become pull requests."""

    surface: str
    """The code host: github."""
    host: str
    """Its name in addresses of repositories, with a port where it has an unusual one."""


_SCP_LIKE = re.compile(r"(?:[\w.+-]+@)?(?P<host>[A-Za-z0-9][\w.-]*):(?P<path>[^:].*)")
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_SCHEMES = frozenset({"http", "https", "ssh", "git"})


def hosted_name(address: str, host: str) -> str | None:
    """What `host` calls a repository (`acme/shop`), from its address as a blueprint writes it.

    `host` is a name, with a port where it listens on an unusual one. None for every address
    that is elsewhere, or that cannot be read.
    """
    found = _split(address)
    if not host or found is None or found[0].lower() != host.lower():
        return None
    name = found[1].strip("/").removesuffix(".git")
    parts = name.split("/")
    return name if _NAME.fullmatch(name) and not {".", ".."} & set(parts) else None


def _split(address: str) -> tuple[str, str] | None:
    """The host and the path of an address."""
    if "://" not in address:
        match = _SCP_LIKE.fullmatch(address)
        return (match["host"], match["path"]) if match else None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES:
        return None
    host = parts.netloc.rpartition("@")[2]
    # A port of ssh says nothing about the host's web address.
    return (host if parts.scheme.startswith("http") else parts.hostname or ""), parts.path
