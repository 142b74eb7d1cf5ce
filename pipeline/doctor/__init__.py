"""Would a run work here? Each check says in one line that it is fine, or what to do."""
