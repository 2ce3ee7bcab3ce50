import * as fc from 'fast-check';
import { deterministicEventId, uuid5 } from './event-id';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

describe('event ids', () => {
  it.each([
    [DNS, 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    [DNS, 'python.org', '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
    [URL_NAMESPACE, 'http://python.org/', '4c565f0d-3f5a-5890-b41b-20cf47701c5e'],
  ])('are version 5 UUIDs: the known vector of %s %s', (namespace, name, expected) => {
    expect(uuid5(namespace, name)).toBe(expected);
  });

  it('are the same for the same cause, step and number', () => {
    expect(deterministicEventId('cause', 'step', 0)).toBe(deterministicEventId('cause', 'step', 0));
  });

  it('never change between releases', () => {
    expect(deterministicEventId('cause', 'step', 0)).toBe('ece59de8-8f69-59ff-9a6d-23c9585a6bb2');
  });

  it('differ whenever cause, step or number differ', () => {
    const part = fc.tuple(fc.string(), fc.string(), fc.nat());
    fc.assert(
      fc.property(part, part, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(deterministicEventId(...a) === deterministicEventId(...b)).toBe(same);
      }),
    );
  });
});
