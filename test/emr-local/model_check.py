"""Checks raw answers of EMR operations against botocore's model of the service: shapes, types, required members, enum values.

As a module: `watch(events)` checks whatever botocore receives. As a program: reads JSON lines of {operation, status,
body} from stdin. Both report {"operations": [...], "errors": [...], "offences": [...]}.
"""

import json
import sys

import botocore.session

# Errors that any AWS service may return; the model lists the others for each operation.
COMMON_ERRORS = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}
SCALARS = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def offences(shape, value, place):
    """Every difference between a value and its shape, as lines of text."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{place}: {type(value).__name__} instead of a structure"]
        found = [f"{place}.{name}: not in the model" for name in value if name not in shape.members]
        found += [f"{place}.{name}: required and absent" for name in shape.required_members if name not in value]
        for name, member in shape.members.items():
            if name in value:
                found += offences(member, value[name], f"{place}.{name}")
        return found
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [f"{place}: {type(value).__name__} instead of a list"]
        return [line for index, item in enumerate(value) for line in offences(shape.member, item, f"{place}[{index}]")]
    if shape.type_name == "map":
        if not isinstance(value, dict):
            return [f"{place}: {type(value).__name__} instead of a map"]
        return [line for key, item in value.items() for line in offences(shape.value, item, f"{place}.{key}")]
    wanted = SCALARS[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        return [f"{place}: {value!r} is no {shape.type_name}"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{place}: {value!r} is none of {', '.join(shape.enum)}"]
    return []


class Report:
    """The results so far."""

    def __init__(self, service_model):
        self.model = service_model
        self.operations = set()
        self.errors = set()
        self.offences = []

    def check(self, operation, status, body):
        model = self.model.operation_model(operation)
        if status != 200:
            return self.check_error(model, json.loads(body))
        self.operations.add(operation)
        if model.output_shape is None:
            self.offences += [f"{operation}: a body where none is due"] if body else []
            return
        self.offences += offences(model.output_shape, json.loads(body or b"{}"), operation)

    def check_error(self, model, body):
        place = f"{model.name} refused"
        name = body.get("__type")
        self.errors.add(name)
        if not isinstance(body.get("message"), str):
            self.offences.append(f"{place}: no message")
        shapes = {shape.name: shape for shape in model.error_shapes}
        if name in shapes:
            known = {key: value for key, value in body.items() if key not in ("__type", "message")}
            self.offences += offences(shapes[name], known, f"{place} with {name}")
        elif name not in COMMON_ERRORS:
            self.offences.append(f"{place} with {name}, which is none of its errors")

    def summary(self):
        return {
            "operations": sorted(self.operations),
            "errors": sorted(self.errors),
            "offences": self.offences,
        }


def service_model():
    return botocore.session.get_session().get_service_model("emr")


def watch(events):
    """Checks everything that a client or a session receives from EMR; returns the report, which grows."""
    report = Report(service_model())

    def seen(operation_model, response_dict, **_):
        report.check(operation_model.name, response_dict["status_code"], response_dict["body"])

    events.register("before-parse.emr.*", seen)
    return report


if __name__ == "__main__":
    stdin_report = Report(service_model())
    for line in sys.stdin:
        answer = json.loads(line)
        stdin_report.check(answer["operation"], answer["status"], answer["body"])
    print(json.dumps(stdin_report.summary()))
