import { isOurs } from '@uplift/contracts';
import { StreamNames } from './stream-names';

const UUID = 'b846000a-8a3f-4dc6-b23c-d522d1901bb5';
const names = new StreamNames('1a2b');
const isOurStream = (stream: string) => isOurs({ stream, type: 'UpgradeRequested', metadata: {} });

describe('the names of a namespace', () => {
  it.each([`instance-${UUID}`, `$$instance-${UUID}`, 'ops-test', 'Ünïcode ✓', 'outside:ops'])(
    'of %s lead there and back',
    (name) => expect(names.inNamespace(names.inStore(name))).toBe(name),
  );

  it('are of nobody who reads the whole store', () => {
    expect(isOurStream(names.inStore(`instance-${UUID}`))).toBe(false);
    expect(new StreamNames('other').inNamespace(names.inStore(`instance-${UUID}`))).toMatch(
      /^outside:/,
    );
  });

  it('leave the streams of an installation outside', () => {
    expect(isOurStream(names.inNamespace(`instance-${UUID}`))).toBe(false);
    expect(isOurStream(names.inNamespace(names.inStore(`instance-${UUID}`)))).toBe(true);
  });

  it('leave the own streams of the store as they are', () => {
    expect(names.inStore('$all')).toBe('$all');
    expect(names.inNamespace('$$$scavenges')).toBe('$$$scavenges');
  });
});
