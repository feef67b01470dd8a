"""What a profile may never take: environment variables and folders that are the platform's own.

The platform service refuses them when a profile is checked, the hub once more when a workspace
starts.
"""

from __future__ import annotations

from typing import Final

VARIABLES: Final = frozenset(
    {"BASH_ENV", "BROWSER", "CPU_GUARANTEE", "CPU_LIMIT", "CUDA_DEVICE_ORDER",
     "CUDA_VISIBLE_DEVICES", "EDITOR", "ENV", "HOME", "IFS", "IPYTHONDIR", "JAVA_TOOL_OPTIONS",
     "JDK_JAVA_OPTIONS", "KUBECONFIG", "LESSCLOSE", "LESSOPEN", "LOCPATH", "LOGNAME", "MANPAGER",
     "MEM_GUARANTEE", "MEM_LIMIT", "NODE_OPTIONS", "NVIDIA_VISIBLE_DEVICES", "PAGER", "PATH",
     "PERL5LIB", "PERL5OPT", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "RUBYLIB", "RUBYOPT",
     "SHELL", "TEMP", "TMP", "TMPDIR", "USER", "VIRTUAL_ENV", "VISUAL", "ZDOTDIR", "_JAVA_OPTIONS"}
)  # fmt: skip
"""Names that decide which code runs, as whom, or on which GPU."""
BEGINNINGS: Final = (
    "CUDA_INJECTION", "DYLD_", "GCONV_", "GIT_", "GLIBC_", "JPY_", "JUPYTER", "KUBERNETES_",
    "LD_", "MALLOC_", "MLFLOW_", "OCTAVO_", "OPENSSL_", "PYTHON", "R_ENVIRON", "R_LIBS",
    "R_PROFILE", "SSH_", "XDG_",
)  # fmt: skip
"""Beginnings of such names."""
FOLDERS: Final = (
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media",
    "/opt", "/proc", "/root", "/run", "/sbin", "/srv/octavo", "/sys", "/tmp", "/usr", "/var",  # noqa: S108 - refused, not used
)  # fmt: skip
"""Folders of the system, of homes and of the platform; all below them is reserved too."""


def is_reserved_variable(name: str) -> bool:
    """Whether an environment variable is the platform's own, in small letters too."""
    upper = name.upper()
    return upper in VARIABLES or upper.startswith(BEGINNINGS)


def is_reserved_folder(path: str) -> bool:
    """Whether an absolute path without dots is a reserved folder, in one, or around one."""
    inner = path.rstrip("/") + "/"
    return any(inner.startswith(f"{one}/") or f"{one}/".startswith(inner) for one in FOLDERS)
