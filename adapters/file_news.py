"""Looks every second whether blueprint files broke or were mended, and has it told."""

from bot.domain.catalog import Catalog
from bot.ports.store import Store
from bot.services.file_telling import tell_files
from bot.services.rules import RulesNow


class FileNewsWatch:
    """Remembers the catalog that was looked at last, so that an unchanged one costs nothing."""

    def __init__(self, store: Store, *, rules: RulesNow) -> None:
        """`rules` reads changed files by itself."""
        self._store = store
        self._rules = rules
        self._seen: Catalog | None = None

    async def look(self) -> None:
        """Tell what is new; what fails is told by the next look."""
        rules = self._rules()
        if rules.catalog is not self._seen:
            await self._store.write(lambda tx: tell_files(tx, rules))
            self._seen = rules.catalog
