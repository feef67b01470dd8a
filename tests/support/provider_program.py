"""`python -m tests.support.provider_program PORT`: an OpenID provider that insists on PKCE.

`oidc-provider-mock` as it is, plus two things that its users can't switch on: a sign-in without
an S256 challenge, or an exchange whose verifier doesn't fit one, is refused; and while `PUT /away`
has switched it off, it answers everything with 503.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from typing import Any

import flask
from oidc_provider_mock import app as provider_app
from werkzeug.serving import make_server


def build() -> flask.Flask:
    """Return the provider."""
    app: flask.Flask = provider_app()
    challenges: set[str] = set()
    state = {"away": False}

    @app.put("/away/<value>")
    def switch(value: str) -> tuple[str, int]:
        state["away"] = value == "on"
        return "", 204

    @app.before_request
    def insist() -> Any:
        if flask.request.path.startswith("/away/"):
            return None
        if state["away"]:
            return "being serviced", 503
        return _refused(challenges)

    return app


def _refused(challenges: set[str]) -> Any:
    request = flask.request
    if request.path == "/oauth2/authorize" and request.method == "GET":
        if request.args.get("code_challenge_method") != "S256":
            return "no S256 challenge", 400
        challenges.add(request.args.get("code_challenge", ""))
    if request.path == "/oauth2/token" and request.form.get("grant_type") == "authorization_code":
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() not in challenges:
            return {"error": "invalid_grant"}, 400
    return None


if __name__ == "__main__":
    make_server("localhost", int(sys.argv[1]), build(), threaded=True).serve_forever()
