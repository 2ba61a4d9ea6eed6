#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema that `trivet schema` prints, on every golden file: it takes what the reader takes,
and refuses a good share of what the reader refuses.

    schema.py TRIVET

What it refuses of the bad files may only grow: SHARE. Prints TAP.
"""
import json
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARE = 0.5

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
}


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (name != "integer" or not isinstance(value, bool))


def check(schema, value, at="$"):
    """Why @value is refused (draft 7); '' when it is not. A keyword that is not known ends it all."""
    for word, arg in schema.items():
        why = KEYWORDS[word](arg, value, at, schema)
        if why:
            return why
    return ""


def check_properties(arg, value, at, _):
    if isinstance(value, dict):
        for key, item in value.items():
            why = check(arg[key], item, f"{at}.{key}") if key in arg else ""
            if why:
                return why
    return ""


def check_items(arg, value, at, _):
    if isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(arg, list) and i >= len(arg):
                break
            why = check(arg[i] if isinstance(arg, list) else arg, item, f"{at}[{i}]")
            if why:
                return why
    return ""


def check_any(arg, value, at, _):
    reasons = [check(s, value, at) for s in arg]
    return "" if "" in reasons else " | ".join(reasons)


def check_if(arg, value, at, schema):
    if check(arg, value, at):
        return check(schema.get("else", {}), value, at)
    return check(schema.get("then", {}), value, at)


def check_names(arg, value, at, _):
    if isinstance(value, dict):
        for key in value:
            if check(arg, key, at):
                return f"{at}: key {key}"
    return ""


def fails(test, text):
    return lambda arg, value, at, schema: "" if test(arg, value, schema) else f"{at}: {text} {arg}"


def number(value):
    return is_type(value, "integer")


KEYWORDS = {
    "$schema": lambda *_: "", "title": lambda *_: "", "description": lambda *_: "",
    "then": lambda *_: "", "else": lambda *_: "",
    "type": fails(lambda a, v, s: is_type(v, a), "is no"),
    "enum": fails(lambda a, v, s: v in a, "is none of"),
    "minimum": fails(lambda a, v, s: not number(v) or v >= a, "is below"),
    "maximum": fails(lambda a, v, s: not number(v) or v <= a, "is above"),
    "multipleOf": fails(lambda a, v, s: not number(v) or v % a == 0, "is no multiple of"),
    "pattern": fails(lambda a, v, s: not isinstance(v, str) or re.search(a, v), "does not match"),
    "maxLength": fails(lambda a, v, s: not isinstance(v, str) or len(v) <= a, "is longer than"),
    "minItems": fails(lambda a, v, s: not isinstance(v, list) or len(v) >= a, "has fewer than"),
    "maxItems": fails(lambda a, v, s: not isinstance(v, list) or len(v) <= a, "has more than"),
    "required": fails(lambda a, v, s: not isinstance(v, dict) or set(a) <= set(v), "lacks one of"),
    "additionalProperties": fails(
        lambda a, v, s: a or not isinstance(v, dict) or set(v) <= set(s["properties"]), "other keys:"),
    "properties": check_properties,
    "items": check_items,
    "anyOf": check_any,
    "not": lambda a, v, at, s: "" if check(a, v, at) else f"{at}: is what it must not be",
    "propertyNames": check_names,
    "if": check_if,
}


def read(path):
    """None when it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def main():
    out = subprocess.run([sys.argv[1], "schema"], capture_output=True, check=True, text=True)
    schema = json.loads(out.stdout)
    good = sorted((HERE / "good").rglob("*.toml")) + sorted((ROOT / "configs/vms").rglob("*.toml"))
    refused = [(p, check(schema, read(p))) for p in good]
    refused = [(p, why) for p, why in refused if why]
    for path, why in refused:
        print(f"# {path.relative_to(ROOT)}: {why}")
    print(f"{'not ok' if refused else 'ok'} 1 - schema takes {len(good) - len(refused)} of {len(good)} good files")
    bad = [(p, read(p)) for p in sorted((HERE / "bad").glob("*.toml"))]
    bad = [(p, v) for p, v in bad if v is not None]
    taken = [p for p, v in bad if not check(schema, v)]
    share = 1 - len(taken) / len(bad)
    if share < SHARE:
        print("# taken: " + " ".join(p.stem for p in taken))
    print(f"{'not ok' if share < SHARE else 'ok'} 2 - schema refuses {len(bad) - len(taken)} of {len(bad)} bad files")
    print("1..2")
    sys.exit(1 if refused or share < SHARE else 0)


if __name__ == "__main__":
    main()
