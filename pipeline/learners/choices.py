"""The learners that a configuration chooses, checked without a JVM."""

from __future__ import annotations

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.learners import get_learner, validate_task


def validate_learners(config: Config) -> None:
    """Raise ConfigError, with its file and line, for a learner or parameter that does not exist or fit."""
    for name, choice in config.learners.items():
        place = f"train.learners.{name}"
        try:
            learner = get_learner(name)
            validate_task(name, config.task)
            for key, value in choice.params.items():
                place = f"train.learners.{name}.params.{key}"
                learner.validate({key: value}, config.task)
            for key, values in choice.space.items():
                place = f"train.learners.{name}.space.{key}"
                learner.validate_space({key: values}, config.task)
        except ConfigError as error:
            raise ConfigError(f"{config.where(place)}: {error}") from error
    _validate_searched_features(config)


def _validate_searched_features(config: Config) -> None:
    """Raise ConfigError for a feature setting that is searched and matters to no learner."""
    families = {get_learner(name).family for name in config.learners}
    mattering = {setting for family in families for setting in config.features.searched(family)}
    listed = {"impute": config.features.impute, "scale": config.features.scale}
    for setting, values in listed.items():
        if len(values) > 1 and setting not in mattering:
            place = f"features.{setting}"
            raise ConfigError(
                f"{config.where(place)}: '{place}' lists {len(values)} values to search, and it changes"
                f" nothing for {', '.join(config.learners)}. Write one value, or compare a learner that it"
                " matters to."
            )
