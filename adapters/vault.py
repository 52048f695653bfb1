"""The Vault: AES and HMAC (Fernet) under the encryption key of the settings or the data folder."""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.domain.errors import UserError

KEY_FILE = "encryption-key"
_MAKE = (
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())' "
    "makes one"
)


class FernetVault:
    """Seals with the first key, opens with any, so that a key can be replaced without loss."""

    def __init__(self, keys: str) -> None:
        """`keys` have a comma between them. Raises UserError where one is no key."""
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise UserError(
                f"The encryption key must be 32 bytes in URL-safe base64; {_MAKE}."
            ) from None

    def seal(self, text: str) -> str:
        """What may be stored in place of a secret."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, sealed: str) -> str:
        """The secret. Raises UserError where no key that is known opens it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise UserError(
                "A secret was sealed with an encryption key that is no longer here; add the "
                "former key to SIGNALBOX_ENCRYPTION_KEY, behind the present one and a comma."
            ) from None


def open_vault(data: Path, key: str, *, rehearsal: bool) -> FernetVault:
    """The vault of a deployment; in rehearsal its key is made and kept in the data folder.

    Raises UserError where there is no usable key.
    """
    if key:
        return FernetVault(key)
    path = data / KEY_FILE
    if not path.exists():
        if not rehearsal:
            raise UserError(
                "SIGNALBOX_ENCRYPTION_KEY is not set, and people reach this bot from outside: "
                f"secrets need it. {_MAKE}; keep it where no backup of the database is."
            )
        _write_private(path, Fernet.generate_key())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UserError(
            f"{path} can be read by others; run chmod 600 {path}, and replace the key if "
            "anybody may have read it."
        )
    return FernetVault(path.read_text(encoding="utf-8").strip())


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, mode 0600; durable, because what it seals is."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content + b"\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
