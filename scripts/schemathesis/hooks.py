"""What no JSON Schema says of a valid request: which time zones there are, which cursors we gave out."""

import schemathesis
from hypothesis import strategies

schemathesis.openapi.format(
    "time-zone", strategies.sampled_from(["Europe/Istanbul", "Asia/Kolkata", "Asia/Jakarta", "UTC"])
)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A cursor comes from the page before: a made-up one is for the requests that must be refused."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if is_valid and case.query:
        case.query.pop("cursor", None)
