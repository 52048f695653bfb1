"""The example world is real: its files load, its shop has a history and a test that fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.blueprints import load_folder
from adapters.policy_file import load_policy
from adapters.prices_file import load_prices
from adapters.rehearsal import create_world
from bot.domain.errors import UserError
from bot.domain.policy import Role


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_everything_in_it_loads(tmp_path: Path) -> None:
    data = tmp_path / "my “data” {folder}"
    assert create_world(data)

    catalog = load_folder(data / "blueprints", base=data)
    assert catalog.problems == ()
    assert sorted(catalog.blueprints) == [
        "db-health-check",
        "fix-rounding",
        "hello",
        "onboard-a-repo",
    ]
    for name in ("fix-rounding", "hello"):
        assert Path(catalog.blueprints[name].command[1]).is_file()
    assert catalog.find("fix-rounding").repositories == (str(data / "remotes" / "shop.git"),)
    assert load_policy(data / "policy.yaml").people == {
        "developer": Role.OPERATOR,
        "reviewer": Role.APPROVER,
        "viewer": Role.VIEWER,
        "admin": Role.ADMIN,
    }
    assert sorted(path.name for path in data.iterdir()) == [
        "blueprints",
        "policy.yaml",
        "prices.yaml",
        "programs",
        "remotes",
    ]
    assert load_prices(data / "prices.yaml").find("claude-sonnet-4-5-20250929")


def test_the_shop_is_a_repository_with_a_history(tmp_path: Path) -> None:
    create_world(tmp_path)

    git(tmp_path, "clone", "-q", "remotes/shop.git", "clone")

    clone = tmp_path / "clone"
    assert git(clone, "branch", "--show-current") == "main\n"
    assert git(clone, "log", "--format=%an: %s", "--reverse").splitlines() == [
        "Ana Lima: Sell tea: products and their prices",
        "Ana Lima: Add the cart",
        "Jonas Berg: Check out with discount and tax",
        "Mina Park: Show that half a cent of discount gets lost",
    ]


def test_the_shops_last_commit_brought_the_failing_test(tmp_path: Path) -> None:
    create_world(tmp_path)
    git(tmp_path, "clone", "-q", "remotes/shop.git", "clone")

    assert "FAILED (failures=1)" in shop_tests(tmp_path / "clone")
    git(tmp_path / "clone", "checkout", "-q", "HEAD^")
    assert "OK" in shop_tests(tmp_path / "clone").splitlines()


def shop_tests(folder: Path) -> str:
    command = [sys.executable, "-m", "unittest", "discover", "-t", ".", "-p", "*_tests.py"]
    done = subprocess.run(
        [*command, "-s", "tests"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stderr


def test_a_folder_with_blueprints_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "blueprints").mkdir()
    (tmp_path / "blueprints" / "mine.yaml").write_text("name: mine\n")

    assert not create_world(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["blueprints"]


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    assert create_world(tmp_path)
    before = snapshot(tmp_path)

    assert not create_world(tmp_path)

    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_people_wrote_is_kept(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("mine\n")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "hello.py").write_text("mine\n")
    (tmp_path / "blueprints").mkdir()

    assert create_world(tmp_path)

    assert (tmp_path / "policy.yaml").read_text() == "mine\n"
    assert (tmp_path / "programs" / "hello.py").read_text() == "mine\n"
    assert (tmp_path / "programs" / "fix_rounding.py").is_file()
    assert len(load_folder(tmp_path / "blueprints", base=tmp_path).blueprints) == 4


def test_after_a_crash_what_is_missing_is_added(tmp_path: Path) -> None:
    create_world(tmp_path)
    remote = git(tmp_path / "remotes" / "shop.git", "rev-parse", "main")
    shutil.rmtree(tmp_path / "blueprints")
    (tmp_path / "programs" / "hello.py").unlink()
    (tmp_path / ".world-half").mkdir()
    (tmp_path / ".world-half" / "policy.yaml").write_text("half")

    assert create_world(tmp_path)

    assert (tmp_path / "programs" / "hello.py").is_file()
    assert not (tmp_path / ".world-half").exists()
    assert git(tmp_path / "remotes" / "shop.git", "rev-parse", "main") == remote


def test_nobodys_git_configuration_takes_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text(
        f"[commit]\ngpgsign = true\n[core]\nhooksPath = {tmp_path}\n[user]\nname = Somebody\n"
    )
    hook = tmp_path / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    assert create_world(tmp_path / "data")


def test_without_git_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(UserError, match="needs git; install git and start again"):
        create_world(tmp_path / "data")

    assert not (tmp_path / "data" / "blueprints").exists()


def test_hello_greets_and_leaves_an_artifact(tmp_path: Path) -> None:
    create_world(tmp_path)
    stand_in = tmp_path / "bin" / "signalbox"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/calls"\n')
    stand_in.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "programs/hello.py"],
        cwd=tmp_path,
        env={
            "PATH": f"{stand_in.parent}:{os.defpath}",
            "SIGNALBOX_INPUTS": '{"name": "Ana", "pace": 0}',
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[:2] == ["::signalbox phase agent_working", "Hello, Ana!"]
    assert done.stdout.endswith("::signalbox summary Hello, Ana! Said in 4 languages.\n")
    assert (tmp_path / "calls").read_text() == "report artifact greetings.txt\n"
    assert (tmp_path / "greetings.txt").read_text().startswith("Hello, Ana!\nBonjour, Ana!\n")
