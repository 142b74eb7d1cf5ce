from __future__ import annotations

import pytest

from pipeline.usage.partitions import INITIAL, cut_for, pieces_of

GB = 2**30


class Conf(dict[str, str]):
    def set(self, name: str, value: str) -> None:
        self[name] = value

    def unset(self, name: str) -> None:
        del self[name]


class Session:
    def __init__(self, **settings: str) -> None:
        self.conf = Conf({"spark.sql.shuffle.partitions": "200", "spark.sql.adaptive.enabled": "true"})
        self.conf.update({f"spark.sql.{name}": value for name, value in settings.items()})


@pytest.mark.parametrize(
    ("size", "pieces"), [(0, 200), (12 * GB, 200), (100 * GB, 1600), (10**6 * GB, 20_000)]
)
def test_pieces_follow_the_bytes_from_the_usual_number_on(size: int, pieces: int) -> None:
    assert pieces_of(size, 200) == pieces


def test_a_large_shuffle_begins_with_more_pieces_and_the_setting_comes_back() -> None:
    session = Session()
    before = dict(session.conf)
    with cut_for(session, 100 * GB):  # type: ignore[arg-type]
        assert session.conf == {**before, INITIAL: "1600"}
    assert session.conf == before


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({}, GB),
        ({"adaptive.enabled": "false"}, 100 * GB),
        ({"adaptive.coalescePartitions.initialPartitionNum": "7"}, 100 * GB),
    ],
)
def test_small_shuffles_and_settings_of_the_user_stay(settings: dict[str, str], size: int) -> None:
    session = Session(**settings)
    before = dict(session.conf)
    with cut_for(session, size):  # type: ignore[arg-type]
        assert session.conf == before
