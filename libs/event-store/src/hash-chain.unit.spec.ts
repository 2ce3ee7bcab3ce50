import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import type { EventMetadata } from '@uplift/contracts';
import { NO_STREAM } from './event-store.port';
import type { EventToAppend } from './event-store.port';
import { hashOfEvent, linkEvents, verifyChain } from './hash-chain';
import type { ChainedEvent } from './hash-chain';

const METADATA: EventMetadata = {
  $correlationId: 'upgrade',
  $causationId: 'command',
  actor: { type: 'user', id: 'u-1' },
  service: 'spec',
  schemaVersion: 1,
};

const content = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const anyEvent: fc.Arbitrary<EventToAppend> = fc.record({
  id: fc.uuid(),
  type: fc.string({ minLength: 1 }),
  data: content,
  metadata: fc.record({ ...constants(METADATA), traceparent: fc.string() }),
});
const chain = fc
  .uniqueArray(anyEvent, { minLength: 2, maxLength: 6, selector: ({ id }) => id })
  .map((events) => linkEvents('instance-1', NO_STREAM, events));

function constants(metadata: EventMetadata) {
  return {
    $correlationId: fc.constant(metadata.$correlationId),
    $causationId: fc.string(),
    actor: fc.constant(metadata.actor),
    service: fc.constant(metadata.service),
    schemaVersion: fc.nat(),
  };
}

/** A chain and an index into it. */
const chainAt = chain.chain((linked) =>
  fc.tuple(fc.constant(linked), fc.nat(linked.events.length - 1)),
);

const withHash = (event: ChainedEvent, previousHash: string): ChainedEvent => ({
  ...event,
  metadata: { ...event.metadata, hash: hashOfEvent(previousHash, event) },
});

const asRead = (events: readonly ChainedEvent[]) =>
  JSON.parse(JSON.stringify(events)) as ChainedEvent[];

describe('hash of an event', () => {
  it('is the SHA-256 of the canonical JSON of the event without its hash and its predecessor', () => {
    fc.assert(
      fc.property(chain, ({ events }) => {
        let previousHash = NO_STREAM.hash;
        for (const { id, type, stream, revision, data, metadata } of events) {
          const { hash, ...rest } = metadata;
          const whole = { previousHash, id, type, stream, revision, data, metadata: rest };
          const expected = createHash('sha256')
            .update(String(canonicalize(whole)))
            .digest('hex');
          expect(hash).toBe(expected);
          previousHash = hash;
        }
      }),
    );
  });

  it('never changes between releases', () => {
    const event = { id: 'id', type: 'Type', data: { b: [1, 'ä'], a: null }, metadata: METADATA };
    expect(linkEvents('instance-1', NO_STREAM, [event]).head.hash).toBe(
      '85de454baf633b0f538a7e25d9bb66fe8989f8f068962ea05b5d7019e01a3982',
    );
  });

  it('counts data and metadata as they are stored', () => {
    fc.assert(
      fc.property(chain, ({ events }) => {
        for (const { data, metadata, bytes } of events) {
          const stored = JSON.stringify(data) + JSON.stringify(metadata);
          expect(bytes).toBe(Buffer.byteLength(stored));
        }
      }),
    );
  });
});

const deep = (depth: number) =>
  JSON.parse('{"x":'.repeat(depth) + '1' + '}'.repeat(depth)) as object;

describe('content that cannot be written as JSON', () => {
  it.each([
    ['a number that is not finite', { x: Infinity }],
    ['too many levels', deep(100_000)],
  ])('breaks the chain where it has %s, and is not appended', (_what, data) => {
    const event = { id: 'id', type: 'Type', data: {}, metadata: METADATA };
    const written = linkEvents('instance-1', NO_STREAM, [event]).events[0]!;
    const verdict = { valid: false, revision: 0, reason: 'hash' };
    expect(verifyChain([{ ...written, data }])).toEqual(verdict);
    expect(() => linkEvents('instance-1', NO_STREAM, [{ ...event, data }])).toThrow();
  });
});

describe('hash chain', () => {
  it('is valid as it was written and as it is read back', () => {
    fc.assert(
      fc.property(chain, ({ events, head }) => {
        expect(verifyChain(asRead(events))).toEqual({ valid: true, head });
      }),
    );
  });

  it('is the same whether events are linked at once or one by one', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events, head }, 1: at }) => {
        const first = linkEvents('instance-1', NO_STREAM, events.slice(0, at).map(unlinked));
        const rest = linkEvents('instance-1', first.head, events.slice(at).map(unlinked));
        expect(rest.head).toEqual(head);
      }),
    );
  });

  it('can be checked from any head that is trusted', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events, head }, 1: at }) => {
        const before = events[at - 1];
        const from = before ? { revision: at - 1, hash: before.metadata.hash } : NO_STREAM;
        expect(verifyChain(events.slice(at), from)).toEqual({ valid: true, head });
      }),
    );
  });

  it('shows a cut tail by another head', () => {
    fc.assert(
      fc.property(chain, ({ events, head }) => {
        expect(verifyChain(events.slice(0, -1))).not.toEqual({ valid: true, head });
      }),
    );
  });

  it.each([
    ['id', (event: ChainedEvent) => ({ ...event, id: `${event.id}x` })],
    ['type', (event: ChainedEvent) => ({ ...event, type: `${event.type}x` })],
    ['data', (event: ChainedEvent) => ({ ...event, data: { ...event.data, forged: 1 } })],
    [
      'metadata',
      (event: ChainedEvent) => ({ ...event, metadata: { ...event.metadata, service: 'forged' } }),
    ],
    [
      'hash',
      (event: ChainedEvent) => ({
        ...event,
        metadata: { ...event.metadata, hash: 'f'.repeat(64) },
      }),
    ],
  ])('is broken at the event whose %s was edited', (_field, edit) => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events }, 1: at }) => {
        const edited = events.map((event, n) => (n === at ? edit(event) : event));
        expect(verifyChain(edited)).toEqual({ valid: false, revision: at, reason: 'hash' });
      }),
    );
  });

  it('is broken after an edited event whose own hash was made anew', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events }, 1: at }) => {
        fc.pre(at < events.length - 1);
        const previous = events[at - 1]?.metadata.hash ?? NO_STREAM.hash;
        const forged = events.map((event, n) =>
          n === at ? withHash({ ...event, type: `${event.type}x` }, previous) : event,
        );
        const verdict = { valid: false, revision: at + 1, reason: 'hash' };
        expect(verifyChain(forged)).toEqual(verdict);
      }),
    );
  });

  it('has a gap where events were removed', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events }, 1: at }) => {
        fc.pre(at < events.length - 1);
        const verdict = { valid: false, revision: at + 1, reason: 'gap' };
        expect(verifyChain(events.filter((_, n) => n !== at))).toEqual(verdict);
      }),
    );
  });

  it('is broken where events were removed and the rest was numbered anew', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events }, 1: at }) => {
        fc.pre(at < events.length - 1);
        const left = events
          .filter((_, n) => n !== at)
          .map((event, revision) => ({ ...event, revision }));
        expect(verifyChain(left)).toEqual({ valid: false, revision: at, reason: 'hash' });
      }),
    );
  });

  it('is broken where two events changed places', () => {
    fc.assert(
      fc.property(chainAt, ({ 0: { events }, 1: at }) => {
        fc.pre(at < events.length - 1);
        const swapped = [
          ...events.slice(0, at),
          events[at + 1]!,
          events[at]!,
          ...events.slice(at + 2),
        ];
        const verdict = { valid: false, revision: at + 1, reason: 'gap' };
        expect(verifyChain(swapped)).toEqual(verdict);
        const numbered = swapped.map((event, revision) => ({ ...event, revision }));
        expect(verifyChain(numbered)).toEqual({ valid: false, revision: at, reason: 'hash' });
      }),
    );
  });

  it('is broken where an event was inserted', () => {
    fc.assert(
      fc.property(chainAt, anyEvent, ({ 0: { events }, 1: at }, event) => {
        const before = events.slice(0, at);
        const from = verifyChain(before);
        if (!from.valid) throw new Error('The chain itself must be valid');
        const [inserted] = linkEvents('instance-1', from.head, [event]).events;
        const verdict = verifyChain([...before, inserted!, ...events.slice(at)]);
        expect(verdict).toEqual({ valid: false, revision: at, reason: 'order' });
        const moved = events.slice(at).map((e) => ({ ...e, revision: e.revision + 1 }));
        const renumbered = verifyChain([...before, inserted!, ...moved]);
        expect(renumbered).toEqual({ valid: false, revision: at + 1, reason: 'hash' });
      }),
    );
  });

  it('is broken by an event of another stream', () => {
    fc.assert(
      fc.property(chain, ({ events }) => {
        const foreign = events.map((event, n) => (n === 1 ? { ...event, stream: 'other' } : event));
        expect(verifyChain(foreign)).toEqual({ valid: false, revision: 1, reason: 'foreign' });
      }),
    );
  });

  it('is broken by a whole stream put under another name', () => {
    fc.assert(
      fc.property(chain, ({ events }) => {
        const renamed = events.map((event) => ({ ...event, stream: 'other' }));
        expect(verifyChain(renamed)).toEqual({ valid: false, revision: 0, reason: 'hash' });
      }),
    );
  });
});

function unlinked({ id, type, data, metadata }: ChainedEvent): EventToAppend {
  const { hash: _hash, ...own } = metadata;
  return { id, type, data, metadata: own };
}
