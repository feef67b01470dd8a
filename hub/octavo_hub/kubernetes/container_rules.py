"""The table's second half: volumes, network, images, and the container itself."""

from __future__ import annotations

from octavo_hub.kubernetes.rules import (
    ADMIN,
    AGAIN,
    LATER,
    OTHER_PROFILE,
    Stage,
    rule,
)

PULL = "Failed ErrImagePull ImagePullBackOff BackOff RegistryUnavailable"
MORE_MEMORY = "Start again with a profile that has more memory, or work on less data at once."

VOLUME_RULES = (
    rule(
        "volume", Stage.PREPARING, "FailedAttachVolume", r"Multi-Attach error",
        "Your home is still attached to the machine of your last workspace.",
        LATER, patience_s=300.0,
    ),
    rule(
        "bad_profile", Stage.PREPARING, "FailedMount",
        r"(?P<what>secret|configmap) \"(?P<name>[^\"]+)\" not found",
        "Profile {profile} mounts the {what} {name}, which the cluster doesn't have.",
        OTHER_PROFILE, patience_s=30.0,
    ),
    rule(
        "no_capacity", Stage.PREPARING, "FailedMount FailedMapVolume", r"no space left on device",
        "The machine has no disk space left for your workspace.",
        LATER, patience_s=60.0,
    ),
    rule(
        "volume", Stage.PREPARING, "FailedMount FailedMapVolume FailedAttachVolume",
        r"not found in the list of registered CSI drivers|CSINode \S+ does not contain driver",
        "The machine can't reach the storage of your home yet.",
        LATER, patience_s=180.0,
    ),
    rule(
        "volume", Stage.PREPARING, "FailedMount FailedMapVolume",
        r"structure needs cleaning|filesystem issues|fsck|wrong fs type|bad superblock",
        "The file system of your home is damaged and isn't mounted, so that nothing more is lost.",
        ADMIN, patience_s=60.0,
    ),
    rule(
        "volume", Stage.PREPARING, "FailedAttachVolume",
        r"AttachVolume\.Attach failed for volume \"(?P<volume>[^\"]+)\"",
        "The storage of your home couldn't be attached to the machine.",
        LATER, patience_s=180.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "FailedBinding",
        r"no storage class is set",
        "Your home can't be made: the cluster has no default storage class.",
        ADMIN, patience_s=30.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "ProvisioningFailed",
        r"storageclass\.storage\.k8s\.io \"(?P<name>[^\"]+)\" not found",
        "Your home can't be made: the cluster has no storage class {name}.",
        ADMIN, patience_s=30.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "ProvisioningFailed", r"ResourceExhausted|quota|insufficient",
        "Your home can't be made: the cluster's storage is used up.",
        ADMIN, patience_s=60.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "ProvisioningFailed FailedBinding", r"",
        "Your home can't be made: the cluster's storage refuses it.",
        LATER, patience_s=120.0, vague=True,
    ),
    rule(
        "volume", Stage.PREPARING, "FailedMount FailedMapVolume FailedAttachVolume", r"",
        "A volume of your workspace couldn't be mounted.",
        LATER, patience_s=180.0, vague=True,
    ),
)  # fmt: skip

NETWORK_RULES = (
    rule(
        "network", Stage.PREPARING, "FailedCreatePodSandBox",
        r"failed to assign an IP address|no available IP|no IP addresses available|"
        r"IPAM.*exhausted",
        "The cluster has no free network address for your workspace.",
        LATER, patience_s=180.0,
    ),
    rule(
        "bad_profile", Stage.PREPARING, "FailedCreatePodSandBox", r"RuntimeHandler \S+ not supp",
        "Profile {profile} asks for a kind of container that the machine doesn't support.",
        OTHER_PROFILE, patience_s=30.0,
    ),
    rule(
        "network", Stage.PREPARING,
        "FailedCreatePodSandBox NetworkNotReady CNIFailure", r"",
        "The machine's network isn't ready for your workspace.",
        LATER, patience_s=180.0, vague=True,
    ),
)  # fmt: skip

IMAGE_RULES = (
    rule(
        "bad_profile", Stage.IMAGE, "InvalidImageName InspectFailed", r"",
        "The image {image} of profile {profile} isn't a valid image name.",
        OTHER_PROFILE,
    ),
    rule(
        "image_pull", Stage.IMAGE, "ErrImageNeverPull", r"",
        "The image {image} isn't on the machine, and the cluster is told never to fetch it.",
        ADMIN,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL,
        r"toomanyrequests|429 Too Many Requests|pull rate limit",
        "The image's registry lets this cluster fetch no more images for a while.",
        LATER, patience_s=300.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL, r"no space left on device",
        "The machine has no disk space left for the image {image}.",
        LATER, patience_s=120.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL, r"no match for platform|no matching manifest for",
        "The image {image} isn't made for the processors of this cluster's machines.",
        OTHER_PROFILE, patience_s=20.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL,
        r"digest .*mismatch|unexpected commit digest|failed size validation|"
        r"signature|SignatureValidationFailed",
        "The image {image} isn't the one that was approved, so it isn't started.",
        ADMIN, patience_s=20.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL, r"x509|certificate",
        "The machine doesn't trust the certificate of the image's registry.",
        ADMIN, patience_s=30.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL,
        r"pull access denied|unauthorized|authorization failed|no basic auth credentials|"
        r"401 Unauthorized|403 Forbidden|denied: ",
        "The cluster isn't allowed to fetch the image {image}.",
        ADMIN, patience_s=30.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL, r"no such host|i/o timeout|connection refused|dial tcp|"
        r"DeadlineExceeded|deadline exceeded|TLS handshake|connection reset|unexpected EOF|"
        r"server misbehaving|50[0234] ",
        "The image's registry doesn't answer.",
        LATER, patience_s=180.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, PULL,
        r"(?:image|manifest|reference|name).*(?:not found|unknown)|: not found",
        "The image {image} doesn't exist in its registry.",
        OTHER_PROFILE, patience_s=30.0,
    ),
    rule(
        "image_pull", Stage.IMAGE, "Failed", r"Failed to pull image|ErrImagePull|ImagePullBackOff",
        "The image {image} couldn't be fetched.",
        LATER, patience_s=120.0, vague=True,
    ),
    rule(
        "image_pull", Stage.IMAGE, "BackOff", r"pulling image",
        "The image {image} couldn't be fetched.",
        LATER, patience_s=120.0, vague=True,
    ),
    rule(
        "image_pull", Stage.IMAGE, "ErrImagePull ImagePullBackOff RegistryUnavailable", r"",
        "The image {image} couldn't be fetched.",
        LATER, patience_s=120.0, vague=True,
    ),
)  # fmt: skip

START = (
    "Failed CreateContainerConfigError CreateContainerError RunContainerError StartError "
    "ContainerCannotRun PostStartHookError FailedPostStartHook"
)

CONTAINER_RULES = (
    rule(
        "out_of_memory", Stage.CREATING, START, r"OOM-killed",
        "The workspace ran out of its {memory} of memory while it started.",
        MORE_MEMORY,
    ),
    rule(
        "bad_profile", Stage.CREATING, START,
        r"image will run as root|non-numeric user|cannot verify user is non-root",
        "The image {image} wants to run as root, which the cluster doesn't allow.",
        OTHER_PROFILE,
    ),
    rule(
        "bad_profile", Stage.CREATING, START,
        r"(?P<what>secret|configmap) \"(?P<name>[^\"]+)\" not found|"
        r"couldn't find key (?P<key>\S+) in (?P<holder>\S+ \S+)",
        "Profile {profile} needs a secret or configuration that the cluster doesn't have: "
        "{name}{key}.",
        OTHER_PROFILE, patience_s=20.0,
    ),
    rule(
        "node_lost", Stage.CREATING, START,
        r"nvidia-container-cli|could not select device driver|libnvidia|nvidia-smi|\bCDI device",
        "The GPU of the machine doesn't work.",
        "Start again to get another machine, and tell your platform admin about {node}.",
    ),
    rule(
        "image_pull", Stage.CREATING, START, r"exec format error",
        "The image {image} isn't made for the processors of this cluster's machines.",
        OTHER_PROFILE,
    ),
    rule(
        "image_pull", Stage.CREATING, START,
        r"executable file not found|no such file or directory",
        "The image {image} has no JupyterLab that Octavo can start.",
        OTHER_PROFILE,
    ),
    rule(
        "node_lost", Stage.CREATING, START, r"context deadline exceeded|DeadlineExceeded",
        "The machine was too busy to start your workspace.",
        AGAIN, patience_s=180.0,
    ),
    rule(
        "crashed", Stage.CREATING,
        "CreateContainerConfigError CreateContainerError RunContainerError StartError "
        "ContainerCannotRun PostStartHookError FailedPostStartHook",
        r"",
        "The container of your workspace couldn't be started.",
        OTHER_PROFILE, patience_s=20.0, vague=True,
    ),
    rule(
        "out_of_memory", Stage.RUNNING, "OOMKilled OOMKilling SystemOOM", r"",
        "Your workspace used more than its {memory} of memory and was ended; your home is kept.",
        MORE_MEMORY,
    ),
    rule(
        "crashed", Stage.RUNNING, "Error:137", r"",
        "JupyterLab was killed from outside; your home is kept.",
        AGAIN,
    ),
    rule(
        "home_full", Stage.RUNNING, "Error:1 Error:2", r"No space left on device|Disk quota exc",
        "Your home is full, so JupyterLab couldn't start.",
        "Open a rescue workspace to make room, or ask your platform admin for a larger home.",
    ),
    rule(
        "volume", Stage.RUNNING, "Error:1", r"The home \S+ can't be written to: (?P<why>[^.]+)",
        "Your home can't be written to: {why}.",
        ADMIN,
    ),
    rule(
        "crashed", Stage.RUNNING, "Completed", r"",
        "JupyterLab ended by itself; your home is kept.",
        AGAIN, vague=True,
    ),
    rule(
        "crashed", Stage.RUNNING, "CrashLoopBackOff", r"",
        "JupyterLab starts and ends again and again.",
        OTHER_PROFILE, patience_s=60.0, vague=True,
    ),
    rule(
        "crashed", Stage.RUNNING, "BackOff", r"restarting failed container",
        "JupyterLab starts and ends again and again.",
        OTHER_PROFILE, patience_s=60.0, vague=True,
    ),
)  # fmt: skip
