"""Boosted trees as a pyspark.ml estimator and model.

`model` imports nothing else of this project: a logged model carries it alone (see `shipping`). Its path is
part of every saved model and so must not change.
"""
