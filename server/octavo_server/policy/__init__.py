"""Policy as code: facts in, a decision with reasons out, at every gate."""
