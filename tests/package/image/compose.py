#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""compose.py FILE: the file as JSON, anchors and merges resolved, ${NAME:-default} as the environment says, $$ as $. What the
specification of compose files does not have, of what is used here, is told on stderr; status 1."""
import json
import os
import re
import sys

import yaml

LIST, MAP, TEXT, FLAG, EITHER = list, dict, str, bool, (list, dict)
SERVICE = {
    "build": (str, dict), "image": TEXT, "profiles": LIST, "entrypoint": LIST, "command": LIST, "init": FLAG,
    "network_mode": TEXT, "pid": TEXT,
    "cgroup": TEXT, "cap_add": LIST, "cap_drop": LIST, "security_opt": LIST, "read_only": FLAG, "tmpfs": LIST,
    "volumes": LIST, "secrets": LIST, "ports": LIST, "environment": EITHER, "ulimits": MAP, "restart": TEXT, "stop_grace_period": TEXT,
    "healthcheck": MAP, "depends_on": EITHER,
}
TOP = {"name": TEXT, "services": MAP, "secrets": MAP, "volumes": MAP}
HEALTH = {"test": LIST, "interval": TEXT, "timeout": TEXT, "retries": int, "disable": FLAG}
CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")


def fill(value):
    if isinstance(value, str):
        return re.sub(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}", lambda m: os.environ.get(m[1]) or m[2] or "" if m[1] else "$", value)
    if isinstance(value, list):
        return [fill(item) for item in value]
    return {key: fill(item) for key, item in value.items()} if isinstance(value, dict) else value


def keys(where, found, known):
    for key, value in found.items():
        if key not in known:
            yield "%s: there is no %s" % (where, key)
        elif value is not None and not isinstance(value, known[key]):
            yield "%s: %s is %s" % (where, key, type(value).__name__)


def service_faults(file, name, service):
    yield from keys(name, service, SERVICE)
    yield from keys(name + ".healthcheck", service.get("healthcheck", {}), HEALTH)
    for other, how in dict(service.get("depends_on", {})).items():
        needed = file["services"].get(other)
        if not needed or how.get("condition") not in CONDITIONS:
            yield "%s depends on %s, %s" % (name, other, how)
        elif not set(service.get("profiles", [])) <= set(needed.get("profiles", [])):
            yield "%s depends on %s, which is of another profile" % (name, other)
        elif how["condition"] == "service_healthy" and not needed.get("healthcheck"):
            yield "%s waits for the health of %s, which has no test" % (name, other)
    for secret in service.get("secrets", []):
        if secret not in file["secrets"]:
            yield "%s: there is no secret %s" % (name, secret)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source[0] not in "./" and source not in file["volumes"]:
            yield "%s: there is no volume %s" % (name, source)


def faults(file):
    yield from keys("the file", {k: v for k, v in file.items() if not k.startswith("x-")}, TOP)
    for name, service in file["services"].items():
        yield from service_faults(file, name, service)


with open(sys.argv[1]) as opened:
    compose = fill(yaml.safe_load(opened))
found = list(faults(compose))
print("\n".join(found), file=sys.stderr, end="\n" if found else "")
json.dump(compose, sys.stdout)
sys.exit(bool(found))
