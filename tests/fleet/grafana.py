#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""grafana.py DASHBOARD FROM TO INTERVAL SENSORS FOLDER: each query as Grafana and its ClickHouse data source send it, into
FOLDER/NUMBER.sql: variables by their format, then the macros $__fromTime, $__toTime, $__dateFilter(COLUMN), $__interval_s.
FROM and TO are seconds since 1970, SENSORS names by commas. Prints "NUMBER<TAB>KIND<TAB>TITLE" a line; 0 is the list of sensors."""
import json
import os
import re
import sys
import time

dashboard, begin, end, interval, sensors, folder = sys.argv[1:]
FORMATS = {"singlequote": lambda values: ",".join("'%s'" % value.replace("'", "\\'") for value in values), "raw": ",".join, None: ",".join}


def variables(listed):
    given = {item["name"]: [item["query"]] for item in listed if item["type"] in ("textbox", "constant")}
    given["sensor"] = sensors.split(",")
    return given


def day(text):
    return "toDate('%s')" % time.strftime("%Y-%m-%d", time.gmtime(int(text)))


def expand(sql, given):
    sql = re.sub(r"\$\{(\w+)(?::(\w+))?\}", lambda m: FORMATS[m[2]](given[m[1]]), sql)
    sql = re.sub(r"\$__dateFilter\((\w+)\)", lambda m: "%s >= %s AND %s <= %s" % (m[1], day(begin), m[1], day(end)), sql)
    for name, text in (("fromTime", "toDateTime(%s)" % begin), ("toTime", "toDateTime(%s)" % end), ("interval_s", interval)):
        sql = sql.replace("$__" + name, text)
    if "$" in sql:
        sys.exit("what is $ in " + sql)
    return sql


with open(dashboard) as opened:
    board = json.load(opened)
given = variables(board["templating"]["list"])
queries = [(0, "variable", "sensors", next(v["query"] for v in board["templating"]["list"] if v["name"] == "sensor"))]
for panel in board["panels"]:
    for target in panel["targets"]:
        queries.append((panel["id"], target["queryType"], panel["title"], target["rawSql"]))
for number, kind, title, sql in queries:
    with open(os.path.join(folder, "%d.sql" % number), "w") as file:
        file.write(expand(sql, given) + " FORMAT JSON")
    print(number, kind, title, sep="\t")
