# The build stage has everything; the image that runs gets dist/ and production packages only.
# The Node of package.json, on Debian 12. Another one, a mirror's for instance: --build-arg NODE_IMAGE=...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# The node-* packages bring Node to developers' machines: here it is the image's own. Not
# --omit=optional, which would also leave out the native code of snappy, lz4 and crc32.
RUN npm prune --omit=dev && \
    rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin && \
    find node_modules -type d -empty -delete

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kafka-hdfs-sink" \
      org.opencontainers.image.description="Moves Kafka records into partitioned HDFS files over WebHDFS, each record exactly once." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/${NODE_IMAGE}"
# One heap of the C library for all threads: what one gives back another can use.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# node, as a number: runAsNonRoot of Kubernetes cannot look names up.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --start-interval=2s --retries=3 \
  CMD ["node", "/app/dist/main.js", "healthcheck"]
# No shell and no npm in between: node is PID 1, and the sink handles SIGTERM itself. The main thread
# has little to do: without the limit its young objects get 40 MiB that nobody needs.
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=4", "/app/dist/main.js"]
CMD ["run", "--config", "/etc/kafka-hdfs-sink/sink.yaml"]
