"""What staff keep for themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """One filter of one list, under a name. Its owner changes and deletes it: no money hangs on it.

    Colleagues see a shared one above the same list, if they may see that list.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="saved_filters",
    )
    of = models.CharField(_("list"), max_length=100)  # "billing.bill"
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filter"), max_length=2000)
    is_shared = models.BooleanField(_("shared"), default=False)
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        default_permissions = ()
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "of", "name"], name="a_person_names_a_filter_of_a_list_once"
            )
        ]
        indexes = [models.Index(fields=["of"], name="saved_filters_of_a_list")]

    def __str__(self) -> str:
        return self.name
