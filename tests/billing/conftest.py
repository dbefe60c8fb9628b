"""What the tests of this floor share."""

import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Files that a test uploads stay in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
