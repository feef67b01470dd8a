"""Project templates and how a project starts from one."""
