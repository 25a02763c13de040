# SPDX-License-Identifier: BSD-2-Clause
"""Both ends of connections, and how each of them ended, for kill.sh.

    ends.py serve PORT [ADDR]              a server that writes what it is sent, and waits
    ends.py talk ADDR PORT LOCAL SECONDS   one that says something every 50 ms, for so long
    ends.py idle ADDR PORT LOCAL SECONDS   one that says something once, and waits

Each says "up PORT" and "end PORT WHAT MONOTONIC-SECONDS": reset, closed, or alive when its time is over;
PORT is the client's.
"""
import selectors
import socket
import sys
import time


def say(*words):
    print(*words, flush=True)


def end(port, what):
    say("end", port, what, f"{time.monotonic():.3f}")


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def serve(port, addr="::"):
    server = socket.socket(family(addr), socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((addr, port))
    server.listen(64)
    poll = selectors.DefaultSelector()
    poll.register(server, selectors.EVENT_READ)
    while True:
        for key, _ in poll.select():
            if key.fileobj is server:
                conn, peer = server.accept()
                poll.register(conn, selectors.EVENT_READ, peer[1])
                say("up", peer[1])
                continue
            conn, peer_port = key.fileobj, key.data
            try:
                data = conn.recv(65536)
                if data:
                    conn.sendall(b"x" * 100)
                    continue
                what = "closed"
            except (ConnectionResetError, BrokenPipeError):  # before it was read, or before the answer
                what = "reset"
            except ConnectionAbortedError:
                what = "aborted"
            except OSError as error:  # one that nobody reaches any more must not end the others
                what = str(error)
            end(peer_port, what)
            poll.unregister(conn)
            conn.close()


def client(kind, addr, port, local, seconds):
    conn = socket.socket(family(addr), socket.SOCK_STREAM)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    conn.bind(("::" if ":" in addr else "0.0.0.0", local))
    conn.connect((addr, port))
    conn.sendall(b"hello")
    conn.recv(65536)
    say("up", local)
    until = time.monotonic() + seconds
    conn.settimeout(0.05)
    try:
        while time.monotonic() < until:
            try:
                if kind == "talk":
                    conn.sendall(b"y" * 2000)
                if not conn.recv(65536):
                    end(local, "closed")
                    return
                if kind == "talk":
                    time.sleep(0.05)
            except socket.timeout:
                pass
        end(local, "alive")
    except ConnectionResetError:
        end(local, "reset")
    except ConnectionAbortedError:
        end(local, "aborted")
    except BrokenPipeError:
        end(local, "reset")


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), *sys.argv[3:])
else:
    client(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
