from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.steps.clean.user_code import UserFunction

WHERE = "pipeline.yaml:9: 'sources.houses.transform'"


def function(folder: Path, name: str, text: str = "") -> UserFunction:
    (folder / "mend.py").write_text(text)
    return UserFunction(name, folder, WHERE)


MISTAKES = [
    ("men:houses", "", "there is no module 'men' beside the YAML ({folder}) or on the Python path."),
    (
        "mend.more:houses",
        "",
        "there is no module 'mend.more' beside the YAML ({folder}) or on the Python path.",
    ),
    (
        "mend:house",
        "def houses(df, settings):\n    return df\n",
        "{folder}/mend.py has no function 'house'. Did you mean 'houses'?",
    ),
    (
        "mend:houses",
        "import nowhere\n",
        "mend:houses failed in {folder}/mend.py:1: ModuleNotFoundError: No module named 'nowhere'.",
    ),
    (
        "mend:houses",
        "x = 1\ndef houses(df\n",
        "mend:houses failed in {folder}/mend.py:2: SyntaxError: '(' was never closed.",
    ),
    (
        "mend:houses",
        "def houses(df, settings):\n    return inner(settings)\ndef inner(s):\n    return 1 / s['by']\n",
        "mend:houses failed in {folder}/mend.py:4: ZeroDivisionError: division by zero.",
    ),
    (
        "mend:houses",
        "\ndef houses(df, settings):\n    settings['by'] = 1\n",
        "{folder}/mend.py:2 gives NoneType. Return a DataFrame.",
    ),
    (
        "mend:f",
        "def f():\n    return None\n",
        "mend:f failed in {folder}/mend.py:1: TypeError: f() takes 0 positional arguments but 2 were given.",
    ),
]


@pytest.mark.parametrize(("name", "text", "sentence"), MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    settings = {"by": 0}

    with pytest.raises(ConfigError) as refused:
        function(tmp_path, name, text).call(None, settings)  # type: ignore[arg-type]

    assert (
        str(refused.value).removesuffix(" Nothing was written.")
        == f"{WHERE}: {sentence.format(folder=tmp_path)}"
    )
    assert settings == {"by": 0}
    assert "mend" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_a_function_of_the_python_path_needs_no_folder() -> None:
    UserFunction("os.path:join", None, WHERE).find()
    with pytest.raises(ConfigError, match=r"there is no module 'nowhere' on the Python path\.$"):
        UserFunction("nowhere:join", None, WHERE).find()


def test_two_projects_may_name_their_modules_alike(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        function(tmp_path / name, "mend:f", f"def f(df, settings):\n    raise ValueError('{name}')\n")
        with pytest.raises(ConfigError, match=f"ValueError: {name}"):
            UserFunction("mend:f", tmp_path / name, WHERE).call(None, {})  # type: ignore[arg-type]
