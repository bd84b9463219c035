"""A python-socketio client that is told what to do line by line.

Arguments: the server's URL and the transports, separated by commas. Each line of standard input is a JSON array: the
name of an event and its arguments, which is answered by {"answer": ...}; or one of ["/transport"], ["/disconnect"].
What happens to the client is printed as JSON objects, one per line: {"connected": transport}, {"event": name, "args":
[...]}, {"disconnected": true}.
"""

import json
import sys
import threading

import socketio

output = threading.Lock()


def tell(**what):
    with output:
        print(json.dumps(what), flush=True)


class Everything(socketio.ClientNamespace):
    """Hears every event, whatever its name."""

    def trigger_event(self, event, *args):
        if event == "disconnect":
            tell(disconnected=True)
        elif event not in ("connect", "connect_error"):
            tell(event=event, args=args)


def main():
    url, transports = sys.argv[1:]
    client = socketio.Client(reconnection=False)
    client.register_namespace(Everything("/"))
    client.connect(url, transports=transports.split(","), wait_timeout=20)
    tell(connected=client.transport())
    for line in sys.stdin:
        name, *args = json.loads(line)
        if name == "/transport":
            tell(answer=client.transport())
        elif name == "/disconnect":
            client.disconnect()
            return
        else:
            tell(answer=client.call(name, tuple(args), timeout=20))


main()
