"""Octavo's runner: executes one notebook in a kernel that was started for it and is used once.

``python -m octavo_runner`` is the child process behind the platform's runs;
``papermill --engine octavo`` is the same execution for anybody who has the package.
"""
