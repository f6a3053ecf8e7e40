#!/usr/bin/env python3
"""A fleet of real processes under load that are killed, stopped and paused at random.

    soak.py PROGRAM sqlite|postgres SECONDS SEED

PROGRAM is programs/bank.cpp. Clients call it through Unix sockets and JSON-RPC, some through a
process that stays, the others through those that may die, and repeat what got no answer. What is
demanded, then:
  - an effect of a call with a primary key stands once, and its answer is the same when it is asked
    for again;
  - an acknowledged call without a key has its effect once, and those of one sender in their order;
  - two calls of an instance that were answered did not run at the same time;
  - an item of a persisted stream comes once and in order;
  - every process ends by itself when it is told to.
The seed chooses what happens to whom and when; what the machine makes of it is another thing each
time. Ends with 1 when something was wrong.
"""
import asyncio
import collections
import contextlib
import json
import os
import pwd
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNNERS = 4
WORKERS = 36
ACCOUNTS = 25
TABLES = ["CREATE TABLE effects (account TEXT, name TEXT, amount BIGINT{order})",
          "CREATE TABLE notes (account TEXT, sender BIGINT, number BIGINT{order})"]


class Sqlite:
    has_server = False

    def __init__(self, folder):
        self.place = str(folder / "bank.db")
        for table in TABLES:
            self.ask(table.format(order=""))

    def ask(self, text):
        with contextlib.closing(sqlite3.connect(self.place, timeout=30)) as base:
            with base:
                return base.execute(text).fetchall()

    def rows(self, columns, table):
        return self.ask(f"SELECT {columns} FROM {table} ORDER BY rowid")

    def end(self):
        pass


class Postgres:
    has_server = True

    def __init__(self, folder):
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"),
                               key=lambda path: int(path.parent.name))[-1]
        self.owner = {}
        if os.getuid() == 0:
            who = pwd.getpwnam("postgres")
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self.owner = {"user": "postgres", "group": who.pw_gid, "extra_groups": []}
        self.run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "bank", "--no-sync")
        self.start()
        for table in TABLES:
            self.ask(table.format(order=", place BIGSERIAL"))
        self.place = f"postgresql://bank@/postgres?host={self.folder}"

    def run(self, program, *words):
        return subprocess.run([self.programs / program, *map(str, words)], check=True, cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              **self.owner).stdout

    def control(self, *words):
        # What it starts must not keep our pipes.
        subprocess.run([self.programs / "pg_ctl", "-D", self.folder / "data", "-w", *words],
                       check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       **self.owner)

    def start(self):
        settings = f"-c listen_addresses='' -k {self.folder} -c max_connections=200"
        self.control("-o", settings, "-l", str(self.folder / "log"), "start")

    def stop(self, how):
        self.control("-m", how, "stop")

    def ask(self, text):
        said = self.run("psql", "-h", self.folder, "-U", "bank", "-d", "postgres", "-AtXc", text)
        return [line.split("|") for line in said.splitlines()]

    def rows(self, columns, table):
        return self.ask(f"SELECT {columns} FROM {table} ORDER BY place")

    def cut_connections(self):
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                 "pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5")

    def end(self):
        self.stop("fast")


class Fleet:
    """The processes; each has a socket and a log in the folder."""

    def __init__(self, program, folder, store):
        self.program, self.folder, self.store = program, folder, store
        self.all = {}
        self.runners = [self.start("runner") for _ in range(RUNNERS)]
        self.clients = [self.start("client") for _ in range(2)]
        self.steady = self.start("client")

    def start(self, kind):
        name = str(self.folder / f"{kind}-{len(self.all)}")
        flags = ["--client-only"] if kind == "client" else \
            ["--runner", "127.0.0.1:0"] if self.store.has_server else []
        with open(name + ".log", "w", encoding="utf-8") as log:
            self.all[name] = subprocess.Popen(
                [self.program, "serve", "--socket", name + ".sock", "--store", self.store.place,
                 *flags], stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "BANK_LOG": str(self.folder / "live")})
        return name

    def end(self, wrong):
        left = {name: one for name, one in self.all.items() if one.poll() is None}
        for one in left.values():
            one.send_signal(signal.SIGCONT)
            one.send_signal(signal.SIGTERM)
        until = time.monotonic() + 60
        for name, one in left.items():
            try:
                one.wait(max(1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                wrong.append(f"{name} does not end")
                one.kill()


class Refused(Exception):
    """The app has answered with an error."""


class Line:
    """A connection to one of the processes."""

    def __init__(self):
        self.reader = self.writer = None
        self.number = 0

    async def open(self, socket):
        self.close()
        opening = asyncio.open_unix_connection(socket, limit=1 << 22)
        self.reader, self.writer = await asyncio.wait_for(opening, 5)

    def close(self):
        if self.writer is not None:
            self.writer.close()

    async def call(self, method, params, items=None):
        self.number += 1
        asked = {"jsonrpc": "2.0", "id": self.number, "method": "account." + method,
                 "params": params, "timeout_ms": 20_000}
        self.writer.write((json.dumps(asked) + "\n").encode())
        until = time.monotonic() + 30
        while True:
            text = await asyncio.wait_for(self.reader.readline(), until - time.monotonic())
            if not text:
                raise ConnectionError("the process has ended")
            said = json.loads(text)
            if said.get("method") == "stream.item" and said["params"]["id"] == self.number:
                items.append(said["params"]["item"])
            elif said.get("id") == self.number and "error" in said:
                raise Refused(said["error"]["message"])
            elif said.get("id") == self.number:
                return said["result"]


class Worker:
    """Calls one thing after the other, and keeps what it was told."""

    def __init__(self, number, fleet, chance, seen):
        self.number, self.fleet, self.chance, self.seen = number, fleet, chance, seen
        self.line = Line()

    async def connect(self):
        while True:
            others = self.fleet.clients + self.fleet.runners
            name = self.fleet.steady if self.number % 3 == 0 else self.chance.choice(others)
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                return await self.line.open(name + ".sock")
            await asyncio.sleep(0.1)

    async def once(self, method, params, items=None):
        """The answer, or nothing where there was none."""
        try:
            return await self.line.call(method, params, items), True
        except Refused as why:
            self.seen.failures[f"{method}: {str(why)[:90]}"] += 1
        except (OSError, asyncio.TimeoutError) as why:
            self.seen.failures[f"{method}: {type(why).__name__}"] += 1
            await self.connect()
        return None, False

    async def until_answered(self, method, params):
        began = time.monotonic()
        while time.monotonic() - began < 120:
            answer, is_there = await self.once(method, params)
            if is_there:
                return answer
            await asyncio.sleep(0.05)
        self.seen.wrong.append(f"{method} {params} has no answer after two minutes")
        return None

    async def run(self):
        await self.connect()
        step = 0
        while not self.seen.is_over:
            step += 1
            account = f"a{self.chance.randrange(ACCOUNTS)}"
            what = self.chance.choices([self.deposit, self.work, self.note, self.live, self.count],
                                       [35, 15, 20, 20, 10])[0]
            await what(account, f"{self.number}-{step}", step)

    async def deposit(self, account, key, _):
        asked = {"entity_id": account, "order": key, "amount": self.chance.randrange(100)}
        answer = await self.until_answered("deposit", asked)
        self.seen.deposits[account, key] = answer
        if self.chance.random() < 0.2:
            again = await self.until_answered("deposit", asked)
            if again != answer:
                self.seen.wrong.append(f"deposit {key}: {answer}, then {again}")

    async def work(self, account, key, _):
        ms = self.chance.choice([0, 1, 5, 50])
        await self.until_answered("work", {"entity_id": account, "key": key, "ms": ms})

    async def note(self, account, _, step):
        asked = {"entity_id": account, "sender": self.number, "number": step}
        _, is_there = await self.once("note", asked)
        self.seen.notes[account, self.number][step] = is_there

    async def live(self, account, key, _):
        ms = self.chance.choice([0, 2, 10])
        answer, is_there = await self.once("live", {"entity_id": account, "key": key, "ms": ms})
        if is_there:
            self.seen.lives[key, answer["process"]] = account

    async def count(self, account, key, _):
        last = self.chance.choice([0, 5, 30])
        items = []
        _, is_whole = await self.once("count", {"entity_id": f"{account} {key}", "last": last},
                                      items)
        if items != list(range(last if is_whole else len(items))):
            self.seen.wrong.append(f"stream {key} of {last}: {items}")


class Seen:
    def __init__(self):
        self.is_over = False
        self.wrong = []
        self.failures = collections.Counter()
        self.deposits = {}
        self.notes = collections.defaultdict(dict)
        self.lives = {}
        self.faults = collections.Counter()

    def judge(self, store, live):
        """Holds what clients were told against what stands there."""
        effects = collections.Counter(
            tuple(row) for row in store.rows("account, name", "effects"))
        self.wrong += [f"deposit {key} stands {effects[key]} times"
                       for key in self.deposits.keys() | effects.keys() if effects[key] != 1]
        stored = collections.defaultdict(list)
        for account, sender, number in store.rows("account, sender, number", "notes"):
            stored[account, int(sender)].append(int(number))
        for key, sent in self.notes.items():
            there = stored[key]
            told = [number for number in there if sent.get(number)]
            if told != [number for number, is_told in sent.items() if is_told]:
                self.wrong.append(f"notes {key}: {there}")
            if len(set(there)) != len(there):
                self.wrong.append(f"notes {key} twice: {there}")
        runs = collections.defaultdict(list)
        for line in live.read_text(encoding="utf-8").splitlines():
            account, key, process, began, ended = line.split()
            if (key, int(process)) in self.lives:
                runs[account].append((int(began), int(ended), key))
        if sum(map(len, runs.values())) != len(self.lives):
            self.wrong.append("calls were answered that did not run")
        for account, all_of_them in runs.items():
            all_of_them.sort()
            self.wrong += [f"{account}: {one} and {other} ran at the same time"
                           for one, other in zip(all_of_them, all_of_them[1:])
                           if other[0] < one[1]]


class Faults:
    """What happens to the processes and the server."""

    def __init__(self, fleet, chance, seen):
        self.fleet, self.chance, self.seen = fleet, chance, seen
        self.ending = set()
        self.tasks = set()

    def beside(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def run(self):
        kinds = [self.kill] * 4 + [self.terminate] * 3 + [self.pause] * 3 + [self.kill_client] * 2
        if self.fleet.store.has_server:
            kinds += [self.restart_server] * 2 + [self.cut]
        while not self.seen.is_over:
            await asyncio.sleep(self.chance.uniform(0.3, 2.5))
            what = self.chance.choice(kinds)
            self.seen.faults[what.__name__] += 1
            await what()

    async def kill(self):
        self.replace(signal.SIGKILL)

    async def terminate(self):
        self.replace(signal.SIGTERM)

    def replace(self, how):
        at = self.chance.randrange(RUNNERS)
        name = self.fleet.runners[at]
        self.fleet.all[name].send_signal(how)
        if name not in self.ending:
            self.ending.add(name)
            self.beside(self.renew(at, name, self.chance.uniform(0, 3)))

    async def renew(self, at, name, after):
        await asyncio.sleep(after)
        ending = asyncio.get_running_loop().run_in_executor(None, self.fleet.all[name].wait)
        try:
            await asyncio.wait_for(ending, 60)
        except asyncio.TimeoutError:
            self.seen.wrong.append(f"{name} does not end")
            self.fleet.all[name].kill()
        self.fleet.runners[at] = self.fleet.start("runner")

    async def pause(self):
        one = self.fleet.all[self.chance.choice(self.fleet.runners)]
        one.send_signal(signal.SIGSTOP)
        self.beside(self.go_on(one, self.chance.choice([0.2, 1, 2.5, 4, 7])))

    async def go_on(self, one, after):
        await asyncio.sleep(after)
        one.send_signal(signal.SIGCONT)

    async def kill_client(self):
        at = self.chance.randrange(len(self.fleet.clients))
        one = self.fleet.all[self.fleet.clients[at]]
        one.kill()
        one.wait()
        self.fleet.clients[at] = self.fleet.start("client")

    async def cut(self):
        self.fleet.store.cut_connections()

    async def restart_server(self):
        loop = asyncio.get_running_loop()
        how = self.chance.choice(["fast", "immediate"])
        await loop.run_in_executor(None, self.fleet.store.stop, how)
        await asyncio.sleep(self.chance.choice([0, 1, 4]))
        await loop.run_in_executor(None, self.fleet.store.start)


async def play(fleet, chance, seen, seconds):
    await asyncio.sleep(3)
    workers = [asyncio.create_task(Worker(number, fleet, chance, seen).run())
               for number in range(WORKERS)]
    faults = Faults(fleet, chance, seen)
    happening = asyncio.create_task(faults.run())
    await asyncio.sleep(seconds)
    seen.is_over = True
    await happening
    if faults.tasks:
        await asyncio.wait(faults.tasks, timeout=70)
    _, late = await asyncio.wait(workers, timeout=150)
    seen.wrong += [f"{len(late)} workers do not end"] if late else []
    for one in workers:
        if one.done() and one.exception() is not None:
            seen.wrong.append(f"a worker ended in {one.exception()!r}")


def main(argv):
    program, engine, seconds, seed = argv[1], argv[2], float(argv[3]), int(argv[4])
    folder = Path(tempfile.mkdtemp(prefix="pando-soak-"))
    folder.chmod(0o755)  # the server's user goes through it
    store = {"sqlite": Sqlite, "postgres": Postgres}[engine](folder)
    chance, seen = random.Random(seed), Seen()
    fleet = Fleet(os.path.abspath(program), folder, store)
    try:
        asyncio.run(play(fleet, chance, seen, seconds))
    finally:
        fleet.end(seen.wrong)
    seen.judge(store, folder / "live")
    store.end()
    print(f"{len(seen.deposits)} deposits, {sum(map(len, seen.notes.values()))} notes, "
          f"{len(seen.lives)} volatile calls; {dict(seen.faults)}")
    for what, times in seen.failures.most_common(8):
        print(f"  {times} times {what}")
    for what in seen.wrong[:40]:
        print(f"WRONG: {what}")
    if seen.wrong:
        print(f"soak: {len(seen.wrong)} things are wrong; logs and data are in {folder}")
        return 1
    subprocess.run(["rm", "-rf", folder], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
