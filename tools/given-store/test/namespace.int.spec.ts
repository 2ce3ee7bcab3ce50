import { EsdbEventStore, NO_STREAM } from '@uplift/event-store';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import { AllReader } from '../../../test/contract/event-store/all-reader';
import { foreignSuite } from '../../../test/contract/event-store/foreign.suite';
import { readingAllSuite } from '../../../test/contract/event-store/reading-all.suite';
import { fill, newStream, sampleEvents } from '../../../test/contract/event-store/sample-events';
import { GuardedStore } from '../../../test/support/guarded-store';
import { CERTIFICATES } from '../../../test/support/certificates/certificates';
import { AS_SEEN, startEmbeddedEventStore } from '../../embedded-eventstore/src';
import type { EmbeddedEventStore } from '../../embedded-eventstore/src';
import { createTempFolder, startNamespace, type TempFolder } from '../../stack/src';

type Part = Awaited<ReturnType<typeof startNamespace>>['part'];

describe('a namespace of a store that somebody else runs', () => {
  let embedded: EmbeddedEventStore;
  let guarded: GuardedStore;
  let given: string;
  let url: string;
  let part: Part;
  const folders: TempFolder[] = [];
  const parts: Part[] = [];

  async function namespace() {
    const folder = await createTempFolder();
    const started = await startNamespace(folder.path, given);
    folders.push(folder);
    parts.push(started.part);
    return { part: started.part, url: started.env.UPLIFT_EVENTSTORE_URL };
  }

  beforeAll(async () => {
    embedded = await startEmbeddedEventStore({ ...AS_SEEN['23.10'], allowDeletes: true });
    guarded = new GuardedStore(embedded.port, 'ops', 'hunter2');
    const place = await guarded.listen();
    given = `esdb://ops:hunter2@${place}?tls=true&tlsCAFile=${CERTIFICATES.authority}`;
    const before = new EsdbEventStore({ connectionString: embedded.connectionString });
    await fill(before, newStream(), 20);
    await before.close();
    ({ url, part } = await namespace());
  });
  afterAll(async () => {
    await Promise.all(parts.map((each) => each.stop()));
    await guarded.close();
    await embedded.close();
    await Promise.all(folders.map((folder) => folder.remove()));
  });

  const open = () => new EsdbEventStore({ connectionString: url, mostForeign: 200 });

  it('begins empty, and keeps what others have to itself', async () => {
    const [store, other] = [open(), await namespace()];
    const beside = new EsdbEventStore({ connectionString: other.url });
    const whole = new EsdbEventStore({ connectionString: embedded.connectionString });
    expect(await store.lastPosition()).toBeNull();
    const end = await whole.lastPosition();
    const stream = newStream();
    await fill(store, stream, 3);
    expect(await beside.lastPosition()).toBeNull();
    expect(await whole.lastPosition()).toBe(end);
    await expect(whole.load(stream)).rejects.toMatchObject({ code: 'stream-not-found' });
    await Promise.all([store, beside, whole].map((each) => each.close()));
  });

  it('hides what an installation writes beside it', async () => {
    const [store, whole] = [open(), new EsdbEventStore({ connectionString: given })];
    const before = await store.lastPosition();
    await fill(whole, newStream(), 3);
    expect(await store.lastPosition()).toBe(before);
    const { foreign } = await store.readAll(before, 10);
    expect(foreign.map(({ stream }) => stream.slice(0, 17))).toContain('outside:instance-');
    await Promise.all([store, whole].map((each) => each.close()));
  });

  readingAllSuite('in a namespace', open, () => new EsdbOtherProgram(url));
  foreignSuite('in a namespace', open, () => new EsdbOtherProgram(url));

  it('is the same after it was killed, and a live reader goes on', async () => {
    const store = open();
    const stream = newStream();
    const head = await fill(store, stream, 2);
    const after = (await store.lastPosition()) ?? 0n;
    const reader = await new AllReader(store, { after }).until((r) => r.caughtUp);
    await part.kill();
    await part.restart();
    await store.append(stream, head, sampleEvents(1));
    await reader.until((r) => r.events.length > 0);
    expect(reader.events.map(({ revision }) => revision)).toEqual([2]);
    await reader.stop();
    await expect(store.append(stream, NO_STREAM, sampleEvents(1))).rejects.toMatchObject({
      code: 'revision-conflict',
    });
    await store.close();
  });
});
