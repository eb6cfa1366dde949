#!/usr/bin/env bash
# Start (idempotently) a real Slurm on one machine: virtual nodes, pretended GPUs, no systemd, no cgroups, loopback only.
# usage: up.sh FOLDER       then: export SLURM_CONF=FOLDER/slurm.conf
# env: SLURM_NODES=2 SLURM_GPUS=4 SLURM_CPUS=8 SLURM_BASEPORT=16800 SLURM_MIN_JOB_AGE=20 SLURM_MAX_ARRAY=6
set -euo pipefail
D=${1:?}; N=${SLURM_NODES:-2}; G=${SLURM_GPUS:-4}; C=${SLURM_CPUS:-8}; B=${SLURM_BASEPORT:-16800}
export PATH=$PATH:/usr/sbin:/sbin
for c in slurmctld slurmd munged; do command -v "$c" >/dev/null || { echo "$c is not installed" >&2; exit 2; }; done
alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
umask 022; mkdir -p "$D"/{state,log,run,munge,dev}; chmod 755 "$D"
for d in $(seq 1 "$N"); do mkdir -p "$D/spool/n$d"; done
for g in $(seq 0 $((G-1))); do ln -sfn /dev/null "$D/dev/nvidia$g"; done   # File= must stat() as a char device; a symlink to /dev/null is enough (no mknod)
H=$(hostname -s)
cat >"$D/slurm.conf.new" <<CONF
ClusterName=ci
SlurmctldHost=$H(127.0.0.1)
SlurmctldPort=$B
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$D/munge/munge.sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd.%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
PriorityType=priority/basic
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.log
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=5
InactiveLimit=0
MinJobAge=${SLURM_MIN_JOB_AGE:-20}
KillWait=5
OverTimeLimit=0
CompleteWait=0
MessageTimeout=5
TCPTimeout=2
MaxArraySize=${SLURM_MAX_ARRAY:-6}
UnkillableStepTimeout=60
NodeName=n[1-$N] NodeHostname=$H NodeAddr=127.0.0.1 Port=[$((B+1))-$((B+N))] CPUs=$C Boards=1 SocketsPerBoard=1 CoresPerSocket=$C ThreadsPerCore=1 RealMemory=20000 Gres=gpu:$G State=UNKNOWN
PartitionName=main Nodes=n[1-$N] Default=YES MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=low  Nodes=n[1-$N] MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=4
CONF
cat >"$D/gres.conf.new" <<CONF
AutoDetect=off
NodeName=n[1-$N] Name=gpu File=$D/dev/nvidia[0-$((G-1))]
CONF
mv "$D/slurm.conf.new" "$D/slurm.conf"; mv "$D/gres.conf.new" "$D/gres.conf"
export SLURM_CONF=$D/slurm.conf
# munge: own key, socket and state under $D, so no /run/munge and no service is needed
[ -s "$D/munge/key" ] || { head -c 128 /dev/urandom >"$D/munge/key"; chmod 600 "$D/munge/key"; }
alive "$D/munge/pid" || { rm -f "$D"/munge/munge.sock*; munged --force --key-file="$D/munge/key" --socket="$D/munge/munge.sock" \
   --pid-file="$D/munge/pid" --log-file="$D/munge/log" --seed-file="$D/munge/seed" --num-threads=4; }
alive "$D/run/slurmctld.pid" || slurmctld
for d in $(seq 1 "$N"); do alive "$D/run/slurmd.n$d.pid" || slurmd -N "n$d"; done
for i in $(seq 1 150); do
  up=$(timeout 5 sinfo -h -N -p main -o '%N %t' 2>/dev/null | grep -cE ' (idle|mix|alloc)$' || true)
  [ "$up" = "$N" ] && { echo "export SLURM_CONF=$D/slurm.conf"; exit 0; }
  sleep 0.2
done
echo "slurm did not come up" >&2; sinfo -N -o '%N %t %E' >&2 || true; tail -n 20 "$D"/log/*.log >&2; exit 1
