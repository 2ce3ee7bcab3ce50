import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot } from '../../tools/stack/src';

export const root = projectRoot();
export const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

export interface Named {
  readonly name: string;
}

export interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
  readonly securityContext: unknown;
  readonly resources: { readonly limits: Record<string, string> };
  readonly startupProbe?: unknown;
  readonly livenessProbe?: unknown;
  readonly readinessProbe?: unknown;
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: Named;
  readonly items?: readonly Manifest[];
  readonly data?: Record<string, string>;
  readonly spec: {
    /** Of a pod that stands alone. */
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly replicas: number;
    readonly minAvailable?: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly podSelector?: { readonly matchLabels?: Record<string, string> };
    readonly policyTypes?: readonly string[];
    readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: unknown;
        readonly containers: readonly Container[];
        readonly initContainers?: readonly Container[];
        readonly volumes: readonly (Named & { readonly secret?: unknown })[];
      };
    };
  };
}

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
  readonly profiles?: readonly string[];
}

export function manifestsOf(file: string): readonly Manifest[] {
  return parseAllDocuments(textOf(file), { merge: true }).flatMap((document) => {
    const manifest = document.toJS() as Manifest;
    return manifest.items ?? [manifest];
  });
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** A tag of Compose that is not known here leaves the value as it is. */
export const composeOf = (file: string) =>
  parse(textOf(file), { merge: true, logLevel: 'error' }) as ComposeFile;
