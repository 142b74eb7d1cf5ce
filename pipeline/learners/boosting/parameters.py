"""The parameters of our boosted trees, by the names of XGBoost's scikit-learn interface."""

from __future__ import annotations

from pipeline.learners.parameters import ParamSpec, specs

OBJECTIVES = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror")

PARAMETERS = specs(
    ParamSpec("n_estimators", int, 200, "Boosting rounds, one tree each.", minimum=1, maximum=100_000),
    ParamSpec("max_depth", int, 6, "Deepest level of a tree.", minimum=1, maximum=30),
    ParamSpec("max_leaves", int, 0, "Most leaves of a tree; 0 is no limit.", minimum=0),
    ParamSpec(
        "grow_policy", str, "depthwise", "Which node is split next.", choices=("depthwise", "lossguide")
    ),
    ParamSpec("learning_rate", float, 0.1, "How much of each tree is added.", above=0, maximum=1),
    ParamSpec("subsample", float, 1.0, "Share of the rows each tree sees.", above=0, maximum=1),
    ParamSpec("colsample_bytree", float, 1.0, "Share of the columns each tree sees.", above=0, maximum=1),
    ParamSpec(
        "colsample_bylevel", float, 1.0, "Share of the tree's columns each level sees.", above=0, maximum=1
    ),
    ParamSpec(
        "colsample_bynode", float, 1.0, "Share of the level's columns each split sees.", above=0, maximum=1
    ),
    ParamSpec("min_child_weight", float, 1.0, "Least sum of weights in a leaf.", minimum=0),
    ParamSpec("reg_lambda", float, 1.0, "L2 penalty on leaf values.", minimum=0),
    ParamSpec("reg_alpha", float, 0.0, "L1 penalty on leaf values.", minimum=0),
    ParamSpec("gamma", float, 0.0, "Least gain that is worth a split.", minimum=0),
    ParamSpec("max_bin", int, 256, "Histogram bins per column.", minimum=2, maximum=65_536),
    ParamSpec(
        "objective",
        str,
        OBJECTIVES[0],
        "What a round reduces; with classes it is always the log loss.",
        choices=OBJECTIVES,
        tasks=("regression",),
    ),
    ParamSpec(
        "early_stopping_rounds",
        int,
        None,
        "Stop when so many rounds did not help the validation rows.",
        minimum=1,
    ),
    ParamSpec(
        "n_jobs", int, None, "Threads of a training task. Default: spark.task.cpus.", minimum=1, maximum=1024
    ),
)
