# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the JSON Schema of reports says is wrong with a report: the keywords that it uses, and no key that it does not name."""
import json
import os

WHERE = os.path.join(os.path.dirname(__file__), "..", "..", "data", "vmsync-report.schema.json")
with open(WHERE, encoding="utf-8") as file:
    SCHEMA = json.load(file)
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float)}
KNOWN = {"$schema", "title", "description", "$defs", "type", "properties", "required", "items", "enum", "const", "anyOf", "allOf"}


def parts(schema):
    """A schema, what it refers to, and all of which it is made."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return [schema] + [part for of in schema.get("allOf", []) for part in parts(of)]


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def faults(value, schema=None, where=""):
    """Each place of a report that is not as the schema says."""
    of = parts(SCHEMA if schema is None else schema)
    named = {}
    for part in of:
        types = part.get("type", list(TYPES))
        if not set(part) <= KNOWN:
            yield f"{where}: the schema has a keyword that is not looked at: {set(part) - KNOWN}"
        if not any(is_type(value, name) for name in ([types] if isinstance(types, str) else types)):
            yield f"{where}: {value!r} is not {types}"
        if "enum" in part and value not in part["enum"] or "const" in part and value != part["const"]:
            yield f"{where}: {value!r} is none of those that there are"
        if isinstance(value, dict):
            yield from (f"{where}: no {key}" for key in part.get("required", []) if key not in value)
            if "anyOf" in part and not any(set(one["required"]) <= set(value) for one in part["anyOf"]):
                yield f"{where}: neither one nor the other"
            named |= part.get("properties", {})
        for i, inner in enumerate(value if isinstance(value, list) and "items" in part else []):
            yield from faults(inner, part["items"], f"{where}[{i}]")
    for key, inner in value.items() if isinstance(value, dict) else []:
        if key in named:
            yield from faults(inner, named[key], f"{where}.{key}")
        else:
            yield f"{where}.{key}: no such key"


def keys(schema=None):
    """Every key that a report may have."""
    found = set()
    for part in [SCHEMA, *SCHEMA["$defs"].values()] if schema is None else [schema]:
        for name, inner in part.get("properties", {}).items():
            found |= {name} | keys(inner)
        for inner in part.get("allOf", []) + [part[k] for k in ("items",) if k in part]:
            found |= keys(inner)
    return found
