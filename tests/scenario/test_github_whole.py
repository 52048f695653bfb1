"""A real bot, a real runner and git over HTTP: from a request to a pull request and its end."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.system import SystemClock
from tests.adapters.github_world import SHOP, app_key
from tests.fakes.github.server import GitHub, github
from tests.fakes.github.state import App, Delivery
from tests.fakes.real_bot import RealBot, wait_for
from tests.fakes.stage import VAULT_KEY

WORK = """
echo 'x = 1' > code.py && git add code.py && git commit --quiet --message work
env > env.txt; cat /proc/[0-9]*/environ > environs.txt 2>/dev/null
signalbox report push
"""
POLICY = {"schema": "signalbox/policy/v1", "people": {"developer": "admin"}}
SECRET = "webhook-secret-of-the-test"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[GitHub]:
    with github(tmp_path / "github", SystemClock()) as running:
        running.state.add_repository(SHOP)
        running.state.secret = SECRET
        yield running


@pytest.fixture
def bot(tmp_path: Path, fake: GitHub) -> Iterator[RealBot]:
    private, public = app_key()
    fake.state.app = App("Iv1.abc", public, installations={41: (SHOP,)})
    key = tmp_path / "app.pem"
    key.write_text(private)
    started = RealBot(
        tmp_path / "data",
        settings={
            "SIGNALBOX_ENCRYPTION_KEY": VAULT_KEY,
            "SIGNALBOX_GITHUB_API_URL": fake.address,
            "SIGNALBOX_GITHUB_APP_ID": "Iv1.abc",
            "SIGNALBOX_GITHUB_PRIVATE_KEY": str(key),
            "SIGNALBOX_GITHUB_WEBHOOK_SECRET": SECRET,
        },
    )
    blueprints = started.data / "blueprints"
    blueprints.mkdir(parents=True)
    (started.data / "policy.yaml").write_text(json.dumps(POLICY))
    blueprint = {
        "schema": "signalbox/blueprint/v1",
        "name": "fix",
        "profile": "pod",
        "title": "Fix checkout rounding",
        "project": "shop",
        "repositories": [fake.clone_url(SHOP)],
        "command": ["/bin/sh", "-c", WORK],
        "keep_alive": "1h",
    }
    (blueprints / "fix.yaml").write_text(json.dumps(blueprint))
    yield started.start()
    if started.process:
        started.stop()
    shutil.rmtree(started.data, ignore_errors=True)


def hears(bot: RealBot, delivery: Delivery) -> None:
    address = (bot.data / "address").read_text().strip()
    answer = httpx.post(
        f"{address}/github/webhook", content=delivery.body, headers=dict(delivery.headers)
    )
    assert answer.status_code == 200


def shows(bot: RealBot, words: str) -> str:
    """The run's detail once it says these words."""

    def look() -> str:
        said = bot.command("chat", "--once", "/run show R-1").stdout
        return said if words in said else ""

    return str(wait_for(look, what=words))


def test_from_a_request_to_a_merge(bot: RealBot, fake: GitHub) -> None:
    asked = bot.command("chat", "--once", "/run dispatch fix autopilot")
    assert "R-1" in asked.stdout, asked.stdout + asked.stderr + bot.log()
    wait_for(lambda: fake.state.pulls, what="a pull request")
    (pull,) = fake.state.pulls
    assert pull.branch == "signalbox/r-1-fix"
    shows(bot, "#7")
    granted = [dict(grant.permissions) for _, grant in fake.state.minted]
    assert [given for given in granted if "pull_requests" not in given] == [
        {"contents": "read"},
        {"contents": "read"},
        {"contents": "write"},
        {"contents": "write"},
    ]
    hears(bot, fake.state.close(7))
    shows(bot, "PR rejected")
    bot.kill()
    fake.state.merge(7)
    bot.start()
    shows(bot, "merged")
    bot.command("chat", "--once", "/run review R-1")
    shows(bot, "Done")
    assert bot.stop() == 0
    tokens = [token for token, _ in fake.state.minted]
    settings = [SECRET, app_key()[0].splitlines()[3]]
    files = [path for path in bot.data.rglob("*") if path.is_file()]
    assert {"environs.txt", "signalbox.db"} <= {path.name for path in files}
    assert [path for path in files if holds(path, tokens)] == []
    # As root, a program reads the environment of any process, also that of a client of the tests.
    ours = [path for path in files if path.name != "environs.txt"]
    assert [path for path in ours if holds(path, settings)] == []


def holds(path: Path, secrets: list[str]) -> bool:
    content = path.read_bytes()
    return any(secret.encode() in content for secret in secrets)
