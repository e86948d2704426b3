#!/usr/bin/env python3
"""Relay bench: loopback SMTP load against named targets, interleaved, with ratios against a base target.

  bench.py --set quick|standard|full --targets postfix,custom [--base postfix] [--only accept,drain,...]
Needs: Linux, root, cc, make, python3 (and apt for Postfix). See ../README.md.
"""
import argparse, atexit, json, os, random, shutil, signal, socket, statistics, struct, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
REC = struct.Struct('<IIQII')      # run, seq, t_ns, bytes, conn
SETS = {   # T: seconds of load a run; cells: (size, sessions, messages per connection; 0 = no limit)
    'quick': dict(budget=90, T=1.0, reps=2, cells=[(4096, 10, 1), (4096, 10, 0)], drain=600, drain_reps=1, drain_far=0,
                  backlog=600, restart_wait=2, latency=(30, 20), idle=1, kills=1, recover=0),
    'standard': dict(budget=600, T=1.5, reps=3, cells=[(s, k, p) for s, k in ((4096, 1), (4096, 10), (4096, 50), (20480, 10), (102400, 10)) for p in (1, 0)],
                     drain=4000, drain_reps=2, drain_far=1000, backlog=10000, restart_wait=4, latency=(100, 20), idle=4, kills=2, recover=0),
    'full': dict(budget=10**6, T=2.0, reps=5, cells=[(s, k, p) for s in (4096, 20480, 102400) for k in (1, 10, 50) for p in (1, 0)],
                 drain=20000, drain_reps=5, drain_far=5000, backlog=100000, restart_wait=30, latency=(200, 10), idle=10, kills=5, recover=600),
}
KEY = {    # scenario -> (metric, unit, higher is better); the ratio table shows these
    'accept': [('accept_per_s', 'msg/s', 1), ('relay_per_s', 'msg/s', 1), ('ms_p50', 'ms', 0), ('ms_p99', 'ms', 0), ('cpu_ms_per_msg', 'ms', 0)],
    'drain': [('accept_down_per_s', 'msg/s', 1), ('drain_per_s', 'msg/s', 1), ('first_ms', 'ms', 0), ('cpu_ms_per_msg', 'ms', 0)],
    'drain_far': [('drain_per_s', 'msg/s', 1), ('conns', '', 0)],
    'backlog': [('fill_per_s', 'msg/s', 1), ('pss_mb', 'MB', 0), ('accept_per_s', 'msg/s', 1), ('accept_vs_empty', 'x', 1), ('list_s', 's', 0), ('restart_accept_s', 's', 0),
                ('restart_fresh_s', 's', 0), ('restart_backlog_first_s', 's', 0), ('restart_idle_cpu_s', 's', 0), ('disk_mb', 'MB', 0), ('flush_drain_per_s', 'msg/s', 1)],
    'latency': [('hop_ms_p50', 'ms', 0), ('hop_ms_p99', 'ms', 0), ('ack_ms_p50', 'ms', 0), ('ack_ms_p99', 'ms', 0)],
    'idle': [('pss_mb', 'MB', 0), ('rss_mb', 'MB', 0), ('wakeups_per_s', '1/s', 0), ('cpu_ms_per_s', 'ms/s', 0), ('processes', '', 0), ('cold_start_s', 's', 0)],
    'ceiling': [('share', 'of 1', 1), ('share_bare', 'of 1', 1), ('message_ms', 'ms', 0), ('in_memory_ms', 'ms', 0), ('bare_ms', 'ms', 0), ('sync_ms', 'ms', 0)],
    'kill9': [('lost', '', 0), ('duplicated', '', 0), ('back_s', 's', 0), ('acked', '', 1)],
    'recover': [('first_s', 's', 0), ('all_s', 's', 0)],
}

def sh(cmd, env=None, timeout=600, out=subprocess.PIPE):
    return subprocess.run(cmd, env=env, stdout=out, stderr=subprocess.PIPE, timeout=timeout, text=True)

class Sink:
    def __init__(self, work, port):
        self.port, self.stats, self.log, self.p = port, f'{work}/sink{port}.stats', f'{work}/sink{port}.log', None
    def start(self, **kw):
        if self.p: return
        args = [f'{TOOLS}/smtpsink', '--port', str(self.port), '--stats', self.stats, '--log', self.log, '--chunking', '1']
        for k, v in kw.items(): args += ['--' + k.replace('_', '-'), str(v)]
        self.p = subprocess.Popen(args)
        for _ in range(200):
            try: socket.create_connection(('127.0.0.1', self.port), 1).close(); return
            except OSError: time.sleep(.01)
        raise RuntimeError('sink did not start')
    def stop(self):
        if self.p: self.p.send_signal(signal.SIGTERM); self.p.wait(10); self.p = None
    def get(self):
        try: return dict(zip(('count', 'bytes', 'conns', 'open', 'first', 'last', 'rejected', 'maxopen'), struct.unpack('<8Q', open(self.stats, 'rb').read(64))))
        except Exception: return dict.fromkeys(('count', 'bytes', 'conns', 'open', 'first', 'last', 'rejected', 'maxopen'), 0)
    def every(self):
        d = open(self.log, 'rb').read() if os.path.exists(self.log) else b''
        return REC.iter_unpack(d[:len(d) // REC.size * REC.size])
    def arrivals(self, run): return [r for r in self.every() if r[0] == run]
    def others(self, run): return [r for r in self.every() if r[0] != run]
    def forget(self):
        if not self.p and os.path.exists(self.log): os.unlink(self.log)

def taken(port):
    try: socket.create_connection(('127.0.0.1', port), 1).close(); return True
    except OSError: return False

def banner(port, timeout=3.0):
    try:
        with socket.create_connection(('127.0.0.1', port), timeout) as s:
            s.settimeout(timeout); return s.recv(512).startswith(b'220')
    except OSError: return False

class Target:
    def __init__(self, name, i, work):
        self.name, self.port, self.wd = name, 25100 + OFFSET + i, f'{work}/{name}'
        self.sink = Sink(work, 25300 + OFFSET + i)
        self.env = dict(os.environ, WD=self.wd, PORT=str(self.port), SINK_PORT=str(self.sink.port))
        self.adapter = f'{HERE}/adapters/{name}.sh'
        if not os.path.exists(self.adapter): sys.exit(f'no adapter {self.adapter}')
        self.up = False
    def verb(self, v, timeout=600, out=subprocess.PIPE, **env): return sh(['bash', self.adapter, v], dict(self.env, **env), timeout, out)
    def fresh(self):
        self.stop(); shutil.rmtree(self.wd, ignore_errors=True); os.makedirs(self.wd); return self.start(FRESH='1')
    def start(self, **env):
        t = time.monotonic()
        with open(f'{self.wd}/adapter.log', 'a') as f:      # not a pipe: daemons keep it open
            subprocess.run(['bash', self.adapter, 'start'], env=dict(self.env, **env), stdin=subprocess.DEVNULL, stdout=f, stderr=f, timeout=60)
        self.up = True
        while not banner(self.port):
            if time.monotonic() - t > 120: raise RuntimeError(f'{self.name} does not greet on {self.port}; see {self.wd}')
            time.sleep(.005)
        return time.monotonic() - t
    def stop(self):
        if self.up: self.verb('stop', 120); self.up = False
    def pids(self): return [int(x) for x in self.verb('pids').stdout.split()]
    def queue(self):
        o = self.verb('queue').stdout.split(); return int(o[-1]) if o else -1
    def strays(self):                                        # ours that left the tree: their working folder is below wd
        r = []
        for p in os.listdir('/proc'):
            if p.isdigit():
                try:
                    if (os.readlink(f'/proc/{p}/cwd') + '/').startswith(self.wd + '/'): r.append(int(p))
                except OSError: pass
        return r
    def kill9(self):                                         # freeze the parents first, or a child forked in between survives
        n, dead = set(), time.monotonic() + 10
        for sig in (signal.SIGSTOP, signal.SIGKILL):
            while time.monotonic() < dead:
                p = [x for x in dict.fromkeys(self.pids() + self.strays()) if sig == signal.SIGKILL or x not in n]
                if not p: break
                for x in p:
                    try: os.kill(x, sig); n.add(x)
                    except OSError: pass
                time.sleep(.01)
        self.up = False; return len(n)
    def cpu(self):                                           # seconds used by the live tree and the children it has reaped
        s = 0
        for p in self.pids():
            try: s += sum(int(x) for x in open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[11:15])
            except OSError: pass
        return s / os.sysconf('SC_CLK_TCK')
    def memory(self):
        pss = rss = n = 0
        for p in self.pids():
            try:
                for l in open(f'/proc/{p}/smaps_rollup'):
                    if l.startswith('Pss:'): pss += int(l.split()[1])
                    elif l.startswith('Rss:'): rss += int(l.split()[1])
                n += 1
            except OSError: pass
        return pss / 1024, rss / 1024, n
    def switches(self):
        s = 0
        for p in self.pids():
            try:
                for t in os.listdir(f'/proc/{p}/task'):
                    s += sum(int(l.split()[1]) for l in open(f'/proc/{p}/task/{t}/status') if 'ctxt_switches' in l)
            except OSError: pass
        return s
    def load(self, run, *, size=4096, sessions=10, per_conn=1, messages=0, seconds=0, **kw):
        a = [f'{TOOLS}/smtpload', '--port', self.port, '--size', size, '--sessions', sessions, '--per-conn', per_conn, '--run', run]
        if messages: a += ['--messages', messages]
        if seconds: a += ['--seconds', seconds]
        for k, v in kw.items(): a += ['--' + k.replace('_', '-'), v]
        r = sh([str(x) for x in a], timeout=1800)
        if not r.stdout: raise RuntimeError(f'smtpload: {r.stderr}')
        return json.loads(r.stdout)
    def drained(self, want, stall=15, limit=600):            # wait until the sink has `want` messages in all
        last, t, t0 = -1, time.monotonic(), time.monotonic()
        while True:
            n = self.sink.get()['count']
            if n >= want: return True
            if n != last: last, t = n, time.monotonic()
            if time.monotonic() - t > stall or time.monotonic() - t0 > limit: return False
            time.sleep(.02)
    def settle(self, limit=120):                             # until the target's own CPU use dies down
        t0 = time.monotonic(); a = self.cpu()
        while time.monotonic() - t0 < limit:
            time.sleep(1); b = self.cpu()
            if b - a < .05: return
            a = b

def busy():                                                  # machine-wide CPU seconds
    v = [int(x) for x in open('/proc/stat').readline().split()[1:9]]
    return (sum(v) - v[3] - v[4]) / os.sysconf('SC_CLK_TCK')

def disk_ms():                                               # ms the disks were busy
    return sum(int(l.split()[12]) for l in open('/proc/diskstats') if not l.split()[2].startswith(('loop', 'ram')) and not l.split()[2][-1:].isdigit())

def quiet(limit):                                            # a shared machine: wait for a lull; returns how busy it was just before the run (0..1, CPU or disk)
    end = time.monotonic() + limit
    while True:
        b, d, t = busy(), disk_ms(), time.monotonic(); time.sleep(.15); w = time.monotonic() - t
        n = max((busy() - b) / w / os.cpu_count(), (disk_ms() - d) / 1000 / w)
        if n < .12 or time.monotonic() > end: return round(n, 2)

class Bench:
    def __init__(self, a, targets, cfg):
        self.noise = 0.; self.a, self.targets, self.c, self.rows, self.run = a, targets, cfg, [], random.randrange(1, 1 << 20) * 1000
        self.t0 = time.monotonic(); self.out = open(a.out, 'a') if a.out else None
    def left(self): return self.c['budget'] - (time.monotonic() - self.t0)
    def next(self): self.noise = quiet(dict(quick=.5, standard=1, full=4)[self.a.set]); self.run += 1; return self.run
    def row(self, scenario, cell, t, **m):
        r = dict(scenario=scenario, cell=cell, target=t.name, noise=self.noise, **{k: round(v, 4) if isinstance(v, float) else v for k, v in m.items()})
        self.rows.append(r)
        if self.out: self.out.write(json.dumps(r) + '\n'); self.out.flush()
        if self.a.verbose: print('#', json.dumps(r), file=sys.stderr, flush=True)
    def rounds(self, n, floor, order=True):                  # yields (rep, targets in turn); stops early when the budget is short
        took = 0
        for i in range(n):
            if i and self.left() - took < floor: return
            t = time.monotonic(); yield i, self.targets if i % 2 == 0 or not order else self.targets[::-1]; took = time.monotonic() - t

    def idle(self):
        for t in self.targets:
            cold = t.fresh(); t.sink.start(); r = self.next(); want = t.sink.get()['count'] + 50
            t.load(r, messages=50, sessions=5); t.drained(want, stall=5); time.sleep(1)
            T = self.c['idle']; s, c = t.switches(), t.cpu(); time.sleep(T); s, c = t.switches() - s, t.cpu() - c
            pss, rss, n = t.memory()
            self.row('idle', '', t, pss_mb=pss, rss_mb=rss, processes=n, wakeups_per_s=s / T, cpu_ms_per_s=c * 1000 / T, cold_start_s=cold)
    def latency(self):
        n, rate = self.c['latency']
        for t in self.targets: self.warm(t)
        for i, ts in self.rounds(1 if self.a.set != 'full' else 3, 200 if self.a.set == 'standard' else 0):
            for t in ts:
                for pc, name in ((1, 'conn'),):
                    r = self.next(); acks = f'{self.a.work}/acks'; want = t.sink.get()['count'] + n
                    j = t.load(r, messages=n, sessions=4, per_conn=pc, rate=rate, acks=acks); t.drained(want, stall=10); time.sleep(.6)
                    at = {x[1]: x[2] for x in t.sink.arrivals(r)}; ack = {x[1]: x[2] for x in REC.iter_unpack(open(acks, 'rb').read())}
                    hop = sorted((at[k] - ack[k]) / 1e6 for k in ack if k in at)
                    if hop: self.row('latency', name, t, hop_ms_p50=hop[len(hop) // 2], hop_ms_p99=hop[int((len(hop) - 1) * .99)], hop_ms_max=hop[-1], ack_ms_p50=j['ms_p50'], ack_ms_p99=j['ms_p99'], n=len(hop))
    def warm(self, t):
        if not t.up: t.fresh()
        t.sink.start(); w = t.sink.get()['count']; j = t.load(self.next(), seconds=.5, sessions=10, per_conn=0); t.drained(w + j['acked'], stall=10)
    def accept(self):
        for t in self.targets: self.warm(t)
        for cell in self.c['cells']:
            size, k, pc = cell
            for i, ts in self.rounds(self.c['reps'], self.c['budget'] * .62 if self.a.set != 'full' else 0):
                for t in ts:
                    r = self.next(); s0 = t.sink.get(); c0, b0 = t.cpu(), busy()
                    j = t.load(r, size=size, sessions=k, per_conn=pc, seconds=self.c['T'])
                    ok = t.drained(s0['count'] + j['acked'], stall=6 if self.a.set == 'quick' else 10, limit=self.a.drain_wait); s1 = t.sink.get(); n = s1['count'] - s0['count']
                    self.row('accept', f'{size // 1024}k s{k} {"conn" if pc == 1 else "sess"}', t, accept_per_s=j['per_s'], relay_per_s=n / max(1e-9, (s1['last'] - j['t_start']) / 1e9) if n else 0., ms_p50=j['ms_p50'], ms_p99=j['ms_p99'],
                             ms_max=j['ms_max'], acked=j['acked'], rejected=j['rejected'], broken=j['broken'], cpu_ms_per_msg=(t.cpu() - c0) * 1000 / max(1, j['acked']), machine_ms_per_msg=(busy() - b0) * 1000 / max(1, j['acked']), gen_cpu_s=j['gen_cpu_s'], undelivered=j['acked'] - n)
                    if not ok: t.fresh(); self.warm(t)
    def ceiling(self):                                       # one client, a connection a message: how near to its time with nothing stored on a disk, plus one sync of the disk?
        for i, t in enumerate(self.targets):
            m = Target(t.name, 50 + i, f'/dev/shm/postroom-bench{OFFSET}'); os.makedirs(os.path.dirname(m.sink.stats), exist_ok=True)
            one = lambda x: 1000 / x.load(self.next(), sessions=1, per_conn=1, seconds=self.c['T'])['per_s']
            try:
                self.warm(t); self.warm(m); one(t); one(m)
                for _ in range(self.c['reps']):
                    a = [f'{TOOLS}/smtpload', '--port', str(t.sink.port), '--size', '4096', '--sessions', '1', '--per-conn', '1', '--seconds', str(self.c['T']), '--run', str(self.next())]
                    bare = 1000 / json.loads(sh(a).stdout)['per_s']; memory = one(m); ms = one(t)
                    disk = json.loads(sh([f'{TOOLS}/disklimit', f'{self.a.work}/disk', 'appendp', '1', '4096', str(self.c['T'])]).stdout)['mean_latency_ms']
                    self.row('ceiling', '4k s1 conn', t, message_ms=ms, in_memory_ms=memory, sync_ms=disk, bare_ms=bare, share=(memory + disk) / ms, share_bare=(bare + disk) / ms)
            finally: m.stop(); m.sink.stop(); shutil.rmtree(f'/dev/shm/postroom-bench{OFFSET}', ignore_errors=True)
    def drain(self, scenario='drain', n=None, reps=None, **sink):
        n = n or self.c['drain']
        for i, ts in self.rounds(reps or self.c['drain_reps'], self.c['budget'] * .33 if self.a.set != 'full' else 0):
            for t in ts:
                t.sink.stop(); t.sink.forget(); t.fresh(); r = self.next()
                j = t.load(r, messages=n, sessions=10, per_conn=0); t.settle(30 if self.a.set == 'quick' else 120)
                q = t.queue(); t.sink.start(**sink); c0 = t.cpu(); f0 = time.monotonic_ns()
                t.verb('flush', out=subprocess.DEVNULL); ok = t.drained(j['acked'], stall=20, limit=400); s = t.sink.get(); time.sleep(.5)
                a = sorted(x[2] for x in t.sink.arrivals(r)); m = len(a)
                mid = .8 * m / max(1e-9, (a[int(m * .9) - 1] - a[int(m * .1)]) / 1e9) if m > 20 else 0.
                self.row(scenario, f'{n}', t, accept_down_per_s=j['per_s'], queued=q, drain_per_s=m / max(1e-9, (a[-1] - f0) / 1e9) if m else 0., drain_mid_per_s=mid, first_ms=(a[0] - f0) / 1e6 if m else -1., delivered=m, acked=j['acked'],
                         complete=int(ok), cpu_ms_per_msg=(t.cpu() - c0) * 1000 / max(1, m), conns=s['conns'], max_conns=s['maxopen'])
                t.stop(); t.sink.stop()
    def drain_far(self):                                     # the upstream answers every command 20 ms late
        if self.c['drain_far']: self.drain('drain_far', self.c['drain_far'], 1 if self.a.set == 'standard' else 3, delay_ms=20)
    def backlog(self):
        n = self.c['backlog']
        for t in self.targets:
            t.sink.stop(); t.sink.forget(); t.fresh(); r = self.next()
            empty = [t.load(self.next(), seconds=1, sessions=10, per_conn=0)['per_s'] for _ in range(3 if self.a.set == 'full' else 1)]
            m0 = t.memory(); j = t.load(r, messages=n, sessions=50 if self.a.set == 'full' else 20, per_conn=0); t.settle(); pss, rss, procs = t.memory()
            acc = [t.load(self.next(), seconds=1.5, sessions=10, per_conn=0)['per_s'] for _ in range(dict(full=5, standard=2, quick=1)[self.a.set])]
            if self.a.set != 'quick': t.settle()
            q = t.queue(); lst = []
            for _ in range(3 if self.a.set == 'full' else 1):
                b = time.monotonic()
                with open(f'{self.a.work}/list', 'w') as f: t.verb('list', out=f)
                lst.append(time.monotonic() - b)
            lines = sum(1 for _ in open(f'{self.a.work}/list', errors='replace')); disk = int(sh(['du', '-sm', t.wd]).stdout.split()[0])
            t.stop(); t.sink.start(); p = self.next(); b = time.monotonic_ns(); t.start(); pj = t.load(p, messages=1, sessions=1); ready = (pj['t_last'] - b) / 1e9
            end = time.monotonic() + self.c['restart_wait']; fresh = first = None
            while time.monotonic() < end and (fresh is None or first is None):
                time.sleep(.3); s = t.sink.get()
                if fresh is None: fresh = next(((x[2] - b) / 1e9 for x in t.sink.arrivals(p)), None)
                if first is None and s['count'] > (1 if fresh is not None else 0): first = min(((x[2] - b) / 1e9 for x in t.sink.others(p)), default=None)
            moved = t.sink.get()['count']; rc = t.cpu(); f0 = time.monotonic_ns(); t.verb('flush', out=subprocess.DEVNULL); w = dict(full=60, standard=5, quick=2)[self.a.set]; time.sleep(w)
            s = t.sink.get(); fl = (s['count'] - moved) / ((min(time.monotonic_ns(), max(s['last'], f0 + 1)) - f0) / 1e9)
            self.row('backlog', f'{n}', t, fill_per_s=j['per_s'], filled=j['acked'], pss_mb=pss, rss_mb=rss, processes=procs, pss_empty_mb=m0[0], accept_per_s=statistics.median(acc), accept_empty_per_s=statistics.median(empty),
                     accept_vs_empty=statistics.median(acc) / max(1e-9, statistics.median(empty)), queued=q, list_s=statistics.median(lst) if lines else None, list_lines=lines, disk_mb=disk, restart_accept_s=ready,
                     restart_fresh_s=fresh if fresh is not None else float(self.c['restart_wait']), restart_backlog_first_s=first if first is not None else float(self.c['restart_wait']), restart_moved=moved, restart_idle_cpu_s=rc, flush_drain_per_s=fl)
            t.stop(); t.sink.stop()
    def kill9(self):
        for i, ts in self.rounds(self.c['kills'], 15 if self.a.set != 'full' else 0):
            for t in ts:
                t.sink.stop(); t.sink.forget(); t.fresh(); t.sink.start(delay_ms=2); r = self.next(); acks, un = f'{self.a.work}/acks', f'{self.a.work}/unsure'
                p = subprocess.Popen([str(x) for x in (f'{TOOLS}/smtpload', '--port', t.port, '--sessions', 20, '--per-conn', 0 if i % 2 else 1, '--seconds', 60, '--run', r, '--acks', acks, '--unsure', un, '--give-up', 1.5)], stdout=subprocess.PIPE, text=True)
                time.sleep(1.5 + random.random() * 1.5); before = t.sink.get()['count']; killed = t.kill9(); j = json.loads(p.communicate(timeout=60)[0])
                b = time.monotonic(); t.start(); back = time.monotonic() - b; t.verb('flush', out=subprocess.DEVNULL)
                last, quiet, flushed = -1, time.monotonic(), time.monotonic()
                while time.monotonic() - b < 150:
                    n = t.sink.get()['count']
                    if n != last: last, quiet = n, time.monotonic()
                    if time.monotonic() - quiet > 3:
                        if t.queue() <= 0 or time.monotonic() - quiet > dict(full=25, standard=9, quick=5)[self.a.set]: break   # what stays is unfinished files of unacknowledged messages
                        if time.monotonic() - flushed > 5: t.verb('flush', out=subprocess.DEVNULL); flushed = time.monotonic()
                    time.sleep(.2)
                q = t.queue(); time.sleep(.5); arr = t.sink.arrivals(r); got = {}
                for x in arr: got[x[1]] = got.get(x[1], 0) + 1
                acked = {x[1] for x in REC.iter_unpack(open(acks, 'rb').read())}; uns = {x[1] for x in REC.iter_unpack(open(un, 'rb').read())}
                short = sum(1 for x in arr if x[3] < 4000)
                self.row('kill9', '', t, acked=len(acked), unsure=len(uns), killed_processes=killed, arrived_before=before, arrived=len(got), lost=len(acked - set(got)), still_queued=q, duplicated=sum(1 for v in got.values() if v > 1),
                         unsure_arrived=len(uns & set(got)), strangers=len(set(got) - acked - uns), truncated=short, back_s=back)
                t.stop(); t.sink.stop()
    def recover(self):                                       # nobody flushes: when does it notice by itself that the upstream is back?
        for t in self.targets:
            t.sink.stop(); t.sink.forget(); t.fresh(); r = self.next(); n = 500; t.load(r, messages=n, sessions=10, per_conn=0); time.sleep(60)
            t.sink.start(); b = time.monotonic_ns(); t.drained(n, stall=self.c['recover'], limit=self.c['recover']); time.sleep(.5)
            a = sorted(x[2] for x in t.sink.arrivals(r)); L = float(self.c['recover'])
            self.row('recover', '60s outage', t, first_s=(a[0] - b) / 1e9 if a else L, all_s=(a[-1] - b) / 1e9 if len(a) == n else L, delivered=len(a))
            t.stop(); t.sink.stop()

    def summary(self):
        groups = {}
        for r in self.rows: groups.setdefault((r['scenario'], r['cell']), {}).setdefault(r['target'], []).append(r)
        med = {}
        for (sc, cell), by in groups.items():
            for name, rs in by.items():
                m = {}
                for k in rs[0]:
                    v = [x[k] for x in rs if isinstance(x.get(k), (int, float))]
                    if v and k not in ('scenario', 'cell', 'target'): m[k] = dict(median=round(statistics.median(v), 4), min=min(v), max=max(v))
                med[sc, cell, name] = m
                print(json.dumps(dict(scenario=sc, cell=cell, target=name, runs=len(rs), metrics=m)))
        base = self.a.base; names = [t.name for t in self.targets]
        print(f'\n{"scenario":<11}{"cell":<16}{"metric":<24}' + ''.join(f'{n[:14]:>15}' for n in names) + ''.join(f'{n[:12]+"/"+base[:4]:>18}' for n in names if n != base))
        for (sc, cell) in groups:
            for k, unit, up in KEY[sc]:
                v = {n: med.get((sc, cell, n), {}).get(k, {}).get('median') for n in names}
                if all(x is None for x in v.values()): continue
                s = f'{sc:<11}{cell:<16}{k + (" " + unit if unit else ""):<24}' + ''.join(f'{"-" if v[n] is None else format(v[n], ".4g"):>15}' for n in names)
                for n in names:
                    if n == base: continue
                    b, x = v.get(base), v[n]
                    s += f'{"-":>18}' if b is None or x is None or not b or not x else f'{(x / b if up else b / x):>16.2f}x ' 
                print(s)
        print('(ratio columns: how many times better than the base, above 1 is better; medians)')

def main():
    global TOOLS, OFFSET
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--set', choices=SETS, default='standard'); ap.add_argument('--targets', default='postfix'); ap.add_argument('--base', default='postfix')
    ap.add_argument('--only', default=''); ap.add_argument('--work', default='/tmp/postroom-bench'); ap.add_argument('--out', default='')
    ap.add_argument('--offset', type=int, default=0, help='added to the ports (25100.. and 25300..)'); ap.add_argument('--verbose', action='store_true')
    for k in ('reps', 'drain', 'drain_reps', 'drain_far', 'backlog', 'kills', 'T', 'idle', 'restart_wait', 'recover'): ap.add_argument('--' + k.replace('_', '-'), type=float, default=None)
    ap.add_argument('--drain-wait', type=float, default=60, help='seconds to wait for the last arrival of an accept run')
    ap.add_argument('--cells', default='', help='e.g. 4096/10/1,4096/10/0')
    a = ap.parse_args(); cfg = dict(SETS[a.set])
    for k in cfg:
        v = getattr(a, k, None)
        if v is not None and k != 'cells': cfg[k] = v if k == 'T' else int(v)
    if a.cells: cfg['cells'] = [tuple(int(x) for x in c.split('/')) for c in a.cells.split(',')]
    os.makedirs(a.work, exist_ok=True); os.chmod(a.work, 0o755); a.out = a.out or f'{a.work}/runs.jsonl'; TOOLS, OFFSET = f'{a.work}/tools', a.offset
    os.makedirs(TOOLS, exist_ok=True)
    if not shutil.which('cc') or not shutil.which('make'):
        e = dict(os.environ, DEBIAN_FRONTEND='noninteractive'); sh(['apt-get', 'update']); sh(['apt-get', 'install', '-y', '--no-install-recommends', 'gcc', 'libc6-dev', 'make'], e)
    r = sh(['make', '-C', f'{HERE}/tools', f'OUT={TOOLS}']);
    if r.returncode: sys.exit(r.stderr)
    targets = [Target(n, i, a.work) for i, n in enumerate(a.targets.split(','))]
    for p in [t.port for t in targets] + [t.sink.port for t in targets]:     # before any folder of a run under way is touched
        if taken(p): sys.exit(f'port {p} is taken: another run? give --offset and --work')
    for t in targets:
        if t.verb('install', 900).returncode: sys.exit(f'cannot install {t.name}')
    def clean():
        for t in targets:
            try: t.stop()
            except Exception as e: print(f'# stopping {t.name}: {e}', file=sys.stderr)
            try: t.sink.stop()
            except Exception: pass
    atexit.register(clean); signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for t in targets: print(json.dumps(dict(target=t.name, version=t.verb('version').stdout.strip())))
    b = Bench(a, targets, cfg)
    for sc in [x for x in ('idle', 'latency', 'accept', 'ceiling', 'drain', 'kill9', 'drain_far', 'backlog', 'recover') if not a.only or x in a.only.split(',')]:
        if sc == 'recover' and not cfg['recover']: continue
        if b.left() < 0: print(f'# no time left for {sc}', file=sys.stderr); continue
        s = time.monotonic()
        try: getattr(b, sc)()
        except Exception as e:
            print(f'# {sc} failed: {type(e).__name__}: {e}', file=sys.stderr)
            if a.verbose: import traceback; traceback.print_exc()
        print(f'# {sc}: {time.monotonic() - s:.0f} s', file=sys.stderr, flush=True)
    b.summary()

if __name__ == '__main__': main()
