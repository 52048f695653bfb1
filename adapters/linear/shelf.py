"""Where the tokens of the OAuth app are kept: in the store, sealed."""

from bot.ports.store import Store, Tx

_NAME = "linear"


class StoreShelf:
    """The TokenShelf over the store."""

    def __init__(self, store: Store) -> None:
        """Keeps the tokens of one app."""
        self._store = store

    async def load(self) -> str | None:
        """What was kept last."""
        return await self._store.read(lambda tx: tx.tracker_tokens.find(_NAME))

    async def keep(self, sealed: str) -> None:
        """Keep this from now on."""
        await self._store.write(lambda tx: tx.tracker_tokens.keep(_NAME, sealed))

    async def drop(self, sealed: str) -> None:
        """Keep nothing any more, if this is what is kept."""

        def unit(tx: Tx) -> None:
            if tx.tracker_tokens.find(_NAME) == sealed:
                tx.tracker_tokens.remove(_NAME)

        await self._store.write(unit)
