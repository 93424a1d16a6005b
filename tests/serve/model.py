"""Holds what a server answers against the service model, to the letter.

botocore's own parser is lenient: it passes over members that the model does not know and takes any text for an enum. This does not.
"""

import json
import re

# Errors of all AWS services that the model does not list.
COMMON = {"InvalidSignatureException": 403, "UnrecognizedClientException": 403}
# Members of structures are what the model says, but a structure that is an exception has these in the body.
EXCEPTION = {"__type", "message"}


def wrong(shape, value, path="$"):
    """What is wrong with a JSON value that should be of a shape: a list of complaints."""
    kind = shape.type_name
    metadata = shape.metadata
    complaints = []

    def complain(what):
        complaints.append(f"{path}: {what}: {value!r}")

    def bounded(size):
        if not metadata.get("min", size) <= size <= metadata.get("max", size):
            complain(f"size {size} is not within {metadata.get('min')}..{metadata.get('max')}")

    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path}: not an object: {value!r}"]
        for name in value.keys() - shape.members.keys():
            complaints.append(f"{path}: unknown member {name}")
        for name in shape.required_members:
            if name not in value:
                complaints.append(f"{path}: {name} is missing")
        for name, member in shape.members.items():
            if name in value:
                complaints += wrong(member, value[name], f"{path}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            return [f"{path}: not an array: {value!r}"]
        bounded(len(value))
        for place, item in enumerate(value):
            complaints += wrong(shape.member, item, f"{path}[{place}]")
    elif kind == "map":
        if not isinstance(value, dict):
            return [f"{path}: not an object: {value!r}"]
        bounded(len(value))
        for key, item in value.items():
            complaints += wrong(shape.key, key, f"{path} key")
            complaints += wrong(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        if not isinstance(value, str):
            return [f"{path}: not a string: {value!r}"]
        bounded(len(value))
        if shape.enum and value not in shape.enum:
            complain(f"none of {shape.enum}")
        pattern = metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value, re.DOTALL):
            complain(f"does not match {pattern}")
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"{path}: not an integer: {value!r}"]
        bounded(value)
    elif kind in ("float", "double"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return [f"{path}: not a number: {value!r}"]
        bounded(value)
    elif kind == "boolean":
        if not isinstance(value, bool):
            complain("not a boolean")
    elif kind == "timestamp":
        # Seconds since 1970, not milliseconds: before the year 2200.
        if not isinstance(value, (int, float)) or not 0 < value < 7.3e9:
            complain("not seconds since 1970")
    else:
        complain(f"a {kind} is not looked at")
    return complaints


class Watcher:
    """Looks at every response of a client before botocore does."""

    def __init__(self, client):
        self.seen = {}
        self.members = {}
        self.errors = {}
        client.meta.events.register("before-parse", self.look)

    def look(self, operation_model, response_dict, **_):
        name = operation_model.name
        body, status = json.loads(response_dict["body"]), response_dict["status_code"]
        headers = response_dict["headers"]
        assert headers.get("x-amzn-RequestId"), name
        assert headers.get("content-type") == "application/json", (name, headers)
        if status == 200:
            complaints = wrong(operation_model.output_shape, body)
            assert not complaints, (name, complaints)
            self.seen.setdefault(name, set()).update(body.keys())
            self.members[name] = set(operation_model.output_shape.members)
            return
        error = headers["x-amzn-ErrorType"]
        assert body.keys() == EXCEPTION and body["__type"] == error and body["message"], (name, body)
        known = COMMON | {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in operation_model.error_shapes}
        assert known.get(error) == status, (name, error, status, known)
        self.errors.setdefault(name, set()).add(error)
