#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""forge.py FROM TO PORT...: a SYN to each port in the name of whom it is not sent by."""
import random
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


source, target = (socket.inet_aton(address) for address in sys.argv[1:3])
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for port in sys.argv[3:]:
    ends = random.randint(20000, 60000), int(port), random.getrandbits(32)
    tcp = struct.pack("!HHIIBBHHH", *ends, 0, 5 << 4, 2, 64240, 0, 0)
    check = checksum(source + target + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source, target)
    sender.sendto(ip + tcp, (sys.argv[2], 0))
