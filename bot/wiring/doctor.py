"""Wiring of the doctor: which checks there are. Nothing here starts, makes or changes anything."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from adapters.blueprints import load_folder
from adapters.doctor.bot_at_work import BotAtWork, read_bot_address
from adapters.doctor.machine import DataFolder, JobIsolation, check_versions
from adapters.doctor.rules import RuleFiles
from adapters.doctor.settings import EncryptionKey, PublicAddress, SettingNames
from adapters.linear.doctor import LinearCheck
from adapters.policy_file import load_policy
from adapters.prices_file import load_prices
from adapters.runner.control_group import delegated_group
from adapters.slack.doctor.access import Access
from adapters.slack.doctor.places import SURFACE as SLACK
from adapters.slack.doctor.places import Places
from adapters.slack.doctor.requests import SlackRequests
from adapters.slack.doctor.workspace import Connection, Workspace
from adapters.system import SystemClock
from adapters.vault import KEY_FILE, FernetVault
from adapters.web.server import ADDRESS_FILE
from bot.config import Settings, exposed_file, load_settings, setting_names
from bot.domain.errors import UserError
from bot.domain.labels import canonical
from bot.ports.doctor import Check, Checks, Finding
from bot.services.examining import Section, examine
from bot.wiring.github_checks import github_checks
from bot.wiring.linear import linear_access
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
            SettingNames(given=given, unknown=unknown, exposed=exposed_file(Path.cwd())),
            PublicAddress(
                public_url=settings.public_url, host=settings.host, vendors=_vendors(settings)
            ),
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
        "Slack": _slack(settings),
        "Linear": (_linear(settings),),
        "GitHub": github_checks(settings, partial(read_bot_address, data / ADDRESS_FILE)),
    }


def _vendors(settings: Settings) -> tuple[str, ...]:
    """The addresses of the vendors that are set up."""
    used = {
        settings.slack_api_url: settings.slack,
        settings.linear_api_url: linear_access(settings).is_set_up,
        settings.github_api_url: bool(settings.github_webhook_secret),
    }
    return tuple(address for address, is_used in used.items() if is_used)


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


def _slack(settings: Settings) -> tuple[Check, ...]:
    access = Access(
        api_url=settings.slack_api_url,
        bot_token=settings.slack_bot_token,
        app_token=settings.slack_app_token,
        signing_secret=settings.slack_signing_secret,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
    )
    address_file = settings.data_dir.absolute() / ADDRESS_FILE
    return (
        Workspace(access=access, clock=SystemClock()),
        Connection(access=access),
        SlackRequests(
            access=access,
            public_url=settings.public_url,
            bot_address=partial(read_bot_address, address_file),
            clock=SystemClock(),
        ),
        _places(settings, access),
    )


def _linear(settings: Settings) -> LinearCheck:
    access = linear_access(settings)
    return LinearCheck(access=access, clock=SystemClock(), public_url=settings.public_url)


def _places(settings: Settings, access: Access) -> Places:
    """Channels and groups of the policy; none where it cannot be read, which the rules tell."""
    try:
        policy = load_policy(settings.policy_file)
    except UserError:
        return Places(access=access, channels=())
    channels = [channel for terms in policy.projects.values() for channel in terms.channels]
    groups: dict[str, list[str]] = {}
    for address in policy.groups:
        surface, team, group = address.split("/", 2)
        if surface == SLACK:
            groups.setdefault(team, []).append(group)
    return Places(access=access, channels=channels, groups=groups)
