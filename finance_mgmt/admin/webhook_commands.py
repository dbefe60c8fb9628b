"""Commands of webhooks and of deliveries (W4)."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from ..enums import DeliveryState
from ..models import Delivery, Webhook
from ..services import deliveries, webhooks
from .command_pages import CommandPage
from .notice_commands import KindsForm, OfNotices, kinds_of, secret_said


class OfWebhook(OfNotices):
    """A command of a webhook that is there."""

    needs = "finance_mgmt.set_webhook"

    def is_offered(self, row: Webhook) -> bool:
        """While it is there."""
        return row.removed_at is None

    def arguments(self, row: Webhook, given: dict[str, Any]) -> dict[str, Any]:
        """The webhook."""
        return {"webhook": row}


class SendTest(OfWebhook):
    """One event that says nothing."""

    name, icon, label = "test", "send", gettext_lazy("Send a test event")
    is_primary = True
    service = webhooks.send_test
    done = gettext_lazy("A test event is queued. The deliveries below say what came of it.")
    intro = gettext_lazy("An event that says it is a test, signed as all others are (W4).")

    def is_offered(self, row: Webhook) -> bool:
        """While it is on."""
        return row.removed_at is None and row.is_active


class ChangeKinds(OfWebhook):
    """What is posted there."""

    name, icon, label = "kinds", "edit", gettext_lazy("Choose kinds")
    form_class = KindsForm
    service = webhooks.change
    done = gettext_lazy("Changed.")
    intro = gettext_lazy("Only the notices chosen here are posted to it (W4).")

    def initial(self, request: HttpRequest, row: Webhook) -> dict[str, Any]:
        """As it is."""
        return {"kinds": row.kinds}

    def arguments(self, row: Webhook, given: dict[str, Any]) -> dict[str, Any]:
        """The kinds."""
        return {"webhook": row, "kinds": kinds_of(given)}


class SwitchOn(OfWebhook):
    """Post there again."""

    name, icon, label = "on", "toggle_on", gettext_lazy("Switch on")
    service = webhooks.change
    done = gettext_lazy("It is on. What was given up meanwhile can be queued again.")
    is_on = True
    intro = gettext_lazy("Notices are posted to it again from now on (W4).")

    def is_offered(self, row: Webhook) -> bool:
        """While it is the other way."""
        return row.removed_at is None and row.is_active != self.is_on

    def arguments(self, row: Webhook, given: dict[str, Any]) -> dict[str, Any]:
        """On."""
        return {"webhook": row, "is_active": self.is_on}


class SwitchOff(SwitchOn):
    """Post nothing there for now."""

    name, icon, label = "off", "toggle_off", gettext_lazy("Switch off")
    done = gettext_lazy("It is off. What was on its way is given up.")
    is_on = False
    intro = gettext_lazy("Nothing is posted to it until it is switched on again (W4).")


class ReplaceSecret(OfWebhook):
    """A new secret."""

    name, icon, label = "secret", "key", gettext_lazy("Replace the secret")
    service = webhooks.replace_secret
    intro = gettext_lazy("For a day the old secret signs beside the new one.")

    def told(self, result: Webhook) -> Any:
        """The secret, this once."""
        return secret_said(result)


class RemoveWebhook(OfWebhook):
    """Nothing more goes there."""

    name, icon, label = "remove", "delete", gettext_lazy("Remove")
    service = webhooks.remove
    done = gettext_lazy("Nothing more goes there.")
    intro = gettext_lazy(
        "Nothing is posted to it any more; its past deliveries stay on record (W4)."
    )


class Requeue(OfNotices):
    """Try again."""

    name, icon, label = "requeue", "replay", gettext_lazy("Try again")
    needs = "finance_mgmt.set_webhook"
    is_primary = True
    service = deliveries.requeue
    done = gettext_lazy("It is queued again, under the same id.")
    intro = gettext_lazy("What was given up is sent again, with all its retries (W4).")

    def is_offered(self, row: Delivery) -> bool:
        """Where it did not arrive."""
        return row.state in (DeliveryState.DEAD, DeliveryState.FAILED)

    def arguments(self, row: Delivery, given: dict[str, Any]) -> dict[str, Any]:
        """The delivery."""
        return {"delivery": row}


OF_WEBHOOKS: list[CommandPage] = [
    SendTest(),
    ChangeKinds(),
    SwitchOn(),
    SwitchOff(),
    ReplaceSecret(),
    RemoveWebhook(),
]
OF_DELIVERIES: list[CommandPage] = [Requeue()]
