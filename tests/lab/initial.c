/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* initial NAME > FILE: a QUIC Initial packet of a client that asks for that name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/quic.h"

#include "unit/hellos.h"

int main(int argc, char **argv)
{
	static struct made message, frames, packet;

	if (argc != 2)
		return 2;
	make_message(&message, &(struct made_hello){.name = argv[1], .name_len = strlen(argv[1])});
	make_crypto(&frames, message.b, 0, message.n);
	if (frames.n < 1150)
		made_fill(&frames, 0, 1150 - frames.n);
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "flowbpf1"},
		     frames.b, frames.n);
	return fwrite(packet.b, 1, packet.n, stdout) == packet.n ? 0 : 1;
}
