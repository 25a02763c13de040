#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""portscan.py FROM TO [SECONDS]: tries 30 ports that are closed; with SECONDS again and again, so long between."""
import socket
import sys
import time

source, target, *pause = sys.argv[1:]
while True:
    for port in range(5001, 5031):
        try:
            socket.create_connection((target, port), 2, (source, 0)).close()
        except OSError:
            pass
    if not pause:
        break
    time.sleep(float(pause[0]))
