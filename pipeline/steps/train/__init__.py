"""Train: search, refit, evaluate, and register a challenger."""
