import { describe, expect, it } from 'vitest';
import { namesInId, pytestWords, testAt, unittestWords } from '../../src/host/testAt.js';

const text = `import unittest

def helper():
    return 1

def test_plain():
    def test_inner():
        pass
    test_inner()

@mark
@mark(2)
async def test_later():
    await helper()

class Plain:
    def run(self):
        pass

class TestGroup(unittest.TestCase):
    rounds = 3

    def setUp(self):
        self.x = 1

    class TestDeep:
        def test_ünter(self):
            if True:

                assert 1

    def test_one(self):
        pass
`;
const lineOf = (part: string): number => text.split('\n').findIndex((line) => line.includes(part));

describe('testAt', () => {
  it.each([
    ['import', []],
    ['return 1', []],
    ['def test_plain', ['test_plain']],
    ['        pass', ['test_plain']],
    ['@mark(2)', ['test_later']],
    ['async def', ['test_later']],
    ['await helper', ['test_later']],
    ['class Plain', []],
    ['def run', []],
    ['class TestGroup', ['TestGroup']],
    ['rounds = 3', ['TestGroup']],
    ['self.x = 1', ['TestGroup']],
    ['class TestDeep', ['TestGroup', 'TestDeep']],
    ['assert 1', ['TestGroup', 'TestDeep', 'test_ünter']],
    ['def test_one', ['TestGroup', 'test_one']],
  ])('%s', (part, names) => {
    expect(testAt(text, lineOf(part))).toEqual(names);
    expect(testAt(text.replaceAll('\n', '\r\n'), lineOf(part))).toEqual(names);
  });

  it('is at home in empty files and beyond their end', () => {
    expect(testAt('', 0)).toEqual([]);
    expect(testAt('\n\n', 1)).toEqual([]);
    expect(testAt(text, 10_000)).toEqual(expect.any(Array));
  });
});

describe('how a test is run', () => {
  it('takes names from ids of a test explorer, parameters with them', () => {
    expect(namesInId('/w/tests/test_a.py::TestB::test_c[x::y]')).toEqual(['TestB', 'test_c[x::y]']);
    expect(namesInId('C:\\w\\test_a.py::test_c')).toEqual(['test_c']);
    expect(namesInId('/w/tests/test_a.py')).toBeUndefined();
  });

  it('gives pytest its id, the options that are configured and no workers', () => {
    const test = { path: 'tests/test a.py', names: ['TestB', 'test_c[1]'] };
    expect(pytestWords(test, ['-q', 'tests', '-p', 'no:randomly', '--maxfail=1', '--rootdir', '..'], true)).toEqual([
      '-q',
      '-p',
      'no:randomly',
      '--maxfail=1',
      '--rootdir',
      '..',
      '-n0',
      'tests/test a.py::TestB::test_c[1]',
    ]);
    expect(pytestWords({ path: 'test_a.py', names: [] }, [], false)).toEqual(['test_a.py']);
  });

  it('gives unittest a dotted name, where there can be one', () => {
    expect(unittestWords({ path: 'tests/test_a.py', names: ['TestB', 'test_c[1]'] })).toEqual(['tests.test_a.TestB.test_c']);
    expect(unittestWords({ path: 'my tests/test_a.py', names: [] })).toBeUndefined();
    expect(unittestWords({ path: '../test_a.py', names: [] })).toBeUndefined();
  });
});
