FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/migrations ./dist/migrations
# The pretend Invoice Cloud, a service of its own in docker-compose.yml; the platform never loads it.
COPY --from=build /app/dist/sandbox ./dist/sandbox
# Where a volume for SPOOL_DIR may be mounted; it gets the owner that it has here.
RUN mkdir -p /var/lib/billbridge/spool && chown -R node:node /var/lib/billbridge
USER node
EXPOSE 3000
# It drains for DRAIN_SECONDS (10), then lets what is under way end, for 30 s at most: give it 45 s before a SIGKILL.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As measured in docs/performance.md: the memory that it keeps for what is short-lived, and how far it grows between collections.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=25", "dist/src/main.js"]
