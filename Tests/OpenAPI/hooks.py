"""What a question that should be answered must keep to, and a description cannot say.

OpenAPI knows each parameter by itself. That one excludes another, or must fit another, is said in
docs/rest-api.md; without this schemathesis would call it a failure that such a question is refused.
Questions that should be refused stay as they are.
"""

from datetime import datetime, timezone

import schemathesis
from schemathesis.generation import GenerationMode


def seconds(text):
    """A time as the API takes it, in seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return time.replace(tzinfo=time.tzinfo or timezone.utc).timestamp()


@schemathesis.hook
def before_call(context, case, kwargs):
    query = case.query
    if not query or case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    # A cursor names a row that exists, and comes from the page before.
    query.pop("cursor", None)
    if "address" in query:
        query.pop("prefix", None)
    # A step must fit the range.
    query.pop("step", None)
    if "from" in query and "to" in query and seconds(query["to"]) < seconds(query["from"]):
        query["from"], query["to"] = query["to"], query["from"]
