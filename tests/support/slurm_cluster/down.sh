#!/usr/bin/env bash
# Stop what up.sh started (by pid file), cancelling jobs first. usage: down.sh FOLDER
set -uo pipefail
D=${1:?}; export SLURM_CONF=$D/slurm.conf
timeout 10 scancel -f -u "$(id -un)" 2>/dev/null
for i in $(seq 1 50); do [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
pids=(); for f in "$D"/run/slurmd.*.pid "$D/run/slurmctld.pid" "$D/munge/pid"; do [ -s "$f" ] && pids+=("$(cat "$f")"); done
for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
for i in $(seq 1 50); do n=0; for p in "${pids[@]}"; do kill -0 "$p" 2>/dev/null && n=1; done; [ $n = 0 ] && break; sleep 0.2; done
for p in "${pids[@]}"; do kill -0 "$p" 2>/dev/null && kill -9 "$p"; done
exit 0
