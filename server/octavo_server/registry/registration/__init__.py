"""How a logged model becomes a signed version."""
