"""What the scorer and its callers agree on."""

SECRET_HEADER = "x-octavo-scorer-secret"
"""Header with the secret that the scorer was started with."""
REQUEST_ID_HEADER = "x-request-id"
"""Header with the id that errors quote."""
READY_PATH = "/v2/health/ready"
"""Answers 200 once the model is in memory."""
