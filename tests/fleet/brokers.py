# SPDX-License-Identifier: BSD-2-Clause
# Brokers of Kafka that librdkafka brings for tests, three of them on ports of their own of 127.0.0.1:
# prints them, and does what it is told by lines: "down N", "up N", "fail N" (so many produce requests), end.
import ctypes
import sys

PRODUCE, NOT_ENOUGH_REPLICAS = 0, 19
lib = ctypes.CDLL("librdkafka.so.1")
pointer, text = ctypes.c_void_p, ctypes.c_char_p
for name, result, arguments in (
    ("rd_kafka_conf_new", pointer, []),
    ("rd_kafka_conf_set", ctypes.c_int, [pointer, text, text, text, ctypes.c_size_t]),
    ("rd_kafka_new", pointer, [ctypes.c_int, pointer, text, ctypes.c_size_t]),
    ("rd_kafka_mock_cluster_new", pointer, [pointer, ctypes.c_int]),
    ("rd_kafka_mock_cluster_bootstraps", text, [pointer]),
    ("rd_kafka_mock_topic_create", ctypes.c_int, [pointer, text, ctypes.c_int, ctypes.c_int]),
    ("rd_kafka_mock_broker_set_down", ctypes.c_int, [pointer, ctypes.c_int32]),
    ("rd_kafka_mock_broker_set_up", ctypes.c_int, [pointer, ctypes.c_int32]),
    ("rd_kafka_mock_push_request_errors_array", None, [pointer, ctypes.c_int16, ctypes.c_size_t, pointer]),
):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments

error = ctypes.create_string_buffer(300)
settings = lib.rd_kafka_conf_new()
lib.rd_kafka_conf_set(settings, b"log_level", b"0", error, len(error))
handle = lib.rd_kafka_new(0, settings, error, len(error))
cluster = lib.rd_kafka_mock_cluster_new(handle, 3)
for topic in (b"flowbpf.flows", b"flowbpf.sensors"):
    lib.rd_kafka_mock_topic_create(cluster, topic, 3, 3)
print(lib.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for line in sys.stdin:
    verb, number = line.split()
    if verb == "fail":
        errors = (ctypes.c_int * int(number))(*[NOT_ENOUGH_REPLICAS] * int(number))
        lib.rd_kafka_mock_push_request_errors_array(cluster, PRODUCE, len(errors), errors)
    else:
        getattr(lib, f"rd_kafka_mock_broker_set_{verb}")(cluster, int(number))
    print("done", flush=True)
