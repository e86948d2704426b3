"""survivors.py REPORT PROGRAM [ROOM…]: the score of each room, and which survivors docs/mutation.md does not explain.

PROGRAM is the folder of the mutated program. The score of a room that was tried whole goes on the page that POSTROOM_FIGURES names.
"""
import collections
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


def alone(program, mutant):
    """The status of a mutant in a process of its own: what Stryker says of a static one was said of the unchanged."""
    with tempfile.NamedTemporaryFile() as active:
        active.write(int(mutant["id"]).to_bytes(4, "little", signed=True))
        active.flush()
        try:
            tests = subprocess.run(["dotnet", f"{program}/Postroom.Mutation.dll"], timeout=300, check=False,
                                   env={**os.environ, "STRYKER_MUTANT_FILE": active.name}, capture_output=True)
        except subprocess.TimeoutExpired:
            return "Timeout"
        return "Killed" if tests.returncode else "Survived"


def mutants(report, program):
    """Room, file, line, status and what became what, of every mutant that compiled and ran."""
    for name, file in report["files"].items():
        path = name.replace("\\", "/").split("Postroom.Mail/")[-1]
        lines = file["source"].split("\n")
        for mutant in file["mutants"]:
            status = mutant["status"]
            if status in NOTICED + MISSED:
                if mutant.get("static"):
                    status = alone(program, mutant)
                begin, end = mutant["location"]["start"], mutant["location"]["end"]
                part = lines[begin["line"] - 1:end["line"]]
                part[-1] = part[-1][:end["column"] - 1]
                part[0] = part[0][begin["column"] - 1:]
                was = " ".join(" ".join(part).split())
                now = " ".join((mutant.get("replacement") or "").split())
                yield path.split("/")[0] if "/" in path else "files of no room", path, begin["line"], status, f"`{was}` → `{now}`"


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
    if alone(sys.argv[2], {"id": -1}) != "Survived":  # no mutant has that number
        sys.exit(f"the tests of {sys.argv[2]} fail with no mutant active: nothing could be told from them")
    for room, path, line, status, change in mutants(report, sys.argv[2]):
        scores[room][status in NOTICED] += 1
        if status in NOTICED:
            continue
        is_explained = f"| {path} | {change} |" in explained
        if not is_explained:
            print(f"{path}:{line}: {status}: {change}")
            unexplained += room in answered
    asked = sys.argv[3:]
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
