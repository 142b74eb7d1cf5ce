"""Our search beside what one writes by hand: the same rows and folds, with equal results."""
