"""The filter language of runs: its words, its tree, its reader, and what may stand next."""
