"""A function of the user's, found beside the YAML or on the Python path, and its mistakes in a sentence."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pyspark import cloudpickle
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from pipeline.config.hints import did_you_mean
from pipeline.config.sources import Source
from pipeline.errors import ConfigError, PipelineError
from pipeline.explain import spark_words

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_RAISED = re.compile(r"^(?!SQLSTATE)[A-Za-z_][\w.]*: .*$|^[A-Za-z_][\w.]*(?:Error|Exception)$", re.MULTILINE)


@dataclass(frozen=True)
class UserFunction:
    """`package.module:function`; `folder` is where its modules may lie, `where` names the key in errors."""

    name: str
    folder: Path | None
    where: str

    def find(self) -> None:
        """Raise ConfigError unless the function is there: its module is imported for that."""
        with _modules_beside(self.folder):
            self._loaded()

    def call(self, rows: DataFrame, settings: Mapping[str, Any]) -> DataFrame:
        """What the function makes of the rows. Raises ConfigError when it raises, or gives no DataFrame.

        Functions that it hands to Spark travel to the workers whole: those need not have its modules.
        """
        with _modules_beside(self.folder):
            function = self._loaded()
            try:
                with _travelling_whole(self.folder):
                    found = function(rows, dict(settings))
            except PipelineError:
                raise
            except Exception as error:
                raise self._failed(error, function) from error
        if not isinstance(found, DataFrame):
            raise ConfigError(
                f"{self.where}: {_place(function)} gives {type(found).__name__}. Return a DataFrame."
            )
        return found

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """What fails while the rows of the function are worked out is told as its own failure."""
        try:
            yield
        except PySparkException as error:
            raise self._failed(error) from error

    def _loaded(self) -> Callable[[DataFrame, dict[str, Any]], Any]:
        module_name, _, function_name = self.name.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
                raise self._failed(error) from error
            beside = f"beside the YAML ({self.folder}) or " if self.folder else ""
            raise ConfigError(
                f"{self.where}: there is no module '{error.name}' {beside}on the Python path."
            ) from error
        except Exception as error:
            raise self._failed(error) from error
        function = getattr(module, function_name, None)
        if callable(function):
            return function  # type: ignore[no-any-return]
        known = [name for name, value in vars(module).items() if callable(value) and name[0] != "_"]
        raise ConfigError(
            f"{self.where}: {module.__file__} has no function '{function_name}'."
            f"{did_you_mean(function_name, known)}"
        )

    def _failed(self, error: Exception, function: Callable[..., Any] | None = None) -> ConfigError:
        said = str(error)
        frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError) and error.filename:
            frames.append((error.filename, error.lineno or 0))
        frames += [(found["file"], int(found["line"])) for found in _FRAME.finditer(said)]
        own = [frame for frame in frames if self._is_own(frame[0])]
        place = f" in {own[-1][0]}:{own[-1][1]}" if own else f" in {_place(function)}" if function else ""
        return ConfigError(
            f"{self.where}: {self.name} failed{place}: {_words(error, said)} Nothing was written."
        )

    def _is_own(self, file: str) -> bool:
        """Whether a file is of the user's: beside the YAML, or the module itself wherever it lies."""
        module = self.name.partition(":")[0].replace(".", "/")
        is_beside = self.folder is not None and Path(file).is_relative_to(self.folder)
        return (is_beside and not _is_installed(file)) or file.endswith(
            (f"{module}.py", f"{module}/__init__.py")
        )


def user_function(name: str, source: Source) -> UserFunction | None:
    """The function that a source names, None where it names none. Nothing is imported yet."""
    if source.transform is None:
        return None
    where = f"{source.where('transform')}: 'sources.{name}.transform'"
    return UserFunction(source.transform, source.folder("transform"), where)


@contextmanager
def _modules_beside(folder: Path | None) -> Iterator[None]:
    """Modules of a folder can be imported; afterwards they are forgotten, and all is as it was before."""
    if folder is None:
        yield
        return
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if _lies_in(sys.modules[name], folder):
                del sys.modules[name]


@contextmanager
def _travelling_whole(folder: Path | None) -> Iterator[None]:
    """What is pickled of the modules that a folder gave takes their code along: workers lack the folder."""
    modules = [] if folder is None else [one for one in list(sys.modules.values()) if _lies_in(one, folder)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _lies_in(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and Path(str(file)).is_relative_to(folder) and not _is_installed(str(file))


def _is_installed(file: str) -> bool:
    return "site-packages" in file or Path(file).is_relative_to(Path(__file__).parents[2])


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def _words(error: Exception, said: str) -> str:
    """What was raised, as a sentence: Python's words of a worker, Spark's of a plan, or the error's own."""
    raised = _RAISED.findall(said) if "Traceback (most recent call last)" in said else []
    if raised:
        words = raised[-1]
    elif isinstance(error, PySparkException):
        words = spark_words(error)
    elif isinstance(error, SyntaxError):
        words = f"SyntaxError: {error.msg}"
    else:
        words = f"{type(error).__name__}: {said}" if said else type(error).__name__
    words = " ".join(words.split())
    return words if words.endswith(".") else f"{words}."
