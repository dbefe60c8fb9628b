"""What staff do in the admin, in Chromium: import a file, watch it, try a failed run again."""

import pytest
from django.urls import reverse

from billing.models import UsageImport
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import runs
from tests.billing import files
from tests.finance_mgmt.admin_door import page_url
from tests.provider import LONG_AGO

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_file_is_imported_and_watched_until_it_is_stored(page, provider, work, tmp_path, tongue):
    files.small_world(provider)
    file = tmp_path / "september.csv"
    file.write_bytes(files.focus({}, {"SubAccountId": '"S-9"'}))
    page.goto("/admin/")
    page.locator(f'a[href="{reverse("admin:billing_usageimport_upload")}"]').first.click()
    page.locator("[name=file]").set_input_files(file)
    page.locator("[name=received_at_0]").fill("2024-09-01")
    page.locator("[name=received_at_1]").fill("08:00")
    page.locator(".bo-form-foot button[type=submit]").click()
    page.wait_for_url("**/billing/usageimport/*/change/")
    card = page.locator("[data-run-progress]")
    assert card.get_attribute("data-finished") == "no"
    work()
    page.locator("#parked").wait_for(timeout=10_000)  # it reads itself again
    assert UsageImport.objects.get().state == "stored"
    values = page.locator(".bo-tile-value").all_inner_texts()
    assert values == ["2", "1", "0", "1", "0"]


def test_a_parked_row_is_resolved_from_the_import(page, provider, tongue):
    _, _, member = files.small_world(provider)
    stored = files.load(provider, files.focus({"SubAccountId": '"S-9"'}))
    page.goto(page_url(stored))
    page.locator("#parked a[href*='/resolve/']").click()
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("A")
    page.locator(".select2-results__option", has_text=str(member)).click()
    page.locator(".bo-form-foot button[type=submit]").first.click()
    page.wait_for_url("**/importedrow/*/change/")
    said = {"en": "resolved", "zh-hans": "已处理"}
    assert page.locator(".bo-head .bo-badge").inner_text() == said[tongue]


def test_a_refused_form_says_why_and_keeps_the_page(page, provider, tmp_path):
    files.small_world(provider)
    file = tmp_path / "september.csv"
    file.write_bytes(files.focus({}))
    page.goto(reverse("admin:billing_usageimport_upload"))
    page.get_by_label("File").set_input_files(file)
    page.locator("[name=received_at_0]").fill("2099-01-01")
    page.locator("[name=received_at_1]").fill("00:00")
    page.get_by_role("button", name="Import", exact=True).click()
    refusal = page.get_by_role("alert").inner_text()
    assert refusal.endswith("The file can't have been received in the future. (rule C4)")


def test_a_failed_run_is_tried_again(page):
    run = runs.open(
        kind="close", scopes=[{}], facts={}, total_units=4, key="r", by="job", at=LONG_AGO
    )
    RunStep.objects.update(state=RunState.FAILED, attempts=5, error="No price is in force.")
    Run.objects.update(state=RunState.FAILED)
    page.goto(page_url(run))
    assert page.locator(".bo-error pre").inner_text() == "No price is in force."
    page.get_by_role("button", name="Try failed steps again").click()
    page.get_by_text("The failed steps are queued again.").wait_for()
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert page.locator(".bo-head .bo-badge").inner_text() == "queued"


def test_a_run_in_work_moves_its_bar(page):
    run = runs.open(
        kind="close", scopes=[{}], facts={}, total_units=4, key="r", by="job", at=LONG_AGO
    )
    page.goto(page_url(run))
    bar = page.locator("[data-run-progress] .bo-bar i")
    assert bar.get_attribute("style") == "width:0%"
    Run.objects.filter(pk=run.pk).update(done_units=3)
    page.locator('[data-run-progress] .bo-bar i[style*="75%"]').wait_for(
        state="attached", timeout=10_000
    )
    assert page.locator(".bo-progress-text").first.inner_text() == "3 / 4"
