#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""guess.py FROM[,FROM...] TO TIMES: each logs in at an SSH server so often, with what is no login."""
import socket
import sys

sources, target, times = sys.argv[1:]
for source in sources.split(",") * int(times):
    try:
        with socket.create_connection((target, 22), 2, (source, 0)) as server:
            server.settimeout(5)
            server.recv(1000)
            server.sendall(b"SSH-2.0-guess\r\n" + b"\xff" * 400)
            while server.recv(1000):
                pass
    except OSError:
        pass  # it is shut out
