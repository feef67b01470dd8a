"""Values of features: the newest ones of an entity."""
