import { EsdbEventStore, NO_STREAM } from '@uplift/event-store';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import { CERTIFICATES } from '../../../test/support/certificates/certificates';
import { GuardedStore } from '../../../test/support/guarded-store';
import { fill, newStream, sampleEvents } from '../../../test/contract/event-store/sample-events';
import { startEmbeddedEventStore, type EmbeddedEventStore } from '../../embedded-eventstore/src';
import { openGivenStore } from '../src';
import { prepareStoreTests } from '../src/store-tests';

describe('a store that somebody else runs', () => {
  let embedded: EmbeddedEventStore;
  let store: EsdbEventStore;

  beforeEach(async () => {
    embedded = await startEmbeddedEventStore({ allowDeletes: true, positionStep: 100 });
    store = new EsdbEventStore({ connectionString: embedded.connectionString });
  });
  afterEach(async () => {
    await store.close();
    await embedded.close();
  });

  const refused = (connectionString: string, options = {}) =>
    openGivenStore(connectionString, options).then(
      () => '',
      ({ message, exitCode }: Error & { exitCode: number }) => `${exitCode} ${message}`,
    );

  it('is taken when nothing of Uplift is in it, and from then on as one for tests', async () => {
    const other = new EsdbOtherProgram(embedded.connectionString);
    for (let n = 0; n < 50; n += 1) await other.write('ops-1', { type: 'Probe' });
    await other.write('instance-nobody', { type: 'Probe' });
    await other.close();
    expect((await openGivenStore(embedded.connectionString)).version).toBe('23.10.6');
    await fill(store, newStream(), 3);
    expect((await openGivenStore(embedded.connectionString)).end).toBe(await store.lastPosition());
  });

  it('is refused when an installation may live in it, unless somebody says otherwise', async () => {
    const stream = newStream();
    await store.append(stream, NO_STREAM, sampleEvents(2));
    const words = `holds events of Uplift (stream ${stream})`;
    expect(await refused(embedded.connectionString)).toContain(words);
    expect(await refused(embedded.connectionString)).not.toContain('--use-existing');
    const choosing = await refused(embedded.connectionString, { useExisting: false });
    expect(choosing).toMatch(/^1 .*--use-existing$/);
    await openGivenStore(embedded.connectionString, { useExisting: true });
    expect(await refused(embedded.connectionString)).toContain(words);
  });

  it('is not taken for tests when it does not let streams be deleted', async () => {
    const locked = await startEmbeddedEventStore();
    const trying = prepareStoreTests({ store: locked.connectionString, parts: ['store'] });
    await expect(trying).rejects.toThrow(
      'The store does not let a connection without a user delete streams',
    );
    await locked.close();
  });

  describe('behind TLS and a password', () => {
    let guarded: GuardedStore;
    let place: string;
    const ca = `tls=true&tlsCAFile=${CERTIFICATES.authority}`;

    beforeEach(async () => {
      guarded = new GuardedStore(embedded.port, 'uplift', 'hunter2');
      place = await guarded.listen();
    });
    afterEach(() => guarded.close());

    it('is reached, and works', async () => {
      const connectionString = `esdb://uplift:hunter2@${place}?${ca}`;
      await prepareStoreTests({ store: connectionString, parts: ['store'] });
      const there = new EsdbEventStore({ connectionString });
      const stream = newStream();
      const { head } = await there.append(stream, NO_STREAM, sampleEvents(3));
      expect((await there.load(stream)).at(-1)?.metadata.hash).toBe(head.hash);
      await there.close();
    });

    it.each([
      ['a wrong password', () => `esdb://uplift:wrong@${place}?${ca}`, /as user uplift.*password/],
      ['no user', () => `esdb://${place}?${ca}`, /refuses: .*without a user/],
      ['an authority that is not known', () => `esdb://uplift:hunter2@${place}`, /certificate/],
      ['no TLS', () => `esdb://${place}?tls=false`, /cannot be used: .*not available/],
      [
        'nobody there',
        () => 'esdb://u:hunter2@127.0.0.1:9?tls=false',
        /127.0.0.1:9 cannot be used/,
      ],
    ])('says what is wrong in one line: %s', async (_case, connectionString, words) => {
      const message = await refused(connectionString());
      expect(message).toMatch(words);
      expect(message).toMatch(/^1 [^\n]*$/);
      expect(message).not.toMatch(/hunter2/);
    });
  });
});
