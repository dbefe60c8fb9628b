"""What each command of dev.py does. Each returns the exit status."""

import signal
import subprocess
import time
from argparse import Namespace
from collections.abc import Callable

from launcher import foreground
from launcher.base import PROJECT, Base, main_base, spare_bases
from launcher.interrupts import Interrupted, interrupts
from launcher.progress import hushed, say
from launcher.servers import Servers, running, running_alone
from launcher.services import WORKER, Services, beat, serving, web
from launcher.steps import StepFailed, run_step
from launcher.trouble import Trouble, last_lines
from launcher.venv import PYTHON, install
from launcher.web import NAME, await_pages, choose_port

MANAGE = [str(PYTHON), "manage.py"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "finance_mgmt.settings"}
EVERYTHING = ["-n", "2", "--dist", "loadfile"]  # two files at a time: half the wait on two cores
IN_USE = (
    "Web, worker and beat of this checkout are running already. Stop them with Ctrl-C where they "
    "run or with `python3 dev.py stop`, then run this again."
)


def demo(options: Namespace) -> int:
    """Load the demo's books, let worker and beat bill them, tell its story, serve the pages."""

    def load(base: Base, environment: dict[str, str]) -> int:
        clock = _answer([*MANAGE, "demo", "clock"], environment)
        status = _bill_demo(base, environment, clock) if clock else 0
        return status or foreground.run([*MANAGE, "demo", "story"], environment)

    return _serve("demo", options.port, before=load, is_serving=not options.no_serve)


def _bill_demo(base: Base, environment: dict[str, str], clock: str) -> int:
    """The demo's month is billed by services whose connections tell the time of its file."""
    options = f"{environment.get('PGOPTIONS', '')} -c app.clock={clock}".strip()
    in_the_past = environment | {"PGOPTIONS": options}
    with serving(base, in_the_past) as services:
        services.start(WORKER)
        services.start(beat(base))
        return foreground.run([*MANAGE, "demo", "month"], in_the_past, watch=services.check)


def _answer(command: list[str], environment: dict[str, str]) -> str:
    """What a command prints; its errors go to the terminal."""
    found = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
    if found.returncode:
        raise Trouble("The demo could not look at its books; the reason stands above.")
    return found.stdout.strip()


def serve(options: Namespace) -> int:
    """Serve the pages, with worker and beat, until Ctrl-C."""
    return _serve("serve", options.port)


def manage(arguments: list[str]) -> int:
    """One command of manage.py, with the servers running."""
    base = main_base()
    with hushed():
        install(base)
        with running(base) as servers, base.noted("manage"):
            return foreground.run([*MANAGE, *arguments], servers.environment() | SETTINGS)


def test(arguments: list[str]) -> int:
    """pytest on servers of its own that do not wait for the disk; all tests unless told which."""
    install(main_base(), for_developers=True)
    with running_alone(spare_bases("test")) as servers, servers.base.noted("test"):
        say(f"Testing on {servers.description()}.")
        environment = servers.environment()
        environment.pop("DJANGO_SETTINGS_MODULE", None)  # pyproject.toml names the tests' own
        command = [str(PYTHON), "-m", "pytest", *(arguments or EVERYTHING)]
        return foreground.run(command, environment, farewell=signal.SIGINT)


def bench(arguments: list[str]) -> int:
    """Benchmarks on servers of their own, as durable as in production."""
    install(main_base())
    with running_alone(spare_bases("bench")) as servers, servers.base.noted("bench"):
        say(f"Measuring on {servers.description()}.")
        command = [str(PYTHON), "-m", "benchmarks", *arguments]
        environment = servers.environment() | SETTINGS
        return foreground.run(command, environment, farewell=signal.SIGINT)


def _serve(
    name: str,
    port: int | None,
    *,
    before: Callable[[Base, dict[str, str]], int] | None = None,
    is_serving: bool = True,
) -> int:
    base = main_base()
    install(base)
    with running(base) as servers, base.noted(name), base.sole("services", IN_USE):
        environment = servers.environment() | SETTINGS
        say(f"Working on {servers.description()}.")
        _migrate(base, environment)
        if before is None:
            say("No account yet? `python3 dev.py manage createsuperuser` makes one.")
        status = before(base, environment) if before else 0
        if status or not is_serving or interrupts.heard:
            return status
        with serving(base, environment) as services:
            services.start(WORKER)
            services.start(beat(base))
            return _serve_pages(services, choose_port(port), servers)


def _serve_pages(services: Services, port: int, servers: Servers) -> int:
    """Serve until somebody asks to stop, which is how this normally ends."""
    services.start(web(port))
    await_pages(port, services.check)
    say(f"\nOpen http://{NAME}:{port}/ (Ctrl-C stops everything; logs: {servers.base.logs}).")
    try:
        while True:
            services.check()
            time.sleep(0.5)
    except Interrupted:
        say("\nStopping web, beat, worker and the servers.")
        return 0


def _migrate(base: Base, environment: dict[str, str]) -> None:
    log = base.logs / "migrate.log"
    try:
        run_step(
            "Migrating the database",
            [*MANAGE, "migrate", "--no-input"],
            log,
            environment=environment,
        )
    except StepFailed as error:
        raise Trouble(
            f"The database could not be migrated. {last_lines(log)}\nMend that and run this again."
        ) from error
