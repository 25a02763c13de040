# SPDX-License-Identifier: BSD-2-Clause
# flowbpf as an image: docker build -t flowbpf . (docs/containers.md, compose.yaml, kubernetes/).
# The first stage compiles, the second has what runs. The page is carried (web/built): no node, no npm.
# tests/package/image.sh does the same steps, line by line, without an engine for containers.
ARG DEBIAN=trixie-slim

FROM debian:${DEBIAN} AS build
# BUILD_PACKAGES of the Makefile
RUN apt-get update && apt-get install -y --no-install-recommends \
	clang llvm gcc make pkg-config bpftool libbpf-dev libelf-dev zlib1g-dev \
	libmicrohttpd-dev libgnutls28-dev libcjson-dev libcrypt-dev libcurl4-gnutls-dev libidn2-dev libmaxminddb-dev libmnl-dev \
	libncurses-dev libsqlite3-dev nettle-dev
WORKDIR /source
COPY . .
RUN make -j"$(nproc)" PREFIX=/usr DESTDIR=/image install

FROM debian:${DEBIAN}
# its libraries, those that it loads when they are asked for (libcurl, librdkafka), and its user
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libbpf1 libcjson1 libcurl3t64-gnutls libelf1t64 \
	libgnutls30t64 libidn2-0 libmaxminddb0 libmicrohttpd12t64 libmnl0 libncursesw6 libnettle8t64 librdkafka1 libsqlite3-0 zlib1g && \
	rm -rf /var/lib/apt/lists/* /var/cache/apt/* && \
	useradd --system --user-group --no-create-home --shell /usr/sbin/nologin flowbpf && \
	install -d -m 700 /var/lib/flowbpf /run/flowbpf
COPY --from=build /image/usr/sbin/flowbpf /usr/sbin/flowbpf
VOLUME /var/lib/flowbpf
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["flowbpf", "status", "--json"]
ENTRYPOINT ["flowbpf"]
CMD ["help"]
