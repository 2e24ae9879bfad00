"""A real ipykernel behind lines of JSON: {"op": "execute", "id", "code"} and {"op": "interrupt"} in, outputs and ends out."""

import json
import queue
import signal
import sys
import threading

from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel()
waiting = queue.Queue()


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def work():
    while True:
        request = waiting.get()
        number = request["id"]

        def hear(message):
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                say(id=number, type="text", text=content["text"])
            elif kind == "execute_result":
                say(id=number, type="text", text=content["data"]["text/plain"])
            elif kind == "error":
                say(id=number, type="error", name=content["ename"], message=content["evalue"])

        reply = client.execute_interactive(request["code"], output_hook=hear)
        say(id=number, type="done", ok=reply["content"]["status"] == "ok")


def end(*_):
    manager.shutdown_kernel(now=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, lambda *_: end())
threading.Thread(target=work, daemon=True).start()
for line in sys.stdin:
    message = json.loads(line)
    if message["op"] == "interrupt":
        manager.interrupt_kernel()
    elif message["op"] == "look":
        # Nobody answers any more: this ends as well, and so does the cell.
        if not manager.is_alive():
            sys.exit(1)
    else:
        waiting.put(message)
end()
