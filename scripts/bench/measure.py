"""Runs a command and prints what it and all its descendants took, as JSON on the last line of stderr.

    python3 measure.py COMMAND [ARG ...]

`wall`: seconds until the command ended. `cpu`: processor seconds. `peak`: the largest sum of the resident memory (RSS)
of all processes, looked at five times a second; memory that processes share counts once for each. `others`: processor
seconds that the rest of the machine took meanwhile. `status`: exit code.

Linux: this process becomes the subreaper of its descendants (prctl(2)), so those that detach themselves stay below it.
When the command has ended, they are killed, and counted. All get the same two processors. Elsewhere only `wall` and
`status` are known, and the others are null.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
PROCESSORS = 2


def read(path):
    """The text of a file of a process; empty when the process has ended."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def descendants(root):
    """The ids of all processes below `root`."""
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = read(f"/proc/{pid}/stat")
        if stat:
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(pid))
    found, pending = [], [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def resident(pids):
    """Bytes of resident memory."""
    statm = [read(f"/proc/{pid}/statm").split() for pid in pids]
    return sum(int(fields[1]) for fields in statm if fields) * os.sysconf("SC_PAGE_SIZE")


def machine_busy():
    """Processor seconds of the whole machine since it started, without waiting."""
    user, nice, system, _idle, _iowait, irq, softirq = map(int, read("/proc/stat").split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def watch(ended, seen):
    while not ended.wait(0.2):
        seen.append(resident(descendants(os.getpid())))


def reap_all():
    """Kills what is left, and waits for it, so that its processor time is counted."""
    while True:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def measure_tree(command):
    """Of the command and all processes below it. Linux."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    ended, seen = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(ended, seen))
    busy, start = machine_busy(), time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    watcher.start()
    _, status = os.waitpid(child, 0)
    wall, busy = time.monotonic() - start, machine_busy() - busy
    ended.set()
    watcher.join()
    reap_all()
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu = below.ru_utime + below.ru_stime
    others = max(0, busy - cpu - own.ru_utime - own.ru_stime)
    return {"wall": wall, "cpu": cpu, "peak": max(seen), "others": others, "status": os.waitstatus_to_exitcode(status)}


def measure_wall(command):
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    return {"wall": time.monotonic() - start, "cpu": None, "peak": None, "others": None, "status": status}


def main():
    measure = measure_tree if sys.platform == "linux" else measure_wall
    print(json.dumps(measure(sys.argv[1:])), file=sys.stderr)


main()
