"""Wiring of the doctor: which checks there are. Nothing here starts, makes or changes anything."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from adapters.blueprints import load_folder
from adapters.doctor.bot_at_work import BotAtWork
from adapters.doctor.machine import DataFolder, JobIsolation, check_versions
from adapters.doctor.rules import RuleFiles
from adapters.doctor.settings import EncryptionKey, PublicAddress, SettingNames
from adapters.policy_file import load_policy
from adapters.prices_file import load_prices
from adapters.runner.control_group import delegated_group
from adapters.system import SystemClock
from adapters.vault import KEY_FILE, FernetVault
from adapters.web.server import ADDRESS_FILE
from bot.config import Settings, load_settings, setting_names
from bot.domain.errors import UserError
from bot.domain.labels import canonical
from bot.ports.doctor import Checks, Finding
from bot.services.examining import Section, examine
from storage.doctor import DatabaseCheck

DATABASE = "Database"
"""The subject without which nothing works."""
_WITHIN = timedelta(seconds=20)
_LABELS = canonical(["local"])


async def examine_deployment(environment: Mapping[str, str]) -> tuple[Section, ...]:
    """Look at everything that the settings name; where they are wrong, at them alone."""
    try:
        settings = load_settings(environment)
    except UserError as error:
        wrong = Finding.error("values", error.text, "Mend it; nothing else was looked at.")
        return (Section(subject="Settings", findings=(wrong,)),)
    return await examine(_checks(settings, environment), within=_WITHIN)


def _checks(settings: Settings, environment: Mapping[str, str]) -> Checks:
    data = settings.data_dir.absolute()
    given, unknown = setting_names(environment)
    key = EncryptionKey(
        key=settings.encryption_key,
        file=data / KEY_FILE,
        rehearsal=settings.rehearsal,
        use=FernetVault,
    )
    return {
        "Settings": (
            SettingNames(given=given, unknown=unknown),
            PublicAddress(public_url=settings.public_url, host=settings.host),
            key,
        ),
        "Machine": (
            check_versions,
            DataFolder(folder=data),
            JobIsolation(slots=settings.slots, delegated=delegated_group),
        ),
        DATABASE: (DatabaseCheck(url=settings.database, clock=SystemClock()),),
        "Rules": (_rules(settings),),
        "Bot": (BotAtWork(address_file=data / ADDRESS_FILE),),
    }


def _rules(settings: Settings) -> RuleFiles:
    data = settings.data_dir.absolute()
    return RuleFiles(
        policy_file=settings.policy_file,
        load_policy=load_policy,
        prices_file=settings.prices_file,
        load_prices=load_prices,
        load_catalog=partial(load_folder, settings.blueprints_folder, base=data),
        labels=_LABELS if settings.slots else None,
        rehearsal=settings.rehearsal,
    )
