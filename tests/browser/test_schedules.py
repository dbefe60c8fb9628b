"""The form of a periodic task under our policy of scripts, in Chromium."""

import json

import pytest
from django_celery_beat.models import CrontabSchedule, PeriodicTask

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAID = {"en": ("At 04:00 (UTC)", "At 23:30 (UTC)"), "zh-hans": ("在 04:00 (UTC)", "在 23:30 (UTC)")}


def test_the_form_says_what_the_chosen_times_mean(page, tongue):
    early = CrontabSchedule.objects.create(minute="0", hour="4")
    late = CrontabSchedule.objects.create(minute="30", hour="23")
    task = PeriodicTask.objects.create(name="tidy", task="tidy", crontab=early)
    refused = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    page.goto(f"/admin/django_celery_beat/periodictask/{task.pk}/change/")
    shown = page.locator("[data-times]")
    before, after = SAID[tongue]
    assert shown.inner_text() == before
    page.locator("#id_crontab").select_option(str(late.pk))
    assert shown.inner_text() == after
    page.locator("#id_args").evaluate("box => box.value = '[7]'")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/periodictask/")
    task.refresh_from_db()
    assert (task.crontab, json.loads(task.args), refused) == (late, [7], [])
