"""The example world of a rehearsal: blueprints, policy, programs and a shop in a git remote."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import examples
from bot.domain.errors import UserError

_SOURCE = Path(examples.__path__[0])


@dataclass(frozen=True, kw_only=True)
class _Commit:
    author: str
    at: str
    message: str
    files: tuple[str, ...]


_HISTORY = (
    _Commit(
        author="Ana Lima",
        at="2025-03-03T09:12:00+00:00",
        message="Sell tea: products and their prices",
        files=("README.md", "shop/__init__.py", "shop/products.py"),
    ),
    _Commit(
        author="Ana Lima",
        at="2025-03-04T14:40:00+00:00",
        message="Add the cart",
        files=("shop/cart.py", "tests/__init__.py", "tests/cart_tests.py"),
    ),
    _Commit(
        author="Jonas Berg",
        at="2025-03-11T10:05:00+00:00",
        message="Check out with discount and tax",
        files=("shop/money.py", "shop/checkout.py", "tests/checkout_tests.py"),
    ),
    _Commit(
        author="Mina Park",
        at="2025-04-02T16:31:00+00:00",
        message="Show that half a cent of discount gets lost\n\n"
        "A customer with one sachet and 10 % off was given 12 cents instead of 13.",
        files=("tests/rounding_tests.py",),
    ),
)


def create_world(data: Path) -> bool:
    """Give a data folder without blueprints the example world; False where there are some.

    Nothing that is there is overwritten. The world is built aside and moved in piece by piece, so
    that a crash leaves whole pieces, and the next call adds what is missing. Raises UserError
    where git is missing or fails.
    """
    blueprints = data / "blueprints"
    if blueprints.exists() and any(blueprints.iterdir()):
        return False
    data.mkdir(parents=True, exist_ok=True)
    for left in data.glob(".world-*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=".world-", dir=data) as made:
        world = Path(made)
        _make_remote(world / "shop", world / "remotes" / "shop.git")
        _copy_files(world, data.absolute())
        programs = sorted(path.name for path in (world / "programs").iterdir())
        _move_in(world, data, "remotes/shop.git", *(f"programs/{name}" for name in programs))
        # The blueprints come last: they mark the world as whole.
        _move_in(world, data, "policy.yaml", "prices.yaml", "blueprints")
    return True


def _copy_files(world: Path, data: Path) -> None:
    """The files of the example, with the data folder's path where they name it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_SOURCE / "programs", world / "programs", ignore=ignored)
    for name in ("policy.yaml", "prices.yaml"):
        shutil.copyfile(_SOURCE / name, world / name)
    (world / "blueprints").mkdir()
    quoted = json.dumps(str(data), ensure_ascii=False)[1:-1]
    for source in (_SOURCE / "blueprints").glob("*.yaml"):
        text = source.read_text(encoding="utf-8").replace("{data}", quoted)
        (world / "blueprints" / source.name).write_text(text, encoding="utf-8")


def _move_in(world: Path, data: Path, *pieces: str) -> None:
    """Move finished files and folders to their places, where those are free."""
    for piece in pieces:
        target = data / piece
        if not target.exists() or (target.is_dir() and not any(target.iterdir())):
            target.parent.mkdir(parents=True, exist_ok=True)
            (world / piece).rename(target)


def _make_remote(work: Path, remote: Path) -> None:
    """A repository of the shop with its history, and the bare one that jobs clone and push to."""
    work.mkdir()
    _git(work, "init", "-q", "-b", "main", "--template=")
    for commit in _HISTORY:
        for file in commit.files:
            (work / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(_SOURCE / "shop" / file, work / file)
        _git(work, "add", "--", *commit.files)
        _git(work, "commit", "-q", "-m", commit.message, by=commit)
    remote.parent.mkdir()
    _git(work, "init", "-q", "--bare", "-b", "main", "--template=", str(remote))
    _git(work, "push", "-q", str(remote), "main")


def _git(folder: Path, *words: str, by: _Commit = _HISTORY[0]) -> None:
    """Run git as on a fresh machine: nobody's configuration, hooks or templates take part."""
    program = shutil.which("git")
    if program is None:
        raise UserError("The example world needs git; install git and start again.")
    person = {"NAME": by.author, "EMAIL": "team@shop.example", "DATE": by.at}
    env = {
        "PATH": os.pathsep.join((str(Path(program).parent), os.defpath)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_{key}": text for key, text in person.items()}
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        [program, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"git {words[0]} failed for the example world: {done.stderr.strip()}")
