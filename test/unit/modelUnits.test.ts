import { describe, expect, it } from 'vitest';
import { isLibrary, packageOf } from '../../src/core/model/library.js';
import { formatBytes, formatCount, formatShare, formatValue } from '../../src/core/model/units.js';

describe('units', () => {
  it.each([
    [1.2, 'seconds', '1.20 s'],
    [24_000_000, 'nanoseconds', '24 ms'],
    [2_400, 'microseconds', '2.4 ms'],
    [999.6, 'milliseconds', '1.00 s'],
    [0.9996e-3, 'seconds', '1 ms'],
    [350, 'ns', '350 ns'],
    [0, 'seconds', '0 s'],
    [-1.5, 'seconds', '-1.50 s'],
    [59.97, 'seconds', '60.0 s'],
    [1000, 'seconds', '16 min 40 s'],
    [119.96, 'seconds', '2 min 00 s'],
    [7199.9, 'seconds', '2 h 00 min'],
    [1_500_000, 'bytes', '1.4 MB'],
    [1_572_864, 'bytes', '1.5 MB'],
    [1204, 'count', '1,204'],
    [12, 'widgets', '12 widgets'],
  ])('%d %s is %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('writes counts, bytes and shares', () => {
    expect(formatCount(1234567)).toBe('1,234,567');
    expect(formatCount(-1234.5)).toBe('-1,234.5');
    expect(formatBytes(1023.9)).toBe('1.0 kB');
    expect(formatShare(0.1234)).toBe('12.3 %');
    expect(formatShare(0.0004)).toBe('0.04 %');
    expect(formatShare(0.00001)).toBe('<0.01 %');
    expect(formatShare(1)).toBe('100.0 %');
  });
});

describe('library code', () => {
  it.each([
    ['/home/me/app/.venv/lib/python3.12/site-packages/numpy/core/x.py', true, 'numpy'],
    ['/usr/lib/python3/dist-packages/yaml/__init__.py', true, 'yaml'],
    ['/usr/lib/python3.11/json/decoder.py', true, 'json'],
    ['/usr/lib/python3.11/threading.py', true, 'threading'],
    ['C:\\Python312\\Lib\\json\\decoder.py', true, 'json'],
    ['<frozen importlib._bootstrap>', true, 'importlib'],
    ['~', true, 'builtins'],
    ['__init__', true, '__init__'],
    ['/opt/x/libpython3.12.so.1.0', true, 'x'],
    ['/home/me/app/shop/pricing.py', false, 'shop'],
    ['/home/me/lib/pythonic.py', false, 'lib'],
    ['script.py', false, 'script'],
    ['<string>', false, '<string>'],
  ])('%s: %s, %s', (file, library, name) => {
    expect(isLibrary(file)).toBe(library);
    expect(packageOf(file)).toBe(name);
  });

  it('knows the module of a built-in method', () => {
    expect(packageOf('~', '<built-in method time.sleep>')).toBe('time');
    expect(packageOf('~', "<method 'append' of 'list' objects>")).toBe('builtins');
  });
});
