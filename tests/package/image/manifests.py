#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""manifests.py FILE: its objects as a JSON array. What does not fit together is told on stderr, a line each; status 1:
labels, ports, volumes, keys of ConfigMaps, and members that the API does not have, of those that are used here."""
import json
import sys

import yaml

KINDS = {"Namespace": "v1", "ConfigMap": "v1", "Service": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "DaemonSet": "apps/v1", "Deployment": "apps/v1"}
SPEC = {"Job": {"backoffLimit", "template", "ttlSecondsAfterFinished"},
       "CronJob": {"schedule", "concurrencyPolicy", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "jobTemplate"},
       "DaemonSet": {"selector", "template"}, "Deployment": {"replicas", "selector", "template"}}
POD = {"hostNetwork", "hostPID", "dnsPolicy", "automountServiceAccountToken", "terminationGracePeriodSeconds", "tolerations",
       "containers", "volumes", "restartPolicy"}
CONTAINER = {"name", "image", "args", "env", "securityContext", "startupProbe", "livenessProbe", "readinessProbe", "resources",
             "volumeMounts", "ports"}
SECURITY = {"allowPrivilegeEscalation", "readOnlyRootFilesystem", "seccompProfile", "capabilities"}
PROBE = {"exec", "httpGet", "periodSeconds", "timeoutSeconds", "failureThreshold"}
VOLUME = {"configMap", "secret", "emptyDir", "hostPath"}


def beyond(where, found, known):
    return ["%s: there is no %s" % (where, key) for key in found if key not in known]


def probe_faults(name, container):
    ports = {port["name"] for port in container.get("ports", [])}
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container.get(kind, {})
        yield from beyond("%s.%s" % (name, kind), probe, PROBE)
        if "httpGet" in probe and probe["httpGet"]["port"] not in ports:
            yield "%s.%s asks a port that is not there" % (name, kind)


def container_faults(name, pod, container, maps):
    yield from beyond(name, container, CONTAINER)
    yield from beyond(name, container.get("securityContext", {}), SECURITY)
    yield from probe_faults(name, container)
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
    if volumes != mounted:
        yield "%s: volumes %s, mounted %s" % (name, sorted(volumes), sorted(mounted))
    for variable in container.get("env", []):
        ref = variable["valueFrom"].get("configMapKeyRef")
        if ref and ref["key"] not in maps.get(ref["name"], {}):
            yield "%s: no ConfigMap has %s" % (name, ref)
    named = {"$(%s)" % variable["name"] for variable in container.get("env", [])}
    for arg in container["args"]:
        if arg.startswith("$(") and arg not in named:
            yield "%s: nothing says what %s is" % (name, arg)


def pod_faults(name, pod, maps):
    yield from beyond(name, pod, POD)
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if len(kinds) != 1 or not kinds <= VOLUME:
            yield "%s: volume %s is %s" % (name, volume["name"], kinds)
        for item in volume.get("configMap", {}).get("items", []):
            if item["key"] not in maps.get(volume["configMap"]["name"], {}):
                yield "%s: no ConfigMap has %s" % (name, item["key"])
    for container in pod["containers"]:
        yield from container_faults(name, pod, container, maps)


def service_faults(service, objects):
    wanted = service["spec"]["selector"].items()
    for thing in objects:
        template = thing.get("spec", {}).get("template")
        if template and wanted <= template["metadata"]["labels"].items():
            ports = {port["name"] for c in template["spec"]["containers"] for port in c.get("ports", [])}
            return ["the service leads to no port: %s" % port for port in service["spec"]["ports"] if port["targetPort"] not in ports]
    return ["the service selects nothing"]


def faults(objects):
    maps = {thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"}
    for thing in objects:
        kind, name = thing["kind"], thing["metadata"]["name"]
        if KINDS.get(kind) != thing["apiVersion"]:
            yield "%s %s is of %s" % (kind, name, thing["apiVersion"])
        if kind != "Namespace" and thing["metadata"].get("namespace") != "flowbpf":
            yield "%s %s is in another namespace" % (kind, name)
        if kind == "Service":
            yield from service_faults(thing, objects)
        if kind not in SPEC:
            continue
        spec = thing["spec"]
        yield from beyond(name, spec, SPEC[kind])
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
            yield from beyond(name + ".jobTemplate", spec, SPEC["Job"])
        if kind not in ("Job", "CronJob") and spec["selector"]["matchLabels"] != spec["template"]["metadata"]["labels"]:
            yield "%s selects others than its own pods" % name
        yield from pod_faults(name, spec["template"]["spec"], maps)


with open(sys.argv[1]) as opened:
    everything = list(yaml.safe_load_all(opened))
found = list(faults(everything))
print("\n".join(found), file=sys.stderr, end="\n" if found else "")
json.dump(everything, sys.stdout)
sys.exit(bool(found))
