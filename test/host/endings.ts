import assert from 'node:assert/strict';
import type { Define } from './harness.js';
import { api, assertSentence, lineWith, recordedRun, runMarked, write } from './support.js';

/** However a program ends: what was recorded is shown, or one sentence says why there is nothing. Nothing is left behind. */
export function endings(test: Define): void {
  const work = `def work(seconds=1.0):
    import time
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(n * n for n in range(2000))
`;
  const hot = 'sum(n * n';

  /** Must leave a recording in which the line that worked is the hottest. */
  async function recorded(name: string, text: string) {
    const script = await write(`runs ü/${name}`, `${work}${text}`);
    const info = await recordedRun(script);
    const heat = await (await api()).lineHeat(script);
    const at = await lineWith(script, hot);
    assert.equal(heat.reduce((a, b) => (b.share > a.share ? b : a)).line, at);
    return info;
  }

  test('status 3', async () => {
    const info = await recorded('exits.py', 'work()\nraise SystemExit(3)\n');
    assert.equal(info.recording?.exitStatus, 3);
    assert.equal(info.recording?.stoppedBy, 'program');
  });

  test('an exception', async () => {
    const info = await recorded('raises.py', 'work()\nraise ValueError("no")\n');
    assert.equal(info.recording?.exitStatus, 1);
    assert.equal(info.recording?.stoppedBy, 'program');
  });

  test('a syntax error', async () => {
    const script = await write('runs ü/broken.py', 'def f(:\n    pass\n');
    const { info, error } = await runMarked(script);
    if (info) assert.equal(info.recording?.exitStatus, 1);
    else assertSentence(error, /broken\.py.*status 1/);
  });

  test('an empty program', async () => {
    const { info, error } = await runMarked(await write('runs ü/empty.py', ''));
    if (info) assert.equal(info.recording?.exitStatus, 0);
    else assertSentence(error, /empty\.py/);
  });

  test('os._exit', async () => {
    const info = await recorded('leaves.py', 'import os\nwork()\nos._exit(0)\n');
    assert.ok(info.samples > 0);
    assert.equal(info.recording?.exitStatus, 0);
  });

  test('SIGTERM', async () => {
    const info = await recorded('terminates.py', 'import os, signal\nwork()\nos.kill(os.getpid(), signal.SIGTERM)\nwork(30)\n');
    assert.equal(info.recording?.exitStatus, -15);
    assert.equal(info.recording?.stoppedBy, 'signal');
  });

  test('SIGKILL', async () => {
    const info = await recorded('killed.py', 'import os, signal\nwork(2.5)\nos.kill(os.getpid(), signal.SIGKILL)\n');
    assert.notEqual(info.recording?.exitStatus, 0);
    assert.equal(info.recording?.stoppedBy, 'signal');
  });

  test('a fork, of which the parent waits for the child', async () => {
    const text = `import os
child = os.fork()
work(1.5)
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) and 9)
`;
    const info = await recorded('forks.py', text.replace('os._exit(', 'raise SystemExit('));
    assert.equal(info.recording?.exitStatus, 0);
  });

  test('children of subprocess and multiprocessing', async () => {
    const text = `import multiprocessing, subprocess, sys
if __name__ == "__main__":
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout.strip() == "1"
    child = multiprocessing.get_context("spawn").Process(target=work, args=(0.2,))
    child.start()
    child.join()
    work()
    raise SystemExit(child.exitcode)
`;
    const info = await recorded('children.py', text);
    assert.equal(info.recording?.exitStatus, 0);
  });

  test('threads, by their names', async () => {
    const text = `import threading
threads = [threading.Thread(target=work, name="worker-%d" % n) for n in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`;
    const info = await recorded('threads.py', text);
    for (const name of ['worker-0', 'worker-1']) {
      assert.ok(
        info.threads.some((thread) => thread.includes(name)),
        `threads: ${info.threads.join(', ')}`,
      );
    }
  });

  test('a thread that is still running when the program ends', async () => {
    const text = 'import threading\nthreading.Thread(target=work, args=(30,), daemon=True).start()\nwork()\n';
    const info = await recorded('daemon.py', text);
    assert.equal(info.recording?.exitStatus, 0);
  });

  test('output that the terminal has to keep up with', async () => {
    // On a busy machine the printing takes longer than the work.
    const script = await write('runs ü/prints.py', `${work}work()\nfor n in range(20000): print("line", n)\n`);
    const info = await recordedRun(script);
    const at = await lineWith(script, hot);
    assert.ok((await (await api()).lineHeat(script)).some((heat) => heat.line === at && heat.share > 0));
    assert.equal(info.recording?.exitStatus, 0);
  });
}
