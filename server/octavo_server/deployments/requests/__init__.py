"""Who asked for which version, with which evidence, and who agreed."""
