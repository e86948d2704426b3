"""mutants.py REPORT PROGRAM [ROOM…]: tries every mutant, and says the score of each room and what docs/mutation.md does not explain.

REPORT lists the mutants, as Stryker.NET made them; PROGRAM is the folder of the tests with the mutated floor. Each mutant gets a
process of its own: first the tests of its room, and where they notice nothing all of them. The score of a room that was tried
whole goes on the page that POSTROOM_FIGURES names.
"""
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTICED = ("Killed", "Timeout")
MISSED = ("Survived", "NoCoverage")
TIMEOUT = 60  # seconds; all tests take twenty
MEMORY = hex(1 << 30)  # octets of heap: some mutants fill whatever there is


def passes(program, mutant, *tests):
    """Whether the tests pass with this mutant active; no mutant has the number -1."""
    with tempfile.NamedTemporaryFile() as active:
        active.write(mutant.to_bytes(4, "little", signed=True))
        active.flush()
        environment = {**os.environ, "STRYKER_MUTANT_FILE": active.name, "DOTNET_GCHeapHardLimit": MEMORY}
        run = subprocess.run(["dotnet", f"{program}/Postroom.Mutation.dll", "--stop-on-fail", "on", *tests],
                             timeout=TIMEOUT, check=False, env=environment, capture_output=True)
        return run.returncode == 0


def status(program, mutant, room):
    """What becomes of a mutant."""
    try:
        if room and not passes(program, mutant, "--filter-namespace", f"Postroom.Tests.Mail.{room}*"):
            return "Killed"
        return "Survived" if passes(program, mutant) else "Killed"
    except subprocess.TimeoutExpired:
        return "Timeout"


def mutants(report, program, asked):
    """Room, file, line, status and what became what, of every mutant that compiled and is asked for; Stryker lists more."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        waiting = []
        for name, file in report["files"].items():
            path = name.replace("\\", "/").split("Postroom.Mail/")[-1]
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
                tried = workers.submit(status, program, int(mutant["id"]), room)
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
    if not passes(sys.argv[2], -1):
        sys.exit(f"the tests of {sys.argv[2]} fail with no mutant active: nothing could be told from them")
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
