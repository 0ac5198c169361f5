#!/usr/bin/env python3
"""Writes the ledgers and reports in this folder with an older program, for `tests/cli/older_ledgers.rs`.

    tests/ledgers/write.py PROGRAM FOLDER

FOLDER gets a folder a job: its list, ledger, lock file and report, and what its sandbox remembers.
The ledgers name the endpoint of a sandbox that is gone; the test puts its own in its place.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

SOURCE = "3f0c6c1e-0000-4000-8000-000000000001"
OTHER = "3f0c6c1e-0000-4000-8000-000000000002"
SIGNER = "source_session_id,title,signer_1_first_name,signer_1_last_name,signer_1_email\n"


def people(*names, title="Lease", source=SOURCE):
    return "".join(f"{source},{title},{name},Li,{name.lower()}@example.com\n" for name in names)


SERVICE_HEADERS = "SigningSessionId,TransactionTitle,FirstName,LastName,EmailAddress\n"


def titled(*names):
    return "".join(people(name, title=f"Lease {name}") for name in names)


KILL = ["--max-uncertain", "none"]

# name: (the list's name, its bytes or text, how each run is flagged)
JOBS = {
    "finished": ("m.csv", SIGNER + people("Ana", "Bo", "Cy"), [[]]),
    "begun": ("m.csv", SIGNER + people("Ana", "Bo", "Cy", "Di"), [["--limit", "2"]]),
    "failed": (
        "m.csv",
        SIGNER + people("Ana") + f"{SOURCE},Lease,Bo,Li,bo+refuse@example.com\n" + people("Cy"),
        [[]],
    ),
    "uncertain": (
        "m.csv",
        SIGNER + people("Ana") + f"{SOURCE},Lease,Bo,Li,bo+drop-after-commit@example.com\n" + people("Cy"),
        [["--on-uncertain", "hold"]],
    ),
    "keyed": ("m.csv", "row_id," + SIGNER + "".join(f"{n},{people('Ana')}" for n in (1, 2, 3)), [["--limit", "2"]]),
    # Headers of the service's own that this program read as columns of the list's own.
    "service-headers": (
        "m.csv",
        SERVICE_HEADERS + titled("Ana", "Bo", "Cy"),
        [[]],
    ),
    "service-headers-begun": (
        "m.csv",
        SERVICE_HEADERS + titled("Ana", "Bo", "Cy"),
        [["--limit", "2"]],
    ),
    "plain-headers-json": (
        "m.jsonl",
        "".join(
            f'{{"source_session_id": "{SOURCE}", "title": "Lease {n}", "email": "{n}@example.com", "last_name": "Li"}}\n'
            for n in ("ana", "bo")
        ),
        [[]],
    ),
    "own-email-column": (
        "m.csv",
        "source_session_id,Email,signer_1_last_name,signer_1_email\n"
        + "".join(f"{SOURCE},office-{n}@example.com,Li,{n}@example.com\n" for n in ("ana", "bo")),
        [["--limit", "1"]],
    ),
    "no-signers": ("m.csv", "row_id,source_session_id\n" + f"1,{SOURCE}\n2,{SOURCE}\n3,{OTHER}\n", [[]]),
    "no-signers-begun": ("m.csv", "row_id,source_session_id\n" + f"1,{SOURCE}\n2,{SOURCE}\n3,{OTHER}\n", [["--limit", "1"]]),
    # Rows that look alike, and were two rows all the same.
    "look-alikes": (
        "m.csv",
        SIGNER
        + "".join(people("Ana", title=title) for title in ("Lease 2027", "Lease\u00a02027", "Lease  2027"))
        + people("Bo", title="Caf\u00e9")
        + people("Bo", title="Cafe\u0301")
        + f"{SOURCE},Lease,Cy,Li,cy@b\u00fccher.example\n"
        + f"{SOURCE},Lease,Cy,Li,cy@xn--bcher-kva.example\n",
        [["--limit", "5"]],
    ),
    "mangled-names": (
        "m.csv",
        SIGNER
        + f"{SOURCE},Lease,J\u00c3\u00bcrgen,Li,juergen@example.com\n"
        + f"{SOURCE},Lease {{{{title}}}},Bo,Li,bo@example.com\n"
        + f"{SOURCE},Lease,Jos\u00c3\u00a9,Li,jose@example.com\n",
        [["--limit", "2"]],
    ),
    # A spreadsheet's shapes: a separator and byte order mark of its own, quotes after a space, an empty column.
    "semicolons": ("m.csv", ("\ufeff" + SIGNER + people("Ana", "J\u00fcrgen")).replace(",", ";").encode(), [["--limit", "1"]]),
    "utf-16": ("m.csv", (SIGNER + people("Ana", "J\u00fcrgen")).replace(",", "\t").encode("utf-16"), [[]]),
    "spaced-quotes": ("m.csv", SIGNER + f'{SOURCE}, "Lease, 2027", Ana, Li,ana@example.com\n'.replace("Lease, 2027", "Lease 2027"), [[]]),
    "empty-column": ("m.csv", SIGNER.replace("\n", ",\n") + people("Ana", "Bo").replace("\n", ",\n"), [["--limit", "1"]]),
    "constants": (
        "m.csv",
        "signer_1_last_name,signer_1_email\nLi,ana@example.com\nLi,bo@example.com\n",
        [["--set", f"source_session_id={SOURCE}", "--set", "title=Lease", "--limit", "1"]],
    ),
    # Its ledger was lost, and begun anew from its report.
    "from-report": (
        "m.csv",
        SIGNER + people("Ana") + f"{SOURCE},Lease,Bo,Li,bo+refuse@example.com\n" + people("Cy"),
        [["--limit", "2"], pathlib.Path("m.ledger"), pathlib.Path("m.ledger.lock"), ["retry", "--without-ledger", "--limit", "0"]],
    ),
    # Killed with a request in flight: its row is found `sending`, and its ledger has a -wal.
    "killed": ("m.csv", SIGNER + people("Ana", "Bo", "Cy"), [KILL]),
    "edited": ("m.csv", SIGNER + people("Ana", "Bo", "Cy"), [[], SIGNER + people("Cy", "Bo", "Di"), ["--limit", "0"]]),
}


def clean(**more):
    return {"PATH": os.environ["PATH"], **more}


def main(program, folder):
    for name, (file, text, steps) in JOBS.items():
        job = pathlib.Path(folder) / name
        job.mkdir(parents=True)
        write = lambda text: (job / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        write(text)
        serving = subprocess.Popen(
            [program, "sandbox", "--listen", "127.0.0.1:0", "--state", str(job / "sandbox.jsonl"),
             "--latency", "1h" if KILL in steps else "0s"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean(),
        )
        exports = dict(serving.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(4))
        exports = {key: value.strip("'") for key, value in exports.items()}
        for step in steps:
            if isinstance(step, str):
                write(step)
                continue
            if isinstance(step, pathlib.Path):
                (job / step).unlink()
                continue
            command, given = ("retry", "m.results.csv") if "retry" in step else ("run", file)
            flags = [flag for flag in step if flag != "retry"]
            command = [program, command, given, "--rate", "max", "--settle-window", "1s", *flags]
            environment = clean(**exports)
            if "--on-uncertain" in step:
                del environment["ESIGN_COPY_USERNAME"]
            running = subprocess.Popen(command, cwd=job, env=environment, stderr=subprocess.PIPE, text=True)
            if step is KILL:
                stats = exports["ESIGN_COPY_ENDPOINT"].removesuffix("/rest") + "/sandbox/stats"
                while json.load(urllib.request.urlopen(stats))["copies_committed"] < 1:
                    time.sleep(0.01)
                running.kill()
            said = running.communicate()[1].splitlines()
            print(f"{name}: {running.returncode}: {' | '.join(said[-3:])}")
        serving.send_signal(signal.SIGTERM)
        serving.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
