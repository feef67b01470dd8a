"""Which notebook version and which cell made a run, and what past executions of a cell gave."""
