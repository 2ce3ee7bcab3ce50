import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../tools/stack/src';

const FOLDER = 'deploy/kubernetes/eventstore';
const textOf = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');

interface Part {
  readonly kind: string;
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly minAvailable?: number;
    readonly template?: { readonly spec: Pod };
  };
}

interface Pod {
  readonly restartPolicy: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: readonly {
    readonly image: string;
    readonly env: readonly {
      readonly name: string;
      readonly value?: string;
      readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } };
    }[];
    readonly volumeMounts: readonly { readonly mountPath: string }[];
    readonly securityContext: unknown;
    readonly resources: { readonly limits: unknown };
  }[];
}

const { items } = parse(textOf(`${FOLDER}/eventstore.yaml`)) as { items: readonly Part[] };
const partOf = (kind: string) => items.find((part) => part.kind === kind)!;
const nodes = partOf('StatefulSet').spec;
const pod = nodes.template!.spec;
const container = pod.containers[0]!;
const environment = new Map(container.env.map(({ name, value }) => [name, value ?? '']));

describe('the nodes of the event store on Kubernetes', () => {
  it('are three of the release that compose runs, two of which always work', () => {
    const compose = parse(textOf('docker-compose.yml'), { merge: true }) as {
      services: { eventstore: { image: string } };
    };
    expect(nodes.replicas).toBe(3);
    expect(environment.get('EVENTSTORE_CLUSTER_SIZE')).toBe('3');
    expect(container.image).toBe(compose.services.eventstore.image);
    expect(partOf('PodDisruptionBudget').spec.minAvailable).toBe(2);
  });

  it('have TLS, and with it users', () => {
    const insecure = [...environment.keys()].filter((name) => /INSECURE|ANONYMOUS/.test(name));
    expect(insecure).toEqual([]);
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
    for (const name of ['EVENTSTORE_CERTIFICATE_FILE', 'EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE']) {
      expect(mounted).toContain(environment.get(name)?.replace(/\/[^/]+$/, ''));
    }
    expect(mounted).toContain(environment.get('EVENTSTORE_TRUSTED_ROOT_CERTIFICATES_PATH'));
  });

  it('find each other by a name that their certificate has, as clients do', () => {
    const dns = environment.get('EVENTSTORE_CLUSTER_DNS') ?? '';
    const node = environment.get('EVENTSTORE_NODE_HOST_ADVERTISE_AS') ?? '';
    const [names = ''] = /^\| `eventstore-tls` .*$/m.exec(textOf('docs/production.md')) ?? [];
    expect(names).toContain(`\`${dns}\``);
    expect(names).toContain(`\`${node.replace('$(POD_NAME)', '*')}\``);
  });

  it('have no password at their first start that everybody knows', () => {
    const secret = (name: string) =>
      container.env.find((each) => each.name === name)?.valueFrom?.secretKeyRef?.name;
    for (const user of ['ADMIN', 'OPS']) {
      expect(secret(`EVENTSTORE_DEFAULT_${user}_PASSWORD`)).toBe('eventstore-passwords');
    }
  });

  it('are started again however they ended, with code 0 too', () => {
    expect(pod.restartPolicy).toBe('Always');
  });

  it('have no more rights than they need', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.limits).toEqual({ memory: '4Gi' });
    expect(partOf('Namespace').metadata.labels).toEqual({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('are reached by Uplift alone, where its own policies look for them', () => {
    const policy = JSON.stringify(partOf('NetworkPolicy').spec);
    const namespaces = [...policy.matchAll(/"kubernetes\.io\/metadata\.name":"([^"]+)"/g)];
    expect(namespaces.map(([, name]) => name)).toEqual(['uplift', 'kube-system']);
    const own = parse(textOf(`${FOLDER}/kustomization.yaml`)) as { namespace: string };
    const dns = environment.get('EVENTSTORE_CLUSTER_DNS');
    expect(dns).toBe(`eventstore.${own.namespace}.svc.cluster.local`);
    const network = textOf('deploy/kubernetes/base/network.yaml');
    expect(network).toMatch(
      new RegExp(
        `kubernetes.io/metadata.name: ${own.namespace} .*\\n *ports: \\[{ port: 2113 }\\]`,
      ),
    );
  });
});
