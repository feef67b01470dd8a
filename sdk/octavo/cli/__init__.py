"""The command line; each command's module is imported only when the command is used."""
