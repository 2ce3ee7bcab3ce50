import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as it was sent, with the service that sent it. */
export interface SentSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parent: string;
  /** Traces that it names. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A collector that takes OTLP over HTTP, and keeps all. */
export class TraceCollector {
  readonly spans: SentSpan[] = [];
  /** Everything that was sent, byte for byte. */
  readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        this.take(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<TraceCollector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TraceCollector(server);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every span of every trace that has something to do with an upgrade. */
  ofUpgrade(upgradeId: string): readonly SentSpan[] {
    const isOfIt = ({ attributes }: SentSpan) => attributes['uplift.upgrade.id'] === upgradeId;
    const traces = new Set(this.spans.filter(isOfIt).map(({ traceId }) => traceId));
    return this.spans.filter(({ traceId }) => traces.has(traceId));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(body: string): void {
    this.bodies.push(body);
    const { resourceSpans } = JSON.parse(body) as ExportedTraces;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(valuesOf(resource.attributes)['service.name']);
      for (const { spans } of scopeSpans) {
        this.spans.push(...spans.map((span) => toSent(service, span)));
      }
    }
  }
}

function toSent(service: string, span: ExportedSpan): SentSpan {
  const { name, traceId, spanId, parentSpanId = '', links = [], attributes } = span;
  return {
    ...{ service, name, traceId, spanId, parent: parentSpanId },
    links: links.map((link) => link.traceId),
    attributes: valuesOf(attributes),
  };
}

function valuesOf(attributes: readonly ExportedAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0]] as const),
  );
}

/* The part of OTLP in JSON that is read here. */

interface ExportedAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly traceId: string }[];
  readonly attributes: readonly ExportedAttribute[];
}

interface ExportedTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly ExportedAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}
