"""The webhook as X meets it: asked over HTTP."""

import secrets
import time
from collections.abc import Iterator

from tools.doctor.findings import FINE, LEFT_OUT, PROBLEM, Finding, Patient
from tools.x.asking import ask, response_token
from tools.x.signing import answer, header, sign

CHALLENGE_SECONDS = 3  # that X waits


def challenge(patient: Patient) -> Iterator[Finding]:
    """Whether the webhook answers X's challenge, as X wants it."""
    name, token, keys = "challenge", secrets.token_urlsafe(24), patient.keys
    started = time.monotonic()
    response = ask("GET", patient.stack.output("WebhookUrl"), params={"crc_token": token})
    seconds = time.monotonic() - started
    if isinstance(response, str):
        yield Finding(name, PROBLEM, f"The webhook does not answer: {response}.", "sam build && sam deploy")
    elif not keys:
        yield Finding(name, LEFT_OUT, "Needs X's keys.")
    elif response.status_code != 200:
        yield Finding(name, PROBLEM, f"The webhook answers X's challenge with {response.status_code}: {response.text[:100]}", _log_of(patient))
    elif response_token(response) != answer(keys, token):
        yield Finding(name, PROBLEM, "The webhook answers X's challenge by another secret (new keys take five minutes).",
                      patient.tool("x secrets set"))
    elif seconds > CHALLENGE_SECONDS:
        yield Finding(name, PROBLEM, f"The webhook answers X's challenge after {seconds:.1f} s; X waits {CHALLENGE_SECONDS}.", _log_of(patient))
    else:
        yield Finding(name, FINE, "The webhook answers X's challenge as X wants it.")


def forgery(patient: Patient) -> Iterator[Finding]:
    """Whether the webhook refuses what X did not sign."""
    response = ask("POST", patient.stack.output("WebhookUrl"), json={"tweet_create_events": []},
                        headers={header(patient.keys): sign("forged", b"")})
    if isinstance(response, str):
        yield Finding("forgery", PROBLEM, f"The webhook does not answer: {response}.", "sam build && sam deploy")
    elif response.status_code == 401:
        yield Finding("forgery", FINE, "The webhook refuses what X did not sign.")
    elif response.status_code == 503 and not patient.keys:
        yield Finding("forgery", LEFT_OUT, "The webhook refuses everything until X's keys are filled in.")
    else:
        yield Finding("forgery", PROBLEM, f"The webhook answers {response.status_code} to what X did not sign.", _log_of(patient))


def _log_of(patient: Patient) -> str:
    return f"aws logs tail {patient.stack.service('Ingress').resources['TwitterWebhookLog']} --since 1h"
