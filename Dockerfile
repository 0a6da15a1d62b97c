# Builds the kassa binary, then a small image that holds nothing but it and what it needs to run.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libqrencode-dev libsqlite3-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift openapi.yaml ./
COPY Sources ./Sources
# The package names its tests, so it cannot be read without them.
COPY Tests ./Tests
RUN swift build -c release --product kassa --static-swift-stdlib \
    && install -Ds "$(swift build -c release --static-swift-stdlib --show-bin-path)/kassa" /out/kassa \
    && install -d -m 0700 /out/data

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libqrencode4 libsqlite3-0 libssl3 libstdc++6 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/kassa
COPY --from=build /out/kassa /usr/local/bin/kassa
COPY --from=build --chown=10001:10001 /out/data /var/lib/kassa
COPY config/catalog.json ./config/catalog.json
COPY public ./public
ENV KASSA_LISTEN=0.0.0.0:8080 \
    KASSA_DATABASE_URL=sqlite:/var/lib/kassa/kassa.db
USER 10001:10001
VOLUME /var/lib/kassa
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/kassa", "health"]
ENTRYPOINT ["/usr/local/bin/kassa"]
CMD ["serve"]
