import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../tools/stack/src';

type Labels = Readonly<Record<string, string>>;

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
  };
  /** A namespace has none. */
  readonly spec?: {
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels?: Labels };
    readonly template?: { readonly spec: Pod };
    readonly volumeClaimTemplates?: readonly Pick<Manifest, 'metadata'>[];
    readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
}

interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly restartPolicy: string;
  readonly securityContext: unknown;
  readonly containers: readonly {
    readonly image: string;
    readonly securityContext: unknown;
    readonly resources: { readonly limits: unknown };
  }[];
  readonly volumes: readonly {
    readonly emptyDir?: { readonly medium?: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

type PodManifest = Pick<Manifest, 'kind' | 'metadata'> & { readonly spec: Pod };

const textOf = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');
const read = <Content>(file: string) =>
  parse(textOf(`deploy/kubernetes/${file}`), { merge: true }) as Content;
const itemsOf = (file: string) => read<{ items: readonly Manifest[] }>(file).items;

const PATHS = { setup: 'store-setup/pod.yaml', copy: 'store-copy/pod.yaml' };
const setup = read<PodManifest>(PATHS.setup);
const copy = read<PodManifest>(PATHS.copy);
const nodes = itemsOf('eventstore/eventstore.yaml');
const services = itemsOf('base/services.yaml');
const network = itemsOf('base/network.yaml');

const selectorOf = ({ spec }: Manifest): Labels | undefined =>
  spec?.selector?.matchLabels ?? spec?.podSelector?.matchLabels ?? spec?.selector;
const selects = (manifest: Manifest, labels: Labels) => {
  const selector = Object.entries(selectorOf(manifest) ?? { nothing: '' });
  return selector.every(([key, value]) => labels[key] === value);
};
const docs = textOf('docs/production.md');

describe('the pods of an operator of the event store on Kubernetes', () => {
  it.each([
    ['setup', setup],
    ['copy', copy],
  ] as const)('%s has no more rights than it needs', (name, { kind, spec }) => {
    expect([kind, spec.restartPolicy, spec.automountServiceAccountToken]).toEqual([
      ...['Pod', 'Never', false],
    ]);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers.map(({ securityContext }) => securityContext)).toEqual([
      {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    ]);
    expect(spec.containers[0]?.resources.limits).toEqual({
      memory: expect.stringMatching(/^\d+Mi$/) as string,
    });
    expect(docs).toContain(`deploy/kubernetes/${PATHS[name]}`);
  });

  it('that sets it up is a pod of Uplift that reaches the store, is no service, and keeps nothing', () => {
    const { namespace, labels } = setup.metadata;
    const open = network.filter((policy) => selects(policy, labels));
    const ports = open.flatMap(({ spec }) => (spec?.egress ?? []).flatMap((to) => to.ports));
    expect(ports).toContainEqual({ port: 2113 });
    expect(JSON.stringify(nodes)).toContain(`"kubernetes.io/metadata.name":"${namespace}"`);
    expect(services.filter((service) => selects(service, labels))).toEqual([]);
    expect(setup.spec.containers[0]?.image).toBe(
      services.find(({ kind }) => kind === 'Deployment')?.spec?.template?.spec.containers[0]?.image,
    );
    expect(setup.spec.volumes.map(({ emptyDir }) => emptyDir?.medium)).toEqual(['Memory']);
  });

  it('that copies its files has those of the first node, and is no node', () => {
    const set = nodes.find(({ kind }) => kind === 'StatefulSet')!;
    const [claim] = set.spec!.volumeClaimTemplates!.map(({ metadata }) => metadata.name);
    const claims = copy.spec.volumes.map((volume) => volume.persistentVolumeClaim?.claimName);
    expect(claims).toContain(`${claim}-${set.metadata.name}-0`);
    expect(docs).toContain(`\`${claims.at(-1)}\``);
    expect(copy.metadata.namespace).toBe(
      read<{ namespace: string }>('eventstore/kustomization.yaml').namespace,
    );
    expect(nodes.filter((node) => selects(node, copy.metadata.labels))).toEqual([]);
    expect(copy.spec.containers[0]?.image).toBe(set.spec?.template?.spec.containers[0]?.image);
  });
});
