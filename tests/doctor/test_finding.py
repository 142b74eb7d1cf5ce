from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, fine, refused, warning, worst
from pipeline.doctor.words import everyone, size, some, spread
from pipeline.errors import ConfigError


def test_a_finding_says_what_was_found_and_what_to_do() -> None:
    assert fine("java", "17").sentence == "17"
    assert fault("java", "It is 8.", "install 17.").sentence == "It is 8. Next: install 17."
    assert fault("java", "It is 8.").to_json() == {
        "name": "java",
        "state": "fault",
        "said": "It is 8.",
        "advice": "",
    }


def test_our_own_errors_bring_their_advice() -> None:
    error = ConfigError("The store is away. Next: see that it runs.")
    assert refused("store", error) == Finding("store", "fault", "The store is away.", "see that it runs.")
    assert refused("store", OSError("no\nroute")) == Finding("store", "fault", "OSError: no")
    assert refused("store", OSError()) == Finding("store", "fault", "OSError: no reason given")


def test_the_worst_counts() -> None:
    assert worst([]) == "fine"
    assert worst([fine("a", "b"), warning("a", "b")]) == "warning"
    assert worst([fault("a", "b"), warning("a", "b")]) == "fault"


def test_values_with_their_machines() -> None:
    many = {"the driver": "1", **{f"executor {number}": "2" for number in range(5)}}
    assert spread(many) == "1 on the driver, 2 on executor 0, executor 1, executor 2 and 2 more"
    assert spread({"the driver": "1", "its Python workers": "1"}) == "1 on the driver and its Python workers"
    assert everyone(["a", "b"]) == "2 executors"
    assert some(["a", "b"]) == "a, b"


def test_sizes_as_a_person_reads_them() -> None:
    assert [size(number) for number in (0, 2**20, 3 * 2**29, 2**41)] == ["0 MB", "1 MB", "1.5 GB", "2.0 TB"]
