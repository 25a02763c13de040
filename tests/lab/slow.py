# SPDX-License-Identifier: BSD-2-Clause
"""A daemon that is far away: each request to a socket goes on to another one only after a while.

    slow.py SOCKET DAEMON SECONDS        writes the first line of each request when it comes
"""
import asyncio
import sys

socket, daemon, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def serve(reader, writer):
    head = await reader.readuntil(b"\r\n")
    print(head.decode().strip(), flush=True)
    await asyncio.sleep(seconds)
    answers, asks = await asyncio.open_unix_connection(daemon)
    asks.write(head)
    rest = asyncio.create_task(copy(reader, asks))
    await copy(answers, writer)
    rest.cancel()
    asks.close()
    writer.close()


async def main():
    server = await asyncio.start_unix_server(serve, socket)
    await server.serve_forever()


asyncio.run(main())
