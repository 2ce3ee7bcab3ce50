# One image for every service: the command picks the service.
FROM node:26.12.1-bookworm-slim AS build
WORKDIR /uplift
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json .swcrc ./
COPY libs libs
COPY apps apps
RUN npx swc apps libs --out-dir dist --ignore '**/*.spec.ts' \
 && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:26.12.1-bookworm-slim
ENV NODE_ENV=production
WORKDIR /uplift
COPY --from=build --chown=root:root /uplift/package.json ./
COPY --from=build --chown=root:root /uplift/node_modules node_modules
COPY --from=build --chown=root:root /uplift/dist dist
USER node
CMD ["node", "dist/apps/command-api/src/main.js"]
