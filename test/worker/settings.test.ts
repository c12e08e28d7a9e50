import { describe, expect, it } from 'vitest';
import { SettingsRejected, workerSettings } from '../../worker/settings.ts';

const TOKEN = 'sixteen-letters-';

describe('workerSettings', () => {
  it('needs the token alone', () => {
    expect(workerSettings({ BURST_TOKEN: TOKEN })).toEqual({
      port: 8080,
      host: '0.0.0.0',
      token: TOKEN,
      slots: 1,
      gpus: undefined,
      clock: undefined,
      program: undefined,
      zkProver: undefined,
      endWithStdin: false,
    });
  });

  it.each([
    { name: 'BURST_PORT', value: '65536' },
    { name: 'BURST_PORT', value: '80a' },
    { name: 'BURST_HOST', value: 'localhost' },
    { name: 'BURST_TOKEN', value: TOKEN.slice(1) },
    { name: 'BURST_TOKEN', value: `${TOKEN}\n` },
    { name: 'BURST_SLOTS', value: '0' },
    { name: 'BURST_SLOTS', value: '65' },
    { name: 'BURST_SLOTS', value: '1.5' },
    { name: 'BURST_GPUS', value: '[{"model":"RTX 4090"}]' },
    { name: 'BURST_GPUS', value: 'RTX 4090' },
    { name: 'BURST_CLOCK', value: '{"speed":0}' },
    { name: 'BURST_PROGRAM', value: '/app/run --fast' },
    { name: 'BURST_PROGRAM', value: '[]' },
    { name: 'BURST_PROGRAM', value: '["", "a"]' },
    { name: 'BURST_ZK_PROVER', value: '/opt/rapidsnark' },
    { name: 'BURST_ZK_PROVER', value: '{"command":[]}' },
    { name: 'BURST_ZK_PROVER', value: '{"command":["prove"],"timeoutSeconds":1801}' },
  ])('refuses $name = $value and names it, not its value', ({ name, value }) => {
    const read = () => workerSettings({ BURST_TOKEN: TOKEN, [name]: value });
    expect(read).toThrow(SettingsRejected);
    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  });

  it('reads an external prover, which has ten minutes and no GPU unless told otherwise', () => {
    const BURST_ZK_PROVER = '{"command":["/opt/rapidsnark"]}';
    expect(workerSettings({ BURST_TOKEN: TOKEN, BURST_ZK_PROVER }).zkProver).toEqual({
      command: ['/opt/rapidsnark'],
      gpuUsed: false,
      timeoutSeconds: 600,
    });
  });

  it('names all wrong variables at once', () => {
    expect(() => workerSettings({ BURST_SLOTS: '0', BURST_PORT: '-1' })).toThrow(
      /BURST_PORT.*BURST_TOKEN.*BURST_SLOTS/,
    );
  });
});
