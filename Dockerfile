# The image of rideau. Plain Dockerfile: Docker, Podman and Buildah build it.
#
#   docker build -t rideau .
#   docker build -t rideau --build-arg WITH_LIBREOFFICE=1 --build-arg WITH_FONTS=1 .
#   docker build -t rideau --build-arg FEATURES=cloud .                     # blobs and catalogues on S3, Azure, Google
#   docker build -t rideau --build-arg BINARY=prebuilt .                    # takes dist/rideau instead of building
#
# BASE and RUST may name other images, such as a department's own copies.

ARG BASE=docker.io/library/debian:bookworm-slim
ARG RUST=docker.io/library/rust:1.95-slim-bookworm
ARG BINARY=build

# ── The program, built here ─────────────────────────────────────────────────────────────────────────────────────────
FROM ${RUST} AS build
# A C compiler and linker for SQLite, zstd and ring; the official Rust image has them, others may not.
RUN command -v cc >/dev/null || { apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*; }
WORKDIR /src
COPY . .
ARG FEATURES=""
RUN cargo build --release --locked --bin rideau --features "${FEATURES}" \
    && mkdir -p /out && cp target/release/rideau /out/rideau && strip /out/rideau

# ── The program, built elsewhere ────────────────────────────────────────────────────────────────────────────────────
FROM scratch AS prebuilt
COPY dist/rideau /out/rideau

# The default once more: Buildah does not look it up when it decides which stages are needed.
FROM ${BINARY:-build} AS binary

# ── The image ───────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${BASE}
# Fonts and LibreOffice: for formats that no reader of rideau's own knows. Not used yet; some 470 MB.
ARG WITH_FONTS=0
ARG WITH_LIBREOFFICE=0
RUN set -e; export DEBIAN_FRONTEND=noninteractive; packages="ca-certificates"; \
    if [ "${WITH_FONTS}" = 1 ] || [ "${WITH_LIBREOFFICE}" = 1 ]; then \
        packages="$packages fonts-liberation2 fonts-dejavu-core fonts-noto-core"; fi; \
    if [ "${WITH_LIBREOFFICE}" = 1 ]; then \
        packages="$packages libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui"; fi; \
    apt-get update; \
    apt-get install -y --no-install-recommends $packages; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log; \
    groupadd --gid 10001 rideau; \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/rideau --shell /usr/sbin/nologin rideau; \
    install -d -o 10001 -g 10001 -m 0750 /var/lib/rideau /var/lib/rideau-transfer; \
    install -d -m 0755 /etc/rideau
COPY --from=binary --chmod=0755 /out/rideau /usr/local/bin/rideau

USER 10001:10001
WORKDIR /var/lib/rideau
ENV RIDEAU_CONFIG=/etc/rideau/rideau.toml LANG=C.UTF-8
# /etc/rideau is given by the operator (read-only); /var/lib/rideau keeps what rideau knows. The rest may be read-only:
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --stop-timeout 60 …
VOLUME ["/var/lib/rideau", "/var/lib/rideau-transfer"]
# web.listen must be "0.0.0.0:8080" in here.
EXPOSE 8080
STOPSIGNAL SIGTERM
# Asks /livez with what the image has: no further program is needed.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /livez HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^ok' <&3"]
ENTRYPOINT ["/usr/local/bin/rideau"]
CMD ["run"]
