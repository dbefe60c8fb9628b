"""At start-up a wrong path in the settings is said, with the setting to mend."""

import pytest
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from finance_mgmt.checks import LISTS, MAPPINGS, settings_name_what_exists
from finance_mgmt.enums import Approvable
from finance_mgmt.rules.access import ASKED_BY


def said() -> list[tuple[str, str]]:
    return [(error.msg, error.hint) for error in settings_name_what_exists()]


def test_the_settings_name_what_exists_and_the_check_runs_at_start_up():
    assert said() == []
    registered = checks.registry.registry.get_checks()
    assert [one for one in registered if one is settings_name_what_exists] != []


@pytest.mark.parametrize("setting", LISTS)
def test_a_wrong_path_in_a_list_is_said(settings, setting):
    setattr(settings, setting, ["billing.queries.nobody"])
    text = 'Module "billing.queries" does not define a "nobody" attribute/class'
    assert said() == [(f"{setting}: {text}", f"Mend the path in settings.{setting}.")]


@pytest.mark.parametrize("setting", MAPPINGS)
def test_a_wrong_path_in_a_mapping_is_said(settings, setting):
    setattr(settings, setting, {"name": "no_such_floor.queries.nobody"})
    text = "No module named 'no_such_floor'"
    assert said() == [(f"{setting}: {text}", f"Mend the path in settings.{setting}.")]


def test_a_wrong_path_of_a_run_or_a_badge_is_said(settings):
    settings.RUN_STEPS = {"close": {"prepare": None, "perform": "nowhere"}}
    settings.ADMIN_NAVIGATION = [("group", [{"badge": "nobody.counts"}, {"model": "a.b"}])]
    assert [text.split(":")[0] for text, _ in said()] == ["RUN_STEPS", "ADMIN_NAVIGATION"]


def test_the_product_does_not_start_with_one(settings):
    settings.LINK_FACTS = ["billing.queries.nobody"]
    with pytest.raises(SystemCheckError, match=r"Mend the path in settings\.LINK_FACTS"):
        call_command("check")


def test_each_command_that_may_wait_has_words_and_somebody_who_may_ask_for_it():
    assert set(Approvable.values) == set(settings.APPROVABLE) == set(ASKED_BY)
