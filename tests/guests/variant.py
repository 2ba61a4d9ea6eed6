#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A VM file like another, with some values changed: variant.py IN.toml OUT.toml KEY=VALUE...

Each KEY must stand at the beginning of exactly one line.
"""
import re
import sys

source, target = sys.argv[1:3]
with open(source, encoding="utf-8") as file:
    text = file.read()
for word in sys.argv[3:]:
    key, value = word.split("=", 1)
    text, n = re.subn(rf"(?m)^{key} = .*$", lambda _, k=key, v=value: f"{k} = {v}", text)
    if n != 1:
        sys.exit(f"variant.py: {source}: {n} lines begin with {key}")
with open(target, "w", encoding="utf-8") as file:
    file.write(text)
