"""Every command goes through here: load the project, do the work, catch what is raised, end with a code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from pipeline.cli.logs import logs, write_traceback
from pipeline.cli.options import Options
from pipeline.cli.screen import Screen, tell_error
from pipeline.errors import PipelineError
from pipeline.explain import explain

if TYPE_CHECKING:
    from pipeline.project import Project


def execute(name: str, options: Options, work: Callable[[Project, Screen], int]) -> int:
    """Do the work of one command and return its exit code; every exception ends here."""
    screen = Screen(name, options)
    project: Project | None = None
    try:
        screen.begin()
        from pipeline.project import Project

        project = Project.load(options.config_files, options.sets, progress=screen.progress, watch=screen)
        with logs(project.log_file, screen.progress if options.verbose else None), _sigterm_as_ctrl_c():
            return work(project, screen)
    except (Exception, KeyboardInterrupt) as error:
        return _fail(error, screen, project)
    finally:
        screen.close()
        if project is not None:
            with suppress(Exception):  # the verdict is told; a JVM that is gone already changes nothing
                project.close()


def execute_alone(name: str, options: Options, work: Callable[[Screen], int]) -> int:
    """Do the work of a command that has no project; as `execute`, every exception ends here."""
    screen = Screen(name, options)
    try:
        screen.begin()
        return work(screen)
    except (Exception, KeyboardInterrupt) as error:
        return _fail(error, screen, None)
    finally:
        screen.close()


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Cluster managers end a driver by SIGTERM: then too the lease is given back and the verdict written."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fail(error: BaseException, screen: Screen, project: Project | None) -> int:
    failure = explain(error)
    if failure.verdict == "interrupted":
        failure = replace(failure, sentence=screen.interrupted(str(error)))
    log = write_traceback(error, project.log_file if project else None) if failure.logged else None
    values = screen.fail(failure, log)
    try:
        screen.write(values)
    except PipelineError as unwritten:
        tell_error(str(unwritten))
    return failure.exit_code
