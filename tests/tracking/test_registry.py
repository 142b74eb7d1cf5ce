from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from pipeline.tracking import ModelVersion, Registry, Tracking, TrainingRecord


@pytest.fixture
def registry(tracking: Tracking) -> Registry:
    return Registry(tracking)


def register(registry: Registry, record: TrainingRecord | None = None) -> ModelVersion:
    run = registry.tracking.open_run("train", tags={}, params={})
    run.log_text("", "model/MLmodel")
    if record is not None:
        run.log_text(record.to_json(), "training.json")
    run.finish()
    number = registry.register(run, f"runs:/{run.run_id}/model", {"fingerprint": "abc"})
    found = registry.get(number)
    assert found is not None
    return found


def test_versions_count_up(registry: Registry) -> None:
    first, second = register(registry), register(registry)

    assert (first.version, second.version) == (1, 2)
    assert (first.name, first.label, first.tags) == ("houses", "houses version 1", {"fingerprint": "abc"})
    assert first.created_at.tzinfo is not None
    assert registry.get(3) is None


def test_an_alias_points_nowhere_at_first(registry: Registry) -> None:
    before_any_model = registry.champion()
    version = register(registry)

    assert before_any_model is None
    assert registry.champion() is None
    assert registry.challenger() is None
    assert version.version == 1


def test_an_alias_moves(registry: Registry) -> None:
    first, second = register(registry), register(registry)
    registry.point("challenger", second.version)
    registry.point("champion", first.version)
    before = registry.champion()
    registry.point("champion", second.version)
    registry.point("champion", second.version)

    assert before == first
    assert registry.champion() == second == registry.challenger()


def test_tags_are_written_on_the_version(registry: Registry) -> None:
    first, second = register(registry), register(registry)

    registry.set_tags(first.version, {"decision": "refused", "promotion": "{}"})

    found = [registry.get(first.version), registry.get(second.version)]
    assert [version.tags.get("decision") for version in found if version] == ["refused", None]


def test_the_record_is_that_of_the_version(registry: Registry, record: TrainingRecord) -> None:
    assert registry.record(register(registry, record)) == record


def test_a_version_of_another_project_has_no_record(registry: Registry) -> None:
    with pytest.raises(
        ConfigError,
        match=r"^houses version 1 has no training\.json: it was not registered by `pipeline train`\.",
    ):
        registry.record(register(registry))
