"""A Slurm of one node with pretend GPUs, started for tests: no accounting database, no control groups."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "scontrol", "sinfo", "squeue", "sbatch", "srun")
#: Pretend GPUs of the node, so many that jobs need not wait for each other.
GPUS = 8
#: Jobs find Slurm through this path only, since the engine's plugin clears Slurm's variables inside them.
DEFAULT = Path("/etc/slurm/slurm.conf")
CONFIGURATION = """
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort=16917
SlurmdPort=16918
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
MailProg=/bin/true
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
KillWait=2
MinJobAge=3600
AccountingStorageType=accounting_storage/none
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:pretend:{gpus} State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes={host} MaxTime=INFINITE State=UP
"""


def start(folder):
    """Start the daemons; skips the test where that cannot be."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"no Slurm to start: needs root and {', '.join(missing or PROGRAMS)}")
    if DEFAULT.exists() and not DEFAULT.is_symlink():
        pytest.skip(f"{DEFAULT} is that of a real cluster")
    for name in ("state", "spool", "dev"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().split(".")[0]
    # Never opened; other nodes for the null device where they can be made.
    for number in range(GPUS):
        device = folder / "dev" / f"gpu{number}"
        if subprocess.run(["mknod", str(device), "c", "1", "3"], capture_output=True, check=False).returncode:
            device.touch()
    # Cores and memory are only booked: what rules and groups ask for suits real nodes.
    values = {"host": host, "folder": folder, "cpus": 16, "memory": 64000, "gpus": GPUS}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
    (folder / "gres.conf").write_text(
        f"AutoDetect=off\nNodeName={host} Name=gpu Type=pretend File={folder}/dev/gpu[0-{GPUS - 1}]\n"
    )
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    DEFAULT.parent.mkdir(exist_ok=True)
    DEFAULT.unlink(missing_ok=True)
    DEFAULT.symlink_to(folder / "slurm.conf")
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    names = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munged.pid"}
    names |= {"seed-file": folder / "munge.seed", "log-file": folder / "munged.log"}
    subprocess.run(["munged", "--force", *(f"--{name}={path}" for name, path in names.items())], check=True)
    subprocess.run(["slurmctld", "-f", str(folder / "slurm.conf")], check=True)
    subprocess.run(["slurmd", "-f", str(folder / "slurm.conf"), "-N", host], check=True)
    wait_until(lambda: "idle" in said(["sinfo", "--noheader", "--format=%T"]), 60)


def stop(folder):
    """Cancel all jobs and end the daemons that were started."""
    subprocess.run(["scancel", "--user=root"], check=False)
    for name in ("slurmd", "slurmctld", "munged"):
        path = folder / f"{name}.pid"
        if path.exists():
            subprocess.run(["kill", path.read_text().strip()], check=False)
            wait_until(lambda path=path: not path.exists(), 20)
    if DEFAULT.is_symlink() and DEFAULT.readlink() == folder / "slurm.conf":
        DEFAULT.unlink()


def said(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not so after {seconds} s: {condition}")
        time.sleep(0.2)


def jobs():
    """What Slurm recorded of all jobs: number, state, resources, rule (of a group: its name), memory, time, queue."""
    names = {"id": "JobId", "state": "JobState", "comment": "Comment", "partition": "Partition"}
    names |= {"name": "JobName", "memory": "MinMemoryNode", "limit": "TimeLimit"}
    found = []
    for line in said(["scontrol", "show", "job", "--oneliner"]).splitlines():
        fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
        job = {key: fields.get(name, "") for key, name in names.items()}
        # Asked for by the job as a whole (--gpus) or on each node (--gres).
        job["gres"] = fields.get("TresPerJob", "") + fields.get("TresPerNode", "")
        found.append(job)
    return found
