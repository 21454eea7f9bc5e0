"""Where programs hatch: `python -m tests.driver.nest FD` imports them once and forks each process that is asked for.

It is the other end of `processes.py`. What hatches is a process of its own, with its own number, files, environment and
end, and it does all that `python -m MODULE` does but the imports. The nest has one thread and opens nothing before a fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
from typing import Any

LONGEST = 1 << 20  # bytes of one order


class Hatched(Exception):
    """We are the new process; holds its order."""


class Nest:
    """Takes orders from the socket until its other end is closed."""

    def __init__(self, orders: socket.socket) -> None:
        self.orders = orders
        self.alive: dict[int, int] = {}  # process -> where its status is awaited
        self.woken, waker = socket.socketpair()
        self.waker = waker
        for end in (self.woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno())

    def run(self) -> None:
        """Raises Hatched in each new process."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.orders, selectors.EVENT_READ)
            ready.register(self.woken, selectors.EVENT_READ)
            while True:
                asked = [key.fileobj for key, _ in ready.select()]
                if self.woken in asked:
                    self.woken.recv(4096)
                    self.reap()
                if self.orders in asked and not self.hatch(ready):
                    return

    def reap(self) -> None:
        """Passes on the status of every process that ended."""
        while self.alive:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            awaited = self.alive.pop(process)
            os.write(awaited, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(awaited)

    def hatch(self, ready: selectors.BaseSelector) -> bool:
        """One order. False when there will be no more."""
        text, files, _, _ = socket.recv_fds(self.orders, LONGEST, 4)
        if not text:
            return False
        order = json.loads(text)
        self.prepare(order["imports"])
        process = os.fork()
        if not process:
            ready.close()
            self.become(order, files)
        *streams, awaited = files
        for stream in streams:
            os.close(stream)
        self.alive[process] = awaited
        self.orders.send(str(process).encode())
        return True

    def prepare(self, modules: list[str]) -> None:
        if not sys.modules.keys() >= set(modules):
            for name in modules:
                importlib.import_module(name)
            gc.collect()
            gc.freeze()  # what was imported stays: nobody needs to look through it at the end, which would copy it first
        assert threading.active_count() == 1  # a fork would lose the others

    def become(self, order: dict[str, Any], files: list[int]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self.orders, self.woken, self.waker):
            end.close()
        for awaited in (*self.alive.values(), files[3]):
            os.close(awaited)
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
            os.close(file)
        raise Hatched(order)


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        orders.set_inheritable(False)
        try:
            Nest(orders).run()
            return
        except Hatched as hatched:
            (order,) = hatched.args
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
