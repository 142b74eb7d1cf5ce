from __future__ import annotations

from pipeline.config.model import Config
from pipeline.plan.cluster import Cluster
from pipeline.plan.data import Ground, plan_clean, plan_features, plan_ingest
from pipeline.plan.figures import Read
from pipeline.plan.sources import Part, SourceSize

CLUSTER = Cluster(slots=8, cache_bytes=10**9, is_local=False, machine_bytes=10**10)
NOTHING = Part()


def ground_of(source: SourceSize, *, features_stand: bool = False) -> Ground:
    config = Config.model_validate(
        {
            "name": "houses",
            "task": "regression",
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
        }
    )
    return Ground(config, CLUSTER, {"houses": source}, None, features_stand)


def source_of(new: Part, fresh: Part, *, is_typed: bool = False) -> SourceSize:
    batches = 1 if fresh.bytes else 0
    return SourceSize("houses", new, NOTHING, fresh, NOTHING, False, is_typed, ("id",), batches)


def test_a_first_file_is_read_once_cleaned_in_two_scans_and_derived_in_one() -> None:
    coming = Part(1_000_000, 5_000, 1, is_guess=True)
    ground = ground_of(source_of(Part(5_000_000, 5_000, 1), coming))
    assert plan_ingest(ground).reads == (Read("files of houses", 5_000_000, 1, 1, 5_000),)
    assert plan_clean(ground).reads == (Read("bronze_houses", 1_000_000, 2, None, 5_000, is_guess=True),)
    assert plan_features(ground).reads == (Read("silver_houses", 1_000_000, 1, None, 5_000, is_guess=True),)


def test_files_that_tell_their_types_are_cleaned_in_one_scan() -> None:
    coming = Part(1_000_000, 5_000, 1, is_guess=True)
    (read,) = plan_clean(ground_of(source_of(Part(5_000_000, 5_000, 1), coming, is_typed=True))).reads
    assert read.scans == 1


def test_without_news_no_step_is_due() -> None:
    ground = ground_of(source_of(NOTHING, NOTHING), features_stand=True)
    steps = [plan_ingest(ground), plan_clean(ground), plan_features(ground)]
    assert [(step.is_due, step.reads, step.reason) for step in steps] == [
        (False, (), "no new file"),
        (False, (), "no batch waits"),
        (False, (), "made from the silver of now by the settings of now"),
    ]
