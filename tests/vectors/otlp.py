"""What OpenTelemetry's data model has for a record, as OTLP/JSON: an independent mapping.

Written from the two documents and from the table in the docs of `kakashi_std::sinks::Otlp`:
https://opentelemetry.io/docs/specs/otel/logs/data-model/
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import json
import math
import re
import struct

SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARNING": 13, "ERROR": 17, "CRITICAL": 21}
SERVICE = {"service_name": "service.name", "version": "service.version", "environment": "deployment.environment.name"}
IDS = {"trace_id": (32, "traceId"), "span_id": (16, "spanId")}
MOST_ATTRIBUTES = 128


def any_value(typed):
    ((kind, content),) = typed.items()
    match kind:
        case "null":
            return {}
        case "bool":
            return {"boolValue": content}
        case "u64" | "i64" if -(2**63) <= int(content) < 2**63:
            return {"intValue": content}
        case "u64" | "i64":
            return {"stringValue": content}
        # One of at most 64 bits is written as such, whatever its type.
        case "u128" | "i128" if -(2**63) <= int(content) < 2**63:
            return {"intValue": content}
        case "u128" | "i128":
            return {"stringValue": content}
        case "f64_bits" | "f32_bits":
            form = ">d" if kind == "f64_bits" else ">f"
            (number,) = struct.unpack(form, bytes.fromhex(content))
            if math.isnan(number):
                return {"stringValue": "NaN"}
            if math.isinf(number):
                return {"stringValue": "Infinity" if number > 0 else "-Infinity"}
            return {"doubleValue": number}
        case "char" | "str":
            return {"stringValue": content}
        case "bytes_hex":
            return {"bytesValue": base64.b64encode(bytes.fromhex(content)).decode()}
        case "duration_ns":
            return {"doubleValue": int(content) / 10**9}
        case "list":
            return {"arrayValue": {"values": [any_value(item) for item in content]}}
        case "map":
            return {"kvlistValue": {"values": [key_value(key, item) for key, item in content]}}
    raise ValueError(kind)


def key_value(key, typed):
    return {"key": key, "value": any_value(typed)}


def text_of(typed):
    return typed.get("str") if typed else None


def service_of(record):
    """The service as the context says it, where no field of the record's own hides it."""
    own = {key for key, _ in record["fields"] + record.get("extra", [])}
    context = dict(reversed(record["context"]))
    # A request's `version` alone says nothing of a service.
    if text_of(context.get("service_name")) is None:
        return {}
    found = {key: text_of(context.get(key)) for key in SERVICE if key not in own}
    return {key: text for key, text in found.items() if text is not None}


def log_record(record, message):
    service = service_of(record)
    attributes, ids, seen = [], {}, set()
    template = record.get("template", "")
    if "{" in template.replace("{{", ""):
        attributes.append(key_value("log.record.template", {"str": template}))
    for key, typed in record["fields"] + record.get("extra", []) + record["context"]:
        if key in seen or key in service:
            continue
        seen.add(key)
        digits, member = IDS.get(key, (0, ""))
        text = text_of(typed)
        if text is not None and re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", text) and int(text or "0", 16):
            ids[member] = text.lower()
        else:
            attributes.append(key_value(key, typed))
    time = str(max(int(record["timestamp"].get("wall_ns", 0)), 0))
    made = {
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "severityNumber": SEVERITIES[record["level"]],
        "severityText": record["level"],
        "body": {"stringValue": message},
        "attributes": attributes[:MOST_ATTRIBUTES],
    }
    dropped = len(attributes) - MOST_ATTRIBUTES
    return made | ({"droppedAttributesCount": dropped} if dropped > 0 else {}) | ids


def mapped(vector):
    """A vector's name, the attributes of its resource that are its service's, its scope, its record."""
    service = service_of(vector)
    resource = [key_value(SERVICE[key], {"str": service[key]}) for key in SERVICE if key in service]
    record = log_record(vector, json.loads(vector["json"])["message"])
    return {"name": vector["name"], "service": resource, "scope": vector["logger"], "record": record}
