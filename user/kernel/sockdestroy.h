/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of this host that are closed from outside, by SOCK_DESTROY: takes CAP_NET_ADMIN. */
#pragma once

#include <stdint.h>

/*
 * The TCP connection of this address and port of ours with that end, addresses as in fb_key: its
 * program reads ECONNABORTED, the peer gets a RST. 0; -ENOENT: there is none; -EOPNOTSUPP: this
 * kernel cannot do it.
 */
int fb_socket_destroy(const uint8_t addr[static 2][16], const uint16_t port[static 2],
		      uint8_t family);
