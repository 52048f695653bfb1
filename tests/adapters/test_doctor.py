"""What the doctor sees of the deployment itself, and how it tells it."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from adapters.blueprints import load_folder
from adapters.doctor.bot_at_work import BotAtWork
from adapters.doctor.machine import DataFolder, JobIsolation, check_versions
from adapters.doctor.report import as_json, as_text, exit_code
from adapters.doctor.rules import RuleFiles
from adapters.doctor.settings import EncryptionKey, PublicAddress, SettingNames
from adapters.policy_file import load_policy
from adapters.prices_file import load_prices
from adapters.rehearsal import create_world
from adapters.system import RandomIds
from adapters.vault import FernetVault
from adapters.web.app import build_app
from adapters.web.server import serve
from bot.config import exposed_file
from bot.domain.errors import UnavailableError, UserError
from bot.ports.doctor import Check, Finding, Level
from bot.services.examining import Section, examine

OK, WARNING, ERROR, NOT_SET_UP = Level


def levels(findings: tuple[Finding, ...]) -> dict[str, Level]:
    return {finding.checked: finding.level for finding in findings}


def words(findings: tuple[Finding, ...]) -> str:
    return "\n".join(f"{finding.found} {finding.remedy}" for finding in findings)


async def test_unknown_settings_are_named_with_the_nearest() -> None:
    check = SettingNames(
        given=("SIGNALBOX_SLOT", "SIGNALBOX_QUITE_OTHER"),
        unknown={"SIGNALBOX_SLOT": "SIGNALBOX_SLOTS", "SIGNALBOX_QUITE_OTHER": ""},
    )
    other, near = await check()
    assert (other.level, other.remedy) == (WARNING, "Remove it.")
    assert "SIGNALBOX_QUITE_OTHER" in other.found
    assert "SIGNALBOX_SLOTS?" in near.remedy
    (fine,) = await SettingNames(given=("SIGNALBOX_PORT",), unknown={})()
    assert fine.level is OK


async def test_a_file_with_secrets_must_be_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "signalbox.toml"
    for content, mode, exposed in (
        ("port = 9000", 0o644, None),
        ('slack_bot_token = "xoxb-1"', 0o600, None),
        ('slack_bot_token = "xoxb-1"', 0o640, file),
    ):
        file.write_text(content)
        file.chmod(mode)
        assert exposed_file(tmp_path) == exposed
    file.unlink()
    assert exposed_file(tmp_path) is None
    findings = await SettingNames(given=(), unknown={}, exposed=file)()
    assert levels(findings) == {"names": OK, "file": ERROR}


@pytest.mark.parametrize(
    ("url", "host", "level", "said"),
    [
        ("https://bot.example.org", "127.0.0.1", OK, "https://bot.example.org"),
        ("http://127.0.0.1:9000", "127.0.0.1", OK, "http://127.0.0.1:9000"),
        ("http://localhost:9000", "127.0.0.1", OK, "http://localhost:9000"),
        ("http://bot.example.org", "127.0.0.1", ERROR, "https://"),
        ("bot.example.org", "127.0.0.1", ERROR, "no address"),
        ("https://u:secret@bot.example.org", "127.0.0.1", ERROR, "without a password"),
        ("https://[bot", "127.0.0.1", ERROR, "no address"),
        ("", "0.0.0.0", WARNING, "SIGNALBOX_PUBLIC_URL"),
        ("", "127.0.0.1", NOT_SET_UP, "no webhook"),
    ],
)
async def test_the_address_for_others(url: str, host: str, level: Level, said: str) -> None:
    findings = await PublicAddress(public_url=url, host=host)()
    assert (findings[0].level, said in words(findings)) == (level, True), findings
    assert "secret" not in words(findings)


@pytest.mark.parametrize(
    ("vendors", "level"),
    [
        (["http://127.0.0.1:4003/api", "http://localhost:4004"], WARNING),
        (["http://[::1]:4003/api"], WARNING),
        (["http://127.0.0.1:4003/api", "https://api.linear.app/graphql"], ERROR),
        (["https://[slack"], ERROR),
    ],
)
async def test_plain_http_is_enough_for_stand_ins_on_this_machine(
    vendors: list[str], level: Level
) -> None:
    url = "http://bot.example.org"
    findings = await PublicAddress(public_url=url, host="127.0.0.1", vendors=vendors)()
    assert levels(findings) == {"public address": level}


async def test_the_encryption_key_is_used_but_never_shown(tmp_path: Path) -> None:
    async def look(key: str, *, rehearsal: bool) -> Finding:
        file = tmp_path / "encryption-key"
        (found,) = await EncryptionKey(key=key, file=file, rehearsal=rehearsal, use=FernetVault)()
        return found

    key = Fernet.generate_key().decode()
    assert (await look("", rehearsal=True)).level is OK
    assert (await look("", rehearsal=False)).level is ERROR
    assert (await look("no-key", rehearsal=False)).level is ERROR
    assert not (tmp_path / "encryption-key").exists()
    given = await look(key, rehearsal=False)
    assert (given.level, key in given.found) == (OK, False)
    (tmp_path / "encryption-key").write_text(key)
    assert "encryption-key" in (await look("", rehearsal=False)).found
    (tmp_path / "encryption-key").unlink()
    (tmp_path / "encryption-key").mkdir()
    assert (await look("", rehearsal=True)).level is ERROR


async def test_the_data_folder_must_be_closed_to_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert levels(await DataFolder(folder=data)())["folder"] is NOT_SET_UP
    data.mkdir(mode=0o700)
    assert levels(await DataFolder(folder=data)()) == {"folder": OK, "disk": OK}
    data.chmod(0o755)
    (data / "console-token").write_text("x")
    (data / "console-token").chmod(0o640)
    findings = await DataFolder(folder=data)()
    assert levels(findings) == {"folder": WARNING, "secrets": ERROR, "disk": OK}
    assert f"chmod 600 {data / 'console-token'}" in words(findings)


async def test_versions_are_told_and_a_missing_git_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert levels(await check_versions()) == {"python": OK, "git": OK}
    git = tmp_path / "git"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert levels(await check_versions())["git"] is ERROR
    for version, level in (("git version 2.30.9", ERROR), ("git version 3.1", OK), ("eh", ERROR)):
        git.write_text(f"#!/bin/sh\necho {version}\n")
        git.chmod(0o755)
        assert levels(await check_versions())["git"] is level, version


async def test_whose_rights_programs_have_is_always_said(tmp_path: Path) -> None:
    findings = await JobIsolation(slots=2, delegated=lambda: None)()
    assert levels(findings) == {"user": WARNING, "cores": NOT_SET_UP}
    assert "Delegate=cpu" in words(findings)
    findings = await JobIsolation(slots=2, delegated=lambda: tmp_path)()
    assert levels(findings)["cores"] is OK
    assert levels(await JobIsolation(slots=0, delegated=lambda: None)()) == {"user": OK}


def rule_files(data: Path, *, slots: int = 1, rehearsal: bool = True) -> RuleFiles:
    return RuleFiles(
        policy_file=data / "policy.yaml",
        load_policy=load_policy,
        prices_file=data / "prices.yaml",
        load_prices=load_prices,
        load_catalog=lambda: load_folder(data / "blueprints", base=data),
        labels=("local",) if slots else None,
        rehearsal=rehearsal,
    )


async def test_the_example_world_is_well(tmp_path: Path) -> None:
    assert levels(await rule_files(tmp_path)()) == {"policy": NOT_SET_UP, "blueprints": NOT_SET_UP}
    assert levels(await rule_files(tmp_path, rehearsal=False)())["policy"] is ERROR
    create_world(tmp_path)
    assert levels(await rule_files(tmp_path)()) == {"policy": OK, "blueprints": OK}
    assert levels(await rule_files(tmp_path, slots=0)())["agents"] is WARNING


async def test_every_problem_of_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    create_world(tmp_path)
    blueprints = tmp_path / "blueprints"
    broken = (blueprints / "hello.yaml").read_text()
    (blueprints / "hello.yaml").write_text(broken.replace("profile:", "profil:"))
    shop = (blueprints / "fix-rounding.yaml").read_text()
    (blueprints / "fix-rounding.yaml").write_text(shop + "labels: [gpu, local]\n")
    (tmp_path / "policy.yaml").write_text("schema: signalbox/policy/v1\npeople: {ana: king}\n")
    (tmp_path / "prices.yaml").write_text("[]\n")

    findings = await rule_files(tmp_path)()

    assert levels(findings) == {
        "policy": ERROR,
        "prices": ERROR,
        "blueprints": ERROR,
        "labels": WARNING,
    }
    assert "hello.yaml, line" in words(findings)
    assert "fix-rounding asks for gpu, which no agent offers" in words(findings)


async def test_of_very_many_problems_the_first_are_told(tmp_path: Path) -> None:
    (tmp_path / "blueprints").mkdir()
    for number in range(30):
        (tmp_path / "blueprints" / f"{number:02}.yaml").write_text("[]\n")
    broken = [f for f in await rule_files(tmp_path)() if f.checked == "blueprints"]
    assert len(broken) == 21
    assert broken[-1].found == "There are 10 more problems."


async def test_a_bot_is_found_by_its_data_folder(tmp_path: Path) -> None:
    check, fit = BotAtWork(address_file=tmp_path / "address"), True

    async def ready() -> bool:
        await asyncio.sleep(0)
        return fit

    assert levels(await check()) == {"ready": WARNING}
    closing = asyncio.Event()
    app: FastAPI = build_app([], RandomIds(), ready=ready)
    async with serve(app, tmp_path, host="127.0.0.1", port=0, closing=closing):
        assert levels(await check()) == {"ready": OK}
        fit = False
        assert levels(await check()) == {"ready": ERROR}
    assert levels(await check()) == {"ready": WARNING}
    (tmp_path / "address").write_text("nonsense")
    assert levels(await check()) == {"ready": WARNING}


async def well() -> tuple[Finding, ...]:
    await asyncio.sleep(0)
    return (Finding.ok("link", "It is there."),)


async def absent() -> tuple[Finding, ...]:
    raise UnavailableError("It does not answer.")


async def wrong() -> tuple[Finding, ...]:
    raise UserError("Its name is wrong.")


async def buggy() -> tuple[Finding, ...]:
    raise ZeroDivisionError("secret")


async def endless() -> tuple[Finding, ...]:
    await asyncio.sleep(3600)
    raise AssertionError


async def nothing() -> tuple[Finding, ...]:
    return ()


async def examined(*checks: Check) -> tuple[Section, ...]:
    return await examine({"Chat": checks, "Empty": [nothing]}, within=timedelta(seconds=0.2))


async def test_a_check_that_fails_takes_nothing_from_the_others() -> None:
    (chat,) = await examined(buggy, endless, well, wrong, absent)
    assert [finding.level for finding in chat.findings] == [ERROR, ERROR, OK, ERROR, ERROR]
    assert (chat.broken, chat.unreachable) == (True, True)
    said = words(chat.findings)
    assert "within 0.2 s" in said
    assert "ZeroDivisionError" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("checks", "code"),
    [([well], 0), ([wrong, well], 1), ([buggy], 1), ([absent], 75), ([wrong, endless], 75)],
)
async def test_the_exit_code_says_how_bad_it_is(checks: list[Check], code: int) -> None:
    sections = await examined(*checks)
    assert exit_code(sections, vital="Chat") == code
    assert exit_code(sections, vital="Other") == min(code, 1)


async def test_the_report_is_plain_unless_a_terminal_reads_it() -> None:
    warning = Finding.warning("scopes", "evil \x1b[2J name\n" + "long " * 40, "Ask again.")
    sections = [Section(subject="Chat", findings=(*await well(), warning))]
    plain = as_text(sections, colours=False)
    assert "\x1b" not in plain
    assert "  ✔ link    It is there." in plain
    assert "            → Ask again." in plain
    assert plain.endswith("No errors, 1 warning.")
    assert max(map(len, plain.splitlines())) <= 100
    coloured = as_text(sections, colours=True)
    assert "\x1b[32m✔\x1b[0m" in coloured
    assert "\x1b[2J" not in coloured
    assert as_text([], colours=False) == "All is well."


async def test_programs_read_the_report_as_json() -> None:
    report = json.loads(as_json(await examined(well, wrong)))
    assert report["healthy"] is False
    assert report["findings"][0] == {
        "subject": "Chat",
        "checked": "link",
        "level": "ok",
        "found": "It is there.",
        "remedy": "",
    }
