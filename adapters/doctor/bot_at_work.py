"""Looks at the bot of a data folder: whether it runs, and can serve."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.ports.doctor import Finding

_TIMES = httpx.Timeout(5, connect=2)


@dataclass(frozen=True, kw_only=True)
class BotAtWork:
    """The check of the running bot, by the address that it has left in its data folder."""

    address_file: Path

    async def __call__(self) -> tuple[Finding, ...]:
        """That no bot runs is no error: the doctor works without one."""
        address = read_bot_address(self.address_file)
        if not address:
            return (_absent("No bot has been started with this data folder."),)
        try:
            async with httpx.AsyncClient(timeout=_TIMES, trust_env=False) as http:
                response = await http.get(f"{address}/readyz")
        except (httpx.RequestError, httpx.InvalidURL):
            return (_absent(f"Nothing answers at {address}: the bot does not run."),)
        if response.status_code == httpx.codes.OK:
            return (Finding.ok("ready", f"The bot at {address} can serve."),)
        found = f"What answers at {address} cannot serve now (HTTP {response.status_code})."
        return (Finding.error("ready", found, "Look into the bot's log, and at the database."),)


def read_bot_address(file: Path) -> str:
    """Where the bot of a data folder listens, or did last; empty where that is not known."""
    try:
        return file.read_text(encoding="ascii").strip().rstrip("/")
    except (OSError, ValueError):
        return ""


def _absent(found: str) -> Finding:
    return Finding.warning("ready", found, "Start it with signalbox up.")
