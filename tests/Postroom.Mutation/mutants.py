"""mutants.py REPORT PROGRAM [ROOM…]: tries every mutant, and says the score of each room and what docs/mutation.md does not explain.

REPORT lists the mutants, as Stryker.NET made them; PROGRAM is the folder of the tests with the mutated floor. First each class of
tests, of the rooms asked for and of those that may use them, is run with no mutant active, and it is noted which mutants it
reaches. Then each mutant gets a process of its own: the classes of its room that reach it, and where they notice nothing the
other classes that do. What none reaches has survived. The score of a room that was tried whole goes on the page that
POSTROOM_FIGURES names.
"""
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTICED = ("Killed", "Timeout")
MISSED = ("Survived", "NoCoverage")
SLOWER = 5  # times as long as when it was learned what they reach may classes take, and
START = 20  # seconds more, for the start of the process
LEARNING = 300  # seconds; what a class reaches that takes longer is not known: it is run for every mutant
MEMORY = hex(1 << 30)  # octets of heap: some mutants fill whatever there is


def passes(program, bound, *arguments, **environment):
    """Whether tests pass; raises subprocess.TimeoutExpired after so many seconds."""
    settings = {"DOTNET_GCHeapHardLimit": MEMORY, "DOTNET_TieredPGO": "0"}
    run = subprocess.run(["dotnet", f"{program}/Postroom.Mutation.dll", "-noLogo", "-stopOnFail", *arguments], timeout=bound,
                         check=False, env={**os.environ, **settings, **environment}, capture_output=True)
    return run.returncode == 0


def users(asked):
    """The rooms of these, and all that may use one of them, by the plan of the house; what is in no room, any may use."""
    plan = re.findall(r"^\| `Mail\.(\w+)\S* \|.*\|(.*)\|$", (ROOT / "docs/ARCHITECTURE.md").read_text(), re.MULTILINE)
    rooms = {one.split("/")[0] for one in asked}
    if not asked or any(one.endswith(".cs") for one in rooms):
        return {"", *(room for room, _ in plan)}
    for _ in plan:
        rooms |= {room for room, uses in plan if rooms & set(re.findall(r"`Mail\.(\w+)", uses))}
    return rooms


class Tests:
    """The classes of tests: how long each takes, and which mutants it reaches."""

    def __init__(self, program, workers, asked):
        self.program = program
        listed = subprocess.run(["dotnet", f"{program}/Postroom.Mutation.dll", "-list", "classes/json"], check=True,
                                capture_output=True)
        rooms = users(asked)
        names = [name for name in json.loads(listed.stdout.splitlines()[0]) if "".join(name.split(".")[3:-1][:1]) in rooms]
        self.known = dict(zip(names, workers.map(self.learn, names)))

    def learn(self, name):
        """How long a class takes by itself with no mutant active, and which it reaches, by Stryker's own count; None: not known."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                if not passes(self.program, LEARNING, "-class", name, STRYKER_COVERAGE_FILE="reached", TMPDIR=folder):
                    sys.exit(f"{name} fails with no mutant active: nothing could be told from it")
            except subprocess.TimeoutExpired:
                return LEARNING, None
            texts = [file.read_text() for file in pathlib.Path(folder).glob("reached-*")]
        reached = {int(number) for text in texts for number in text.replace(";", ",").split(",") if number}
        return time.monotonic() - began, reached

    def status(self, mutant, room):
        """What becomes of a mutant."""
        own = f"Postroom.Tests.Mail.{room}."
        near, far = [], []
        for name, (_, reached) in self.known.items():
            if reached is None or mutant in reached:
                (near if name.startswith(own) else far).append(name)
        try:
            return "Survived" if self.pass_with(mutant, near) and self.pass_with(mutant, far) else "Killed"
        except subprocess.TimeoutExpired:
            return "Timeout"

    def pass_with(self, mutant, names):
        """Whether these classes pass with a mutant active."""
        bound = START + SLOWER * sum(self.known[name][0] for name in names)
        classes = [word for name in names for word in ("-class", name)]
        return not names or passes(self.program, bound, *classes, STRYKER_MUTANT_ID_CONTROL_VAR="POSTROOM_MUTANT",
                                   POSTROOM_MUTANT=str(mutant))


def mutants(report, program, asked):
    """Room, file, line, status and what became what, of every mutant that compiled and is asked for; Stryker lists more."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        tests = Tests(program, workers, asked)
        waiting = []
        paths = {name.replace("\\", "/").split("Postroom.Mail/")[-1]: file for name, file in report["files"].items()}
        for path, file in sorted(paths.items()):
            room = path.split("/")[0] if "/" in path else None
            if asked and room not in asked and path not in asked:
                continue
            lines = file["source"].split("\n")
            for mutant in file["mutants"]:
                if mutant["status"] not in NOTICED + MISSED:
                    continue
                begin, end = mutant["location"]["start"], mutant["location"]["end"]
                part = lines[begin["line"] - 1:end["line"]]
                part[-1] = part[-1][:end["column"] - 1]
                part[0] = part[0][begin["column"] - 1:]
                was = " ".join(" ".join(part).split())
                now = " ".join((mutant.get("replacement") or "").split())
                tried = workers.submit(tests.status, int(mutant["id"]), room)
                waiting.append((room or "files of no room", path, begin["line"], tried, f"`{was}` → `{now}`"))
        for room, path, line, tried, change in waiting:
            yield room, path, line, tried.result(), change


def note(row, figures):
    """As tests/Shared/Figures.cs does it: the row of this name, or a new one at the end of the table."""
    page = os.environ.get("POSTROOM_FIGURES")
    print(f"figures: {row}: {figures}")
    if not page:
        return
    day = datetime.datetime.now(datetime.timezone.utc).date()
    line = f"| {row} | {figures} | {day}, {os.environ.get('POSTROOM_COMMIT', 'not committed')} |"
    lines = pathlib.Path(page).read_text().split("\n")
    known = [i for i, old in enumerate(lines) if old.startswith(f"| {row} |")]
    if known:
        lines[known[0]] = line
    else:
        at = lines.index("| proof | figures | when |")
        while lines[at].startswith("|"):
            at += 1
        lines.insert(at, line)
    pathlib.Path(page).write_text("\n".join(lines))


def main():
    report = json.loads(pathlib.Path(sys.argv[1]).read_text())
    explained = (ROOT / "docs/mutation.md").read_text()
    answered = [line[4:] for line in explained.split("\n") if line.startswith("### ")]
    scores = collections.defaultdict(collections.Counter)
    unexplained = 0
    asked = sys.argv[3:]
    for room, path, line, fate, change in mutants(report, sys.argv[2], asked):
        scores[room][fate in NOTICED] += 1
        if fate in NOTICED:
            continue
        is_explained = f"| {path} | {change} |" in explained
        if not is_explained:
            print(f"{path}:{line}: {fate}: {change}", flush=True)
            unexplained += room in answered
    for room, score in sorted(scores.items()):
        told = f"{score[True]:,} of {score.total():,} mutants noticed, {100 * score[True] / score.total():.1f} %"
        if not asked or room in asked:
            note(f"mutation of floor 1: {room}", told)
        else:
            print(f"{room}: {told}")
    if unexplained:
        print(f"{unexplained} survivors of {', '.join(answered)} are not explained in docs/mutation.md")
    return 1 if unexplained else 0


sys.exit(main())
