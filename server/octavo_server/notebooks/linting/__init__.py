"""What keeps a notebook from being reproducible, safe or typed, and how to mend it."""
