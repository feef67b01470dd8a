"""What features there are: views, snapshots, search, consumers."""
