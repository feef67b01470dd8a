"""Tables of the lake, scored partition by partition."""
