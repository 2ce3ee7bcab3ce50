import { defaultRights, isSame, rightsOnAll } from './stream-rights';

const USERS = ['relay', 'api'];
const ADMINS = ['$admins'];

describe('the rights on streams', () => {
  it('give readers and writers theirs, and everybody nothing', () => {
    expect(defaultRights({}, USERS)).toEqual({
      $userStreamAcl: {
        $r: ['$admins', 'uplift-readers'],
        $w: ['$admins', 'uplift-writers'],
        $d: ADMINS,
        $mr: ['$admins', 'uplift-readers'],
        $mw: ADMINS,
      },
      $systemStreamAcl: { $r: ADMINS, $w: ADMINS, $d: ADMINS, $mr: ADMINS, $mw: ADMINS },
    });
    expect(rightsOnAll({}, USERS)).toEqual({ $acl: { $r: ['$admins', 'uplift-tailers'] } });
  });

  it('take from everybody, and from users of ours, what was given too much', () => {
    const open = {
      $r: '$all',
      $w: ['$all', 'relay'],
      $d: ['$all', 'api', 'uplift-writers'],
      $mw: '$all',
    };
    expect(defaultRights({ $userStreamAcl: open, $systemStreamAcl: open }, USERS)).toEqual(
      defaultRights({}, USERS),
    );
    expect(rightsOnAll({ $acl: open }, USERS)).toEqual({
      $acl: { $r: ['$admins', 'uplift-tailers'], $w: ADMINS, $d: ADMINS, $mw: ADMINS },
    });
  });

  it('leave others what they have by name, and whatever else was set', () => {
    const settings = { $userStreamAcl: { $r: 'reports', $d: ['boss', '$all'] }, other: 1 };
    expect(defaultRights(settings, USERS)).toMatchObject({
      $userStreamAcl: { $r: ['$admins', 'uplift-readers', 'reports'], $d: ['$admins', 'boss'] },
      other: 1,
    });
    expect(rightsOnAll({ $maxAge: 5, $acl: { $r: ['reports'] } }, USERS)).toEqual({
      $maxAge: 5,
      $acl: { $r: ['$admins', 'uplift-tailers', 'reports'] },
    });
  });

  it('are as they have to be once they were set, in any order, also alone', () => {
    const settings = defaultRights({}, USERS);
    expect(isSame(defaultRights(settings, USERS), settings)).toBe(true);
    expect(isSame({ $r: '$admins', $w: ['b', 'a'] }, { $w: ['a', 'b'], $r: ['$admins'] })).toBe(
      true,
    );
    expect(isSame({ $r: ['$admins'] }, { $r: ['$admins', 'other'] })).toBe(false);
  });
});
