"""Writes a message of OpenTelemetry's profiles as its own library has it, and prints what is in it: `python otlp.py FILE`."""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.profiles.v1development.profiles_service_pb2 import ExportProfilesServiceRequest
from opentelemetry.proto.profiles.v1development import profiles_pb2 as p

START = 1795357000 * 10**9 + 123456789
request = ExportProfilesServiceRequest()
tables = request.dictionary
for table, kind in (
    (tables.mapping_table, p.Mapping),
    (tables.location_table, p.Location),
    (tables.function_table, p.Function),
    (tables.link_table, p.Link),
    (tables.attribute_table, p.KeyValueAndUnit),
    (tables.stack_table, p.Stack),
):
    table.append(kind())


def text(word):
    if word not in strings:
        strings[word] = len(strings)
        tables.string_table.append(word)
    return strings[word]


strings = {}
text("")


def add(table, entry):
    table.append(entry)
    return len(table) - 1


def function(name, file, line):
    return add(tables.function_table, p.Function(name_strindex=text(name), filename_strindex=text(file), start_line=line))


def attribute(key, unit="", **value):
    entry = p.KeyValueAndUnit(key_strindex=text(key), unit_strindex=text(unit))
    for kind, what in value.items():
        setattr(entry.value, kind, what)
    return add(tables.attribute_table, entry)


build = attribute("process.executable.build_id.gnu", string_value="abcd12")
binary = add(
    tables.mapping_table,
    p.Mapping(memory_start=0x400000, memory_limit=0x500000, file_offset=0x1000, filename_strindex=text("/usr/bin/shop"), attribute_indices=[build]),
)
main, buy, parse = function("main", "/app/shop.py", 1), function("buy", "/app/shop.py", 10), function("parse", "/app/text.py", 3)
at_main = add(tables.location_table, p.Location(lines=[p.Line(function_index=main, line=5)]))
at_buy = add(tables.location_table, p.Location(lines=[p.Line(function_index=buy, line=12, column=4)]))
inlined = add(
    tables.location_table,
    p.Location(mapping_index=binary, address=0x401234, lines=[p.Line(function_index=parse, line=7), p.Line(function_index=buy, line=14)]),
)
bare = add(tables.location_table, p.Location(mapping_index=binary, address=0x402000))
buying = add(tables.stack_table, p.Stack(location_indices=[at_buy, at_main]))
parsing = add(tables.stack_table, p.Stack(location_indices=[inlined, at_main]))
below = add(tables.stack_table, p.Stack(location_indices=[bare, at_main]))
worker = attribute("thread.name", string_value="worker")
number = attribute("thread.id", int_value=4712)
route = attribute("http.route", string_value="/buy")
size = attribute("size", unit="bytes", int_value=2048)
span = add(tables.link_table, p.Link(trace_id=bytes(range(16)), span_id=bytes(range(8))))


def profile(scope, kind, unit, samples, start=START, seconds=10, **more):
    made = scope.profiles.add(time_unix_nano=start, duration_nano=seconds * 10**9, period=10_000_000, **more)
    made.sample_type.type_strindex, made.sample_type.unit_strindex = text(kind), text(unit)
    made.period_type.type_strindex, made.period_type.unit_strindex = text("cpu"), text("nanoseconds")
    for sample in samples:
        made.samples.add(**sample)
    return made


def resource(name, **attributes):
    made = request.resource_profiles.add()
    for key, value in {"service.name": name, **attributes}.items():
        pair = made.resource.attributes.add(key=key.replace("__", "."))
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value
    scope = made.scope_profiles.add()
    scope.scope.name, scope.scope.version = "otel.profiler", "0.9"
    return scope


SECOND = 10**9
shop = resource("shop", service__version="3.1", host__name="web-7", process__pid=4711, deployment__environment__name="prod")
times = [START + each * SECOND for each in (1, 2, 3)]
profile(
    shop,
    "cpu",
    "nanoseconds",
    [
        {"stack_index": buying, "values": [30_000_000], "attribute_indices": [worker, number, route], "link_index": span},
        # Each time has a value of its own.
        {"stack_index": parsing, "values": [5_000_000, 6_000_000, 7_000_000], "timestamps_unix_nano": times, "attribute_indices": [worker]},
        # Without times several values are one sum.
        {"stack_index": below, "values": [1_000_000, 2_000_000], "attribute_indices": [size]},
    ],
    profile_id=bytes(range(16)),
)
# The same time: another column of the same window. Only times: each counts once.
profile(shop, "events", "count", [{"stack_index": buying, "timestamps_unix_nano": times[:2]}])
profile(resource("other"), "cpu", "nanoseconds", [{"stack_index": buying, "values": [2**60 if len(sys.argv) > 2 else 4_000_000]}, {"stack_index": 0, "values": [5]}], start=START + SECOND)
if len(sys.argv) > 2:
    with open(sys.argv[2], "rb") as file:
        own = resource("own")
        profile(own, "cpu", "nanoseconds", [], original_payload_format="pprof", original_payload=file.read())

with open(sys.argv[1], "wb") as file:
    file.write(request.SerializeToString())
def hexed(value, key=""):
    """As OTLP wants it: ids in hexadecimal figures where protobuf's JSON has base64."""
    if isinstance(value, dict):
        return {name: hexed(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [hexed(inner, key) for inner in value]
    return base64.b64decode(value).hex() if key in ("traceId", "spanId", "profileId") else value


as_json = json.dumps(hexed(json_format.MessageToDict(request)))
json.dump({"json": as_json, "start": str(START), "cpu": {"buy": 48_000_000, "parse": 18_000_000, "main": 51_000_000}, "events": {"buy": 2}}, sys.stdout)
