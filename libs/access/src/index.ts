export * from './access-policy';
export * from './api-tokens';
export * from './authenticator';
export * from './denial-meter';
export * from './issuer-keys';
export * from './jwt-verifier';
export * from './principal';
export { readableName } from './readable-name';
export * from './request-limiter';
