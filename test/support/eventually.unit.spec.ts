import { eventually } from './eventually';

describe('eventually', () => {
  it('answers as soon as nothing is thrown', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      if (looks < 3) throw new Error('not yet');
      return looks;
    };
    expect(await eventually(look)).toBe(3);
  });

  it('throws the last error when the time is over', async () => {
    await expect(eventually(() => Promise.reject(new Error('never')), 0)).rejects.toThrow('never');
  });
});
