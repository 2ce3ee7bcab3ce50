import type { Mutant } from '../mutant';

const RELAY = 'test/contract/relay/relay.unit.spec.ts';
const BUS = 'test/contract/bus/bus.unit.spec.ts';
const AUDIT = 'apps/stage-workers/src/auditor/audit-pass.unit.spec.ts';
const MESSAGES = 'libs/bus/src/nats.messages.unit.spec.ts';
const RELAYED = 'libs/event-store/src/relayed-messages.unit.spec.ts';
const TWO_RELAYS = 'test/contract/relay/two-relays.unit.spec.ts';

/** The relay, the bus and what is held against the store. */
export const BUS_MUTANTS: readonly Mutant[] = [
  {
    id: 'expected-sequence-not-named',
    breaks: ['I-07', 'I-08'],
    what: 'a publish does not name the message that has to be the last',
    file: 'libs/bus/src/nats.messages.ts',
    search:
      'let text = `NATS/1.0\\r\\nNats-Expected-Last-Sequence: ${this.expectedLastSequence}\\r\\n`;',
    replacement: 'let text = `NATS/1.0\\r\\nUplift-Expected: ${this.expectedLastSequence}\\r\\n`;',
    test: {
      spec: MESSAGES,
      name: 'names the message that has to be the last, and no id of its own',
    },
  },
  {
    id: 'message-id-sent',
    breaks: ['I-07', 'I-09'],
    what: 'the relay sends Nats-Msg-Id, by which a bus that was purged takes a message for a repeat',
    file: 'libs/bus/src/nats.messages.ts',
    search: 'return Buffer.from(`${text}\\r\\n`);',
    replacement: "return Buffer.from(`${text}Nats-Msg-Id: ${this.fields['ce-id']}\\r\\n\\r\\n`);",
    test: {
      spec: MESSAGES,
      name: 'names the message that has to be the last, and no id of its own',
    },
  },
  {
    id: 'duplicate-counts-as-stored',
    breaks: ['I-07'],
    what: 'a message that the server took for a repeat, and did not store, counts as published',
    file: 'libs/bus/src/nats.messages.ts',
    search: "if (duplicate) return failed('duplicate', 'taken for a repeat');",
    replacement: "if (duplicate && !seq) return failed('duplicate', 'taken for a repeat');",
    test: { spec: MESSAGES, name: 'takes a repeat for a failure: the server has stored nothing' },
  },
  {
    id: 'confirmed-behind-a-failure',
    breaks: ['I-07'],
    what: 'messages behind a publish that failed count as confirmed',
    file: 'libs/bus/src/publish-run.ts',
    search: 'if (this.failed) return;\n    this.confirmed = sequence;',
    replacement: 'this.confirmed = sequence;',
    test: { spec: BUS, name: 'confirms a run up to its first failure, and nothing after it' },
  },
  {
    id: 'ordinal-stands-still',
    breaks: ['I-07'],
    what: 'the relay gives each message the same number',
    file: 'apps/relay/src/relay-loop.ts',
    search: 'this.proof = { ordinal: ordinal + 1, epoch };',
    replacement: 'this.proof = { ordinal: Math.max(1, ordinal), epoch };',
    test: { spec: RELAY, name: 'puts every event on the bus once, in store order' },
  },
  {
    id: 'event-left-out-by-the-relay',
    breaks: ['I-07'],
    what: 'the relay leaves out what of ours cannot be read',
    file: 'apps/relay/src/relay-loop.ts',
    search: 'for (const event of events) {\n      if (run.isFull) {',
    replacement:
      'for (const event of events.filter(({ damage }) => damage === undefined)) {\n      if (run.isFull) {',
    test: { spec: RELAY, name: 'numbers what of ours cannot be read like everything else' },
  },
  {
    id: 'foreign-event-not-skipped',
    breaks: ['I-07'],
    what: 'an event that another program wrote counts as one of ours',
    file: 'libs/contracts/src/origin.ts',
    search: 'return CATEGORY.test(category) && faultOfMetadata(metadata) === null;',
    replacement: 'return CATEGORY.test(category);',
    test: { spec: RELAY, name: 'passes over what other programs write, and goes on behind it' },
  },
  {
    id: 'two-first-messages',
    breaks: ['I-08'],
    what: 'of two relays that meet an empty stream each goes on in an epoch of its own',
    file: 'apps/relay/src/relay-loop.ts',
    search: 'if (this.proof.ordinal === 1) await run.settled();',
    replacement: '',
    test: { spec: TWO_RELAYS, name: 'a relay whose first message another one was faster with' },
  },
  {
    id: 'wiped-bus-stays-empty',
    breaks: ['I-09'],
    what: 'a stream that was made anew is not filled again',
    file: 'apps/relay/src/relay-loop.ts',
    search: 'if (fill.lastSequence < known || isMadeAnew) this.tail.resubscribe();',
    replacement: '',
    test: {
      spec: TWO_RELAYS,
      name: 'a stream that somebody deletes is made and filled again, though no connection was lost',
    },
  },
  {
    id: 'bus-filled-by-another-not-noticed',
    breaks: ['I-08', 'I-09'],
    what: 'a relay goes on in its old epoch on a stream that another relay has made and filled anew',
    file: 'apps/relay/src/relay-loop.ts',
    search: 'const isMadeAnew = isAnother || report.changes.length > 0;',
    replacement: 'const isMadeAnew = report.changes.length > 0;',
    test: {
      spec: TWO_RELAYS,
      name: 'a relay goes on in the epoch of another one that has made and filled the stream anew',
    },
  },
  {
    id: 'finished-upgrade-starts-again',
    breaks: ['I-09', 'I-13'],
    what: 'a message of an attempt that is over, as from a bus that was filled again, is worked on',
    file: 'apps/stage-workers/src/runner/held-message.ts',
    search: 'if (last !== null && isOver(message, last)) return null;',
    replacement: '',
    test: {
      spec: 'apps/stage-workers/src/runner/held-message.unit.spec.ts',
      name: 'is worth nothing more once its attempt is over: one read of the last event',
    },
  },
  {
    id: 'bus-drops-old-messages',
    breaks: ['I-07', 'I-09'],
    what: 'a stream that is full drops its oldest messages',
    file: 'libs/bus/src/bus-topology.ts',
    search: "discard: 'new',",
    replacement: "discard: 'old',",
    test: {
      spec: 'libs/bus/src/bus-topology.unit.spec.ts',
      name: 'lets no message be dropped, deleted or forgotten',
    },
  },
  {
    id: 'message-given-up-after-five',
    breaks: ['I-20'],
    what: 'the bus gives a message up that was delivered five times',
    file: 'libs/bus/src/bus-topology.ts',
    search: 'max_deliver: -1,',
    replacement: 'max_deliver: 5,',
    test: {
      spec: 'libs/bus/src/bus-topology.unit.spec.ts',
      name: 'lets no message be dropped, deleted or forgotten',
    },
  },
  {
    id: 'stream-may-be-purged',
    breaks: ['I-09', 'I-10'],
    what: 'anybody may purge the stream',
    file: 'libs/bus/src/bus-topology.ts',
    search: 'deny_purge: true,',
    replacement: 'deny_purge: false,',
    test: {
      spec: 'libs/bus/src/bus-topology.unit.spec.ts',
      name: 'lets no message be dropped, deleted or forgotten',
    },
  },
  {
    id: 'changed-message-passes-the-audit',
    breaks: ['I-10'],
    what: 'the auditor does not compare a message with its event',
    file: 'apps/stage-workers/src/auditor/bus-audit.ts',
    search: 'if (differing.length > 0) {',
    replacement: 'if (differing.length > 100) {',
    test: { spec: AUDIT, name: 'finds a forged, a deleted and a flipped message in one pass' },
  },
  {
    id: 'hole-not-told',
    breaks: ['I-10'],
    what: 'the auditor passes over a hole on the bus',
    file: 'apps/stage-workers/src/auditor/bus-audit.ts',
    search: 'if (hole) this.tellMissing(hole, message.sequence);',
    replacement: '',
    test: { spec: AUDIT, name: 'tells a hole once, however long it is' },
  },
  {
    id: 'forged-message-not-told',
    breaks: ['I-10'],
    what: 'the auditor passes over a message that is not the relay’s',
    file: 'apps/stage-workers/src/auditor/bus-audit.ts',
    search:
      "this.tell('forged-message', message, `A message on the bus is not the relay's: ${why}`, {});",
    replacement: 'void [message, why];',
    test: { spec: AUDIT, name: 'finds a forged, a deleted and a flipped message in one pass' },
  },
  {
    id: 'copy-counts-as-the-newest',
    breaks: ['I-10'],
    what: 'a copy of an earlier message counts as the place where the relay goes on',
    file: 'libs/event-store/src/relayed-messages.ts',
    search: 'const original = this.exact ? await this.originalOf(message, subject) : null;',
    replacement:
      'const original = this.exact && subject.length < 3 ? await this.originalOf(message, subject) : null;',
    test: {
      spec: RELAYED,
      name: 'passes over a copy that takes the messages behind its original for a gap',
    },
  },
  {
    id: 'resume-point-not-checked',
    breaks: ['I-11'],
    what: 'the relay goes on although the store lacks the last message of the bus',
    file: 'apps/relay/src/resume-point.ts',
    search: 'if (found) await assertStoreAccepted(store, found.message);',
    replacement: '',
    test: {
      spec: RELAY,
      name: 'publishes nothing on a bus that is ahead of the store, and says DIVERGED',
    },
  },
  {
    id: 'message-believed-without-the-store',
    breaks: ['I-10', 'I-15'],
    what: 'a worker believes a message that differs from its event in the store',
    file: 'apps/stage-workers/src/runner/held-message.ts',
    search: 'if (!isSame) throw new MessageNotInStoreError(message, false);',
    replacement:
      'if (!isSame && stored.type !== message.type) throw new MessageNotInStoreError(message, false);',
    test: {
      spec: 'apps/stage-workers/src/runner/held-message.unit.spec.ts',
      name: 'that copies an event of this very process, but for what it says, is set aside',
    },
  },
  {
    id: 'acknowledged-before-the-work',
    breaks: ['I-20'],
    what: 'a message is acknowledged before its handler has done anything',
    file: 'libs/bus/src/consumer-loop.ts',
    search: 'const outcome = await this.outcome(work, delivery);',
    replacement:
      "work.message?.settle({ kind: 'ack' });\n    const outcome = await this.outcome(work, delivery);",
    test: {
      spec: 'libs/bus/src/consumer-loop.unit.spec.ts',
      name: 'is answered for only after its handler has done its work',
    },
  },
  {
    id: 'acknowledged-while-the-work-goes-on',
    breaks: ['I-20'],
    what: 'a message is acknowledged when its handler is over, although its work goes on',
    file: 'libs/bus/src/consumer-loop.ts',
    search: "if (outcome.kind === 'held') this.hold(work, outcome);",
    replacement: "if (outcome.kind === 'held') work.message?.settle({ kind: 'ack' });",
    test: {
      spec: 'libs/bus/src/consumer-loop.unit.spec.ts',
      name: 'is kept without what was received, and answered for when the work has ended',
    },
  },
  {
    id: 'hops-beyond-the-room',
    breaks: ['I-33'],
    what: 'a consumer takes what is handed over inside its process, however many bytes are in work',
    file: 'libs/bus/src/consumer-loop.ts',
    search: 'if (this.bytes + bytes + this.pull.expectedBytes > this.row.mostBytes) return false;',
    replacement: '',
    test: {
      spec: 'libs/bus/src/handed-over.unit.spec.ts',
      name: 'waits for its message where messages in work have taken the room',
    },
  },
];
