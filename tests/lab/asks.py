# SPDX-License-Identifier: BSD-2-Clause
"""Ask for a name, and tell how that ended, for block_kernel.sh; the server is ends.py.

    asks.py tls ADDR PORT NAME PIECES    a real ClientHello, in so many segments
    asks.py http ADDR PORT NAME PIECES
    asks.py udp ADDR PORT FILE           a datagram that is answered, then one each 20 ms
    asks.py echo PORT                    answers datagrams

It says "reset MS", counted from when all was sent, "passes", or "silent". A client goes on to say something
each 20 ms, for a second.
"""
import socket
import ssl
import sys
import time


def hello(name):
    sent = ssl.MemoryBIO()
    context = ssl.create_default_context()
    try:
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


def request(name):
    return f"GET / HTTP/1.1\r\nHost: {name}\r\nAccept: */*\r\n\r\n".encode()


def ask(what, addr, port, pieces):
    conn = socket.create_connection((addr, port), timeout=3)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    step = -(-len(what) // pieces)
    try:
        for at in range(0, len(what), step):
            if at:
                time.sleep(0.003)
            sent = time.monotonic()
            conn.sendall(what[at : at + step])
        conn.settimeout(0.02)
        while time.monotonic() - sent < 1:
            try:
                if not conn.recv(65536):
                    return "closed"
            except TimeoutError:
                conn.sendall(b"x")
    except ConnectionError:
        return f"reset {(time.monotonic() - sent) * 1000:.1f}"
    return "passes"


def datagrams(addr, port, what):
    conn = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM)
    conn.connect((addr, port))
    conn.settimeout(0.02)
    conn.send(what)
    answered = begun = time.monotonic()
    while time.monotonic() - begun < 2:
        try:
            conn.recv(65536)
            answered = time.monotonic()
            time.sleep(0.02)
        except TimeoutError:
            pass
        conn.send(b"x" * 40)
    return "passes" if time.monotonic() - answered < 1 else f"silent {(answered - begun) * 1000:.1f}"


def echo(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(("::", port))
    while True:
        data, peer = server.recvfrom(65536)
        server.sendto(data[:100], peer)


kind, *args = sys.argv[1:]
if kind == "echo":
    echo(int(args[0]))
elif kind == "udp":
    with open(args[2], "rb") as file:
        print(datagrams(args[0], int(args[1]), file.read()))
else:
    made = hello(args[2]) if kind == "tls" else request(args[2])
    print(ask(made, args[0], int(args[1]), int(args[3])))
