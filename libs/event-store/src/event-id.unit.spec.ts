import * as fc from 'fast-check';
import { deterministicEventId } from './event-id';

describe('event ids', () => {
  it('are version 5 UUIDs of RFC 9562', () => {
    expect(deterministicEventId('cause', 'step', 0)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
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
