# One image for every process of ours: api, worker, sandbox gateway and carrier, and the jobs; the command tells which.
# Debian, not Alpine: Temporal's native part is built for glibc only.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are PostgreSQL's binaries and the bundler's: the image needs neither.
RUN npm ci --omit=dev --omit=optional \
  # Temporal's native part comes for every platform, some 30 MB each; keep this one's.
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
  BILLING_BIND_ADDRESS=0.0.0.0 \
  BILLING_SANDBOX_GATEWAY_HOST=0.0.0.0 \
  BILLING_SANDBOX_CARRIER_HOST=0.0.0.0 \
  BILLING_WORKFLOW_BUNDLE=/app/dist/workflow-bundle.js
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
# The sandboxes' books; a volume mounted here keeps this owner.
RUN mkdir /var/lib/tollgate && chown node:node /var/lib/tollgate
USER node
EXPOSE 3000 9464 4010 4020
CMD ["node", "dist/api/server.js"]
