"""The application's side of X, and X's side of the application."""

from collections.abc import Iterator

from tools.doctor.findings import FINE, PROBLEM, Finding, Patient
from tools.x.connection import ACCOUNT_ACTIVITY_ENDS, SUMMONS, Connection


def secret(patient: Patient) -> Iterator[Finding]:
    """Whether X's keys are filled in."""
    if patient.keys:
        yield Finding("secret", FINE, "X's keys are filled in" + (", and a client secret." if patient.keys.ClientSecret else "."))
    else:
        yield Finding("secret", PROBLEM, "X's keys are not filled in.", patient.tool("x secrets set"))


def keys(patient: Patient) -> Iterator[Finding]:
    """Whether X takes them, and whose they are."""
    x = Connection(patient.stack)
    x.app.sign_in()
    account, wanted = x.account.me(), patient.stack.parameters["BotUserId"]
    if account["id"] == wanted:
        yield Finding("keys", FINE, f"X takes them: @{account['username']} ({wanted}), for whom the stack is deployed.")
    else:
        yield Finding("keys", PROBLEM, f"X takes them, but they are those of @{account['username']} ({account['id']}), and the stack is deployed for"
                      f" {wanted}.", f"sam deploy --parameter-overrides BotUserId={account['id']}"
                      f" (or, if the keys are the wrong ones: {patient.tool('x secrets set')})")


def webhook(patient: Patient) -> Iterator[Finding]:
    """Whether X holds the webhook for valid, and tells it who speaks to the account."""
    x, url = Connection(patient.stack), patient.stack.output("WebhookUrl")
    found = next((each for each in x.app.webhooks() if each["url"] == url), None)
    if found is None:
        yield Finding("webhook", PROBLEM, "X does not know the webhook.", patient.tool("x webhook register"))
        return
    if found["valid"]:
        yield Finding("webhook", FINE, "X holds the webhook for valid.")
    else:
        yield Finding("webhook", PROBLEM, "X has disabled the webhook: it delivers nothing.", patient.tool("x webhook validate"))
    missing = sorted(set(SUMMONS) - x.x_activity(found["id"]).keys())
    if not missing:
        yield Finding("subscription", FINE, "X tells the webhook who speaks to the account.")
    elif x.user["id"] in x.app.account_activity_users(found["id"]):
        yield Finding("subscription", FINE, f"X tells the webhook who speaks to the account, by the API that ends on {ACCOUNT_ACTIVITY_ENDS}:"
                      f" {patient.tool('x migrate')}")
    else:
        yield Finding("subscription", PROBLEM, f"X tells the webhook nothing of {' and '.join(missing)}.", patient.tool("x subscribe"))
