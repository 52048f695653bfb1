"""The vault: what it seals only its key opens, and the key is made and guarded."""

import stat
from pathlib import Path

import pytest

from adapters.vault import FernetVault, open_vault
from bot.domain.errors import UserError
from tests.fakes.stage import VAULT_KEY

OTHER = "b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktISE="


def test_what_is_sealed_opens_and_does_not_show() -> None:
    vault = FernetVault(VAULT_KEY)
    for text in ("hunter2", "", "schlüssel\nzwei", "\ud800"):
        assert vault.open(vault.seal(text)) == text
    assert "hunter2" not in vault.seal("hunter2")
    assert vault.seal("hunter2") != vault.seal("hunter2")


def test_a_key_can_be_replaced_without_loss() -> None:
    sealed = FernetVault(VAULT_KEY).seal("hunter2")
    both = FernetVault(f"{OTHER}, {VAULT_KEY}")
    assert both.open(sealed) == "hunter2"
    assert FernetVault(OTHER).open(both.seal("new")) == "new"
    with pytest.raises(UserError, match="no longer here"):
        FernetVault(OTHER).open(sealed)


@pytest.mark.parametrize("key", ["short", "!" * 44, f"{VAULT_KEY},"])
def test_a_wrong_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(UserError, match="32 bytes") as caught:
        FernetVault(key)
    assert key not in caught.value.text


def test_a_rehearsal_makes_its_key_once_for_itself_alone(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path, "", rehearsal=True).seal("hunter2")
    file = tmp_path / "encryption-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_vault(tmp_path, "", rehearsal=True).open(sealed) == "hunter2"
    file.chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        open_vault(tmp_path, "", rehearsal=True)


def test_a_bot_that_others_reach_needs_a_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SIGNALBOX_ENCRYPTION_KEY is not set"):
        open_vault(tmp_path, "", rehearsal=False)
    assert open_vault(tmp_path, VAULT_KEY, rehearsal=False).seal("x")
    assert not (tmp_path / "encryption-key").exists()
