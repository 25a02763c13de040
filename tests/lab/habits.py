# SPDX-License-Identifier: BSD-2-Clause
"""What malware does, and what only looks like it, for judge_attacks.sh.

    habits.py beacon FROM ADDR PORT SECONDS N   N reports, so long between them, by a fifth more or less
    habits.py peers ADDR...                     peers of file sharing: each at a port of its own; of three
                                                one is gone
    habits.py shares FROM ADDR...               one that talks with them, by datagrams and connections
"""
import random
import selectors
import socket
import sys
import time


def port_of(address):
    return 20000 + int(address.rsplit(".", 1)[1]) * 97


def beacon(source, address, port, seconds, n):
    for _ in range(int(n)):
        with socket.create_connection((address, int(port)), 3, (source, 0)) as conn:
            conn.sendall(b"ping" * 16)
            conn.recv(100)
        time.sleep(float(seconds) * random.uniform(0.8, 1.2))


def peers(*addresses):
    ready = selectors.DefaultSelector()
    for i, address in enumerate(addresses):
        if i % 3 == 2:
            continue
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((address, port_of(address)))
        ready.register(udp, selectors.EVENT_READ, "udp")
        tcp = socket.create_server((address, port_of(address)), backlog=50)
        ready.register(tcp, selectors.EVENT_READ, "tcp")
    while True:
        for key, _ in ready.select():
            if key.data == "udp":
                data, client = key.fileobj.recvfrom(2000)
                key.fileobj.sendto(data * 2, client)
            else:
                conn, _ = key.fileobj.accept()
                conn.sendall(bytes(random.randrange(2000, 60000)))
                conn.close()


def shares(source, *addresses):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((source, 6881))
    udp.settimeout(0.1)
    for address in addresses * 2:
        udp.sendto(random.randbytes(random.randrange(60, 120)), (address, port_of(address)))
        try:
            udp.recvfrom(4000)
        except OSError:
            pass
    ports = [(address, port_of(address)) for address in addresses]
    gone = [(address, 6881) for address in addresses[:15]]
    for address, port in ports + gone:
        try:
            with socket.create_connection((address, port), 2, (source, 0)) as conn:
                conn.sendall(bytes(random.randrange(68, 3000)))
                while conn.recv(65536):
                    pass
        except OSError:
            pass


{"beacon": beacon, "peers": peers, "shares": shares}[sys.argv[1]](*sys.argv[2:])
