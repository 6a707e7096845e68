import { commandOf } from './command.js';

describe('commandOf', () => {
  it('starts when nothing is asked, and wipes', () => {
    expect(commandOf([])).toEqual({ kind: 'start' });
    expect(commandOf(['wipe'])).toEqual({ kind: 'wipe' });
    expect(commandOf(['config'])).toEqual({ kind: 'config' });
  });

  it('refuses what it does not know', () =>
    expect(commandOf(['wip'])).toEqual({ kind: 'refused', sentence: expect.stringContaining('"wip"') }));

  it('refuses to wipe when a directory is named without its flag', () =>
    expect(commandOf(['wipe', './other'])).toEqual({
      kind: 'refused',
      sentence: expect.stringContaining('--data-dir'),
    }));
});
