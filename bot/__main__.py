"""The `signalbox` command line. Each command imports what it needs, so that all start fast."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Settings

_USAGE = 2
_UNAVAILABLE = 75
"""EX_TEMPFAIL of sysexits.h: what was asked for may work later."""


def _up(arguments: Sequence[str]) -> int:
    """Start the bot on this machine and stay until it is told to stop."""
    import argparse
    import asyncio

    import uvloop

    parser = argparse.ArgumentParser(prog="signalbox up", description=_up.__doc__)
    parser.add_argument("--host", help="address to listen on (SIGNALBOX_HOST)")
    parser.add_argument("--port", help="port to listen on, 0 for a free one (SIGNALBOX_PORT)")
    parser.add_argument("--data-dir", help="where everything is kept (SIGNALBOX_DATA_DIR)")
    options = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_stay_up(_settings(options)))


def _spare_what_stays() -> None:
    """Let the collector look at what comes and goes, and seldom.

    It stops the whole bot, under load for 200 ms: modules never go, and waiting requests stay.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _stay_up(settings: "Settings") -> int:
    import asyncio
    import logging
    import signal

    from bot.wiring import running

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("apscheduler", "alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    async with running(settings) as bot:
        _spare_what_stays()
        print(f"Signalbox is ready on {bot.address}, data in {settings.data_dir.absolute()}")
        print('Talk to it:  signalbox chat      or  signalbox chat --once "/run help"', flush=True)
        if bot.sign_in:
            print(f"In a browser:  {bot.sign_in}", flush=True)
        await told_to_stop.wait()
        print("Stopping; jobs go on and are taken up again by the next start.", flush=True)
    return 0


def _settings(options: Mapping[str, str]) -> "Settings":
    from bot.config import load_settings

    given = {f"SIGNALBOX_{name.upper()}": value for name, value in options.items()}
    return load_settings({**os.environ, **given})


def _chat(arguments: Sequence[str]) -> int:
    """Talk to the bot in the terminal; --once "/run …" asks one thing."""
    import argparse

    from adapters.console.command import add_arguments, chat
    from adapters.console.starting import start_detached

    parser = argparse.ArgumentParser(prog="signalbox chat", description=_chat.__doc__)
    add_arguments(parser)
    data = _settings({}).data_dir.absolute()
    given = parser.parse_args(arguments)
    return chat(given, data=data, start=lambda: start_detached(data), plain=_plain())


def _plain() -> bool:
    """Whether the terminal is not to be shown colours."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def _migrate(arguments: Sequence[str]) -> int:
    """Bring the database to the present version."""
    import argparse

    from storage.migrate import migrate

    argparse.ArgumentParser(prog="signalbox migrate", description=_migrate.__doc__).parse_args(
        arguments
    )
    database = _settings({}).database
    migrate(database)
    print("The database is at the present version.")
    return 0


def _export(arguments: Sequence[str]) -> int:
    """Write everything in the database to a file, to move it to another one."""
    import argparse
    from pathlib import Path

    from storage.moving import export_to

    parser = argparse.ArgumentParser(prog="signalbox export", description=_export.__doc__)
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file")
    return _move(export_to, parser.parse_args(arguments).to, "Exported {} to {}.")


def _import(arguments: Sequence[str]) -> int:
    """Read a file of signalbox export into a new or empty database."""
    import argparse
    from pathlib import Path

    from storage.moving import import_from

    parser = argparse.ArgumentParser(prog="signalbox import", description=_import.__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    return _move(import_from, parser.parse_args(arguments).file, "Imported {} from {}.")


def _move(move: "Callable[[str, Path], Mapping[str, int]]", file: "Path", said: str) -> int:
    """Move everything while no bot works on it, and say how much that was."""
    from adapters.system import lock_folder

    settings = _settings({})
    data = settings.data_dir.absolute()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(data):
        counts = move(settings.database, file)
    print(said.format(f"{sum(counts.values()):,} rows of {len(counts)} tables", file))
    return 0


def _audit(arguments: Sequence[str]) -> int:
    """Prove the history of runs (verify), or write it out (export)."""
    import argparse
    import asyncio

    from adapters.audit_command import add_arguments, audit
    from bot.wiring import kept

    parser = argparse.ArgumentParser(prog="signalbox audit", description=_audit.__doc__)
    add_arguments(parser)
    given, settings = parser.parse_args(arguments), _settings({})

    async def carry_out() -> int:
        async with kept(settings) as store:
            return await audit(given, store, say=print)

    return asyncio.run(carry_out())


def _manifest(arguments: Sequence[str]) -> int:
    """Print what a vendor's page for new apps takes."""
    import argparse

    from adapters.slack.manifest import App, write_manifest

    parser = argparse.ArgumentParser(prog="signalbox manifest", description=_manifest.__doc__)
    parser.add_argument("vendor", choices=("slack",))
    parser.add_argument("--json", action="store_true", help="JSON in place of YAML")
    parser.add_argument("--name", default=App.name, help="what the app is called")
    parser.add_argument("--command", default=App.command, help="what requests begin with")
    parser.add_argument("--socket", action="store_true", help="Socket Mode, whatever the address")
    given = parser.parse_args(arguments)
    settings = _settings({})
    # Installs by OAuth need the address, whichever way requests come.
    by_socket = given.socket or (settings.slack_app_token and not settings.slack_client_id)
    public_url = "" if by_socket else settings.public_url
    app = App(name=given.name, command=given.command, public_url=public_url)
    print(write_manifest(app, as_json=given.json))
    return 0


def _blueprints(arguments: Sequence[str]) -> int:
    """Check a folder of blueprints: file, line, field, and what to do."""
    import argparse

    from adapters.blueprints import load_folder
    from adapters.blueprints_command import add_arguments, tell_blueprints
    from bot.domain.errors import UserError

    parser = argparse.ArgumentParser(prog="signalbox blueprints", description=_blueprints.__doc__)
    add_arguments(parser)
    given, settings = parser.parse_args(arguments), _settings({})
    folder = given.folder or settings.blueprints_folder
    if given.folder and not folder.is_dir():
        raise UserError(f"{folder} is no folder.")
    catalog = load_folder(folder, base=settings.data_dir.absolute())
    return tell_blueprints(folder, catalog, say=print)


def _doctor(arguments: Sequence[str]) -> int:
    """Look at everything, change nothing, and say what to do."""
    import argparse
    import asyncio

    from adapters.doctor.report import as_json, as_text, exit_code
    from bot.wiring.doctor import DATABASE, examine_deployment

    parser = argparse.ArgumentParser(prog="signalbox doctor", description=_doctor.__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    found = asyncio.run(examine_deployment(os.environ))
    colours = sys.stdout.isatty() and not _plain()
    print(as_json(found) if given.json else as_text(found, colours=colours))
    return exit_code(found, vital=DATABASE)


def _report(arguments: Sequence[str]) -> int:
    """Speak for a program, inside a job; see docs/job-protocol.md."""
    from adapters.runner.report_command import main as report

    return report(list(arguments))


def _job(arguments: Sequence[str]) -> int:
    """Carry out one claimed job; started by an executor."""
    from adapters.runner.job import main as job

    return job(list(arguments))


_COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "up": _up,
    "chat": _chat,
    "migrate": _migrate,
    "export": _export,
    "import": _import,
    "audit": _audit,
    "blueprints": _blueprints,
    "doctor": _doctor,
    "manifest": _manifest,
    "report": _report,
    "job": _job,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for words that are no command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["-h"], ["--help"], ["help"]):
        print(_usage())
        return 0
    if not given or given[0] not in _COMMANDS:
        named = f"There is no command “{given[0]}”.\n" if given else ""
        print(named + _usage(), file=sys.stderr)
        return _USAGE
    from bot.domain.errors import UnavailableError, UserError

    try:
        return _COMMANDS[given[0]](given[1:])
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except UserError as error:
        print(f"signalbox {given[0]}: {error.text}", file=sys.stderr)
        return _USAGE
    except UnavailableError as error:
        print(f"signalbox {given[0]}: {error}", file=sys.stderr)
        return _UNAVAILABLE


def _usage() -> str:
    lines = [
        f"  {name:<12}{(command.__doc__ or '').strip()}" for name, command in _COMMANDS.items()
    ]
    return "\n".join(["usage: signalbox <command>", *lines])


if __name__ == "__main__":
    sys.exit(main())
