"""Prints what is in requests of OTLP, by the messages that OpenTelemetry publishes for Python.

    python3 decode.py protobuf|json FILE…

One JSON object a record: each value with its type, numbers that JSON has no exact form of as text.
"""

import base64
import json
import struct
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind is None:
        return ["none"]
    it = getattr(any_value, kind)
    if kind == "double_value":
        return ["double", struct.pack(">d", it).hex()]
    if kind == "bytes_value":
        return ["bytes", it.hex()]
    if kind == "array_value":
        return ["array", [value(each) for each in it.values]]
    if kind == "kvlist_value":
        return ["kvlist", [[each.key, value(each.value)] for each in it.values]]
    return [kind.removesuffix("_value"), str(it) if kind == "int_value" else it]


def ids_as_protobuf_has_them(request):
    """OTLP's JSON has ids in hexadecimal, where protobuf's has base64."""
    for resource in request.get("resourceLogs", []):
        for scope in resource.get("scopeLogs", []):
            for record in scope.get("logRecords", []):
                for key in ("traceId", "spanId"):
                    if key in record:
                        record[key] = base64.b64encode(bytes.fromhex(record[key])).decode()


def read(form, body):
    request = ExportLogsServiceRequest()
    if form == "protobuf":
        # It keeps what it does not know, and would write it again.
        request.ParseFromString(body)
        known = ExportLogsServiceRequest()
        known.CopyFrom(request)
        known.DiscardUnknownFields()
        assert known.ByteSize() == request.ByteSize(), "fields that are not in the messages"
        return request
    # Two keys of one name in an object are no JSON of OTLP's.
    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    tree = json.loads(body.decode("utf-8", "strict"), object_pairs_hook=once)
    ids_as_protobuf_has_them(tree)
    return json_format.ParseDict(tree, request, ignore_unknown_fields=False)


form, *paths = sys.argv[1:]
for path in paths:
    with open(path, "rb") as file:
        request = read(form, file.read())
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                print(json.dumps({
                    "resource": {each.key: value(each.value) for each in resource.resource.attributes},
                    "scope": scope.scope.name,
                    "severity": [record.severity_number, record.severity_text],
                    "has_times": record.time_unix_nano == record.observed_time_unix_nano > 0,
                    "body": value(record.body),
                    "attributes": [[each.key, value(each.value)] for each in record.attributes],
                    "ids": [record.trace_id.hex(), record.span_id.hex()],
                    "dropped": record.dropped_attributes_count,
                }))
