"""From the columns of the features table to what a learner reads: roles, then the fitted stages before it."""
