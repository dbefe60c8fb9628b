"""What the scheduled jobs leave behind: when each looked, what it did, why it failed."""

import traceback
from datetime import datetime

from django.db.models import F

from ..models import Job

LONGEST_DID = 300


def started(task: str, *, at: datetime) -> None:
    """The job looks for what is due."""
    Job.objects.update_or_create(task=task, defaults={"started_at": at})


def finished(task: str, did: str, *, at: datetime) -> None:
    """It ended well; `did` says what it found to do, empty: nothing was due."""
    found = {"did": did[:LONGEST_DID], "did_at": at} if did else {}
    Job.objects.filter(task=task).update(finished_at=at, error="", failures=0, **found)


def failed(task: str, error: Exception, *, at: datetime) -> None:
    """It raised. The next look tries again."""
    text = "".join(traceback.format_exception(error, limit=-4))
    failures = F("failures") + 1
    Job.objects.filter(task=task).update(failed_at=at, error=text, failures=failures)
